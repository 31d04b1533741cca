"""`gristmill generate`: the same bytes always, clean data without a finding, and every anomaly as often as told."""

import filecmp
import json
import re
import signal

import pytest
import reference
from command import CHECKS, INTERRUPTED, OK, OUTPUT, REPOSITORY, USAGE
from outputs import check, contents, manifest, report
from privileges import bound_by_modes, on_tmpfs, open_folder  # noqa: F401
from test_output_roots import wait_for

REPAIRS = list(reference.REPAIRS)
REJECTIONS = ["invalid_json", "invalid_utf8", "not_an_object", "metadata_not_object", "behaviour_not_object",
              "prediction_not_object", "id_not_scalar", "timestamp_invalid", "score_not_number",
              "confidence_not_number", "model_name_not_string", "duplicate_key", "line_too_long", "too_deep",
              "id_too_long", "partition_name_too_long", "rows_too_large"]
COLLECTIONS_ONLY = {"behaviour_from_string", "entry_not_in_list", "platform_missing", "behaviour_not_object",
                    "empty_behaviour", "entry_time_unit"}
PREDICTIONS_ONLY = {"prediction_from_string", "score_from_string", "confidence_from_string", "prediction_list",
                    "prediction_not_object", "score_not_number", "confidence_not_number", "model_name_not_string",
                    "score_out_of_range", "confidence_out_of_range", "empty_prediction"}
HINTS = ["null_words_as_ids", "ids_beside_metadata", "dotted_keys", "entry_time_unit", "page_clock"]
CUT_AMISS = ["nul_gap", "glued_lines"]
DATASETS = ("collections", "predictions")
SMALL = ["--profiles", 40, "--behaviours", 6]  # 2,000 lines of each data set


def counts_of(found: dict) -> dict[str, int]:
    """The counts of a check that has one number for each data set, under this name."""
    return {dataset: found["counts"].get(dataset, {}) for dataset in DATASETS}


def reported(root, name: str) -> dict[str, int]:
    """How often a run found this anomaly, by data set."""
    if name in REPAIRS:
        return {d: found["repairs"].get(name, 0) for d, found in counts_of(check(root, "repairs")).items()}
    if name in REJECTIONS:
        return {d: found["reasons"].get(name, 0) for d, found in counts_of(check(root, "rejected_lines")).items()}
    if name.startswith("missing_") and name != "missing_type":
        field = name.removeprefix("missing_") + "_id"
        return {d: found[field] for d, found in counts_of(check(root, "missing_ids")).items()}
    if name in ("missing_type", "empty_behaviour", "empty_prediction"):
        return {d: found["rows"] for d, found in counts_of(check(root, "missing_types")).items()}
    if name in ("score_out_of_range", "confidence_out_of_range"):
        field = name.removesuffix("_out_of_range")
        return {d: found.get(field, 0) for d, found in counts_of(check(root, "range")).items()}
    if name == "fields_not_carried":
        return {d: report(root)["fields_not_carried"][d]["names"].get("app_version", 0) for d in DATASETS}
    if name == "blank_line":
        return {d: report(root)["accounting"]["totals"][d]["blank"] for d in DATASETS}
    if name in HINTS:
        return next(hint["counts"] for hint in report(root)["hints"] if hint["name"] == name)
    if name in CUT_AMISS:
        return {d: found["reasons"].get("invalid_json", 0) for d, found in counts_of(check(root, "rejected_lines")).items()}
    member = {"repeated_line": "repeated_lines", "impossible_time": "time", "unmatched_session": "unmatched_sessions",
              "shared_session": "duplicate_ids"}[name]
    return check(root, member)["findings"]


def told(outcome) -> dict[str, dict[str, int]]:
    """The anomalies that generate says it wrote."""
    return {words[0]: dict(zip(DATASETS, map(int, words[1:])))
            for words in map(str.split, outcome.stderr.splitlines()) if len(words) == 3 and words[1].isdigit()}


def run_on(gristmill, data, *words, output="out"):
    return gristmill.run(data / "collections", data / "predictions", output, "--publish-anyway", "--quiet", *words)


@pytest.fixture
def clean(gristmill, tmp_path):
    gristmill("generate", "clean", *SMALL).must(OK)
    return tmp_path / "clean"


# ---- clean data

@pytest.mark.parametrize("words", [[], ["--spaced"], ["--skew", "zipf"], ["--skew", "zipf:2.5"], ["--predictions", 2],
                                   ["--predictions", 13], ["--files", 3, "--compression", "gz"],
                                   ["--compression", "zst", "--seed", 77], ["--behaviours", 1], ["--behaviours", 100]],
                         ids=str)
def test_clean_data_has_no_finding(gristmill, tmp_path, words):
    behaviours = [] if "--behaviours" in words else ["--behaviours", 6]
    outcome = gristmill("generate", "data", "--profiles", 40, *behaviours, *words).must(OK)
    assert not told(outcome)
    run_on(gristmill, tmp_path / "data", "--strict").must(OK)
    found = report(tmp_path / "out")
    assert {each["status"] for each in found["checks"]} == {"passed"}
    assert all(not any(each["findings"].values()) for each in found["checks"])
    assert all(not any(hint["counts"].values()) for hint in found["hints"])
    assert found["fields_not_carried"]["collections"] == {"names": {}, "other": 0}
    assert found["predictions_of_unknown_sessions"] == 0
    assert found["accounting"]["rows"]["sessions"] == 400


def test_numbers_are_as_asked(gristmill, tmp_path):
    gristmill("generate", "data", "--profiles", 7, "--sessions", 3, "--collections", 4, "--behaviours", 5,
              "--predictions", 6).must(OK)
    run_on(gristmill, tmp_path / "data").must(OK)
    accounting = report(tmp_path / "out")["accounting"]
    assert accounting["partitions"] == {"labels": 7, "predictions": 7}
    assert accounting["rows"] == {"labels": 7 * 3 * 4 * 5, "predictions": 7 * 3 * 6, "sessions": 7 * 3,
                                  "models": accounting["rows"]["models"]}
    assert 7 * 3 < accounting["rows"]["models"] <= 7 * 3 * 2
    assert accounting["totals"]["collections"]["lines"] == 7 * 3 * 4


def test_zipf_has_a_giant_among_many(gristmill, tmp_path):
    gristmill("generate", "data", *SMALL, "--skew", "zipf").must(OK)
    run_on(gristmill, tmp_path / "data").must(OK)
    sizes = sorted(path.stat().st_size for path in (tmp_path / "out/labels").rglob("*.jsonl"))
    assert report(tmp_path / "out")["accounting"]["totals"]["collections"]["lines"] == 2000
    assert len(sizes) == 40 and sizes[-1] > 1.8 * sizes[-2] > 20 * sizes[0]


def test_default_shape_has_the_size_of_the_benchmark(gristmill, tmp_path):
    outcome = gristmill("generate", "data").must(OK)
    stored = sum(path.stat().st_size for path in (tmp_path / "data").rglob("*.jsonl"))
    assert sum(int(size) for size in re.findall(r"(\d+) bytes", outcome.stderr)) == stored
    assert abs(stored / 209e6 - 1) < 0.03
    run_on(gristmill, tmp_path / "data").must(OK)
    assert report(tmp_path / "out")["accounting"]["rows"]["labels"] == 3_000_000
    written = sum(file["size"] for file in manifest(tmp_path / "out")["files"])
    assert abs(written / 0.86e9 - 1) < 0.04


def test_spaced_is_as_python_writes_it(gristmill, tmp_path):
    gristmill("generate", "data", "--profiles", 2, "--spaced").must(OK)
    for path in (tmp_path / "data").rglob("*.jsonl"):
        for line in path.read_text().splitlines():
            # Floats are the same text too: their digits are the shortest.
            assert json.dumps(json.loads(line)) == re.sub(r"(\.\d)0\b", r"\1", line)


# ---- the same bytes

@pytest.mark.parametrize("form", ["array", "glued", "sequence", "pretty", "wrapped"])
def test_forms_hold_the_same_records(gristmill, tmp_path, form):
    """In files whose names do not tell that they are compressed."""
    shape = ["--profiles", 9, "--behaviours", 4, "--anomaly", "empty_behaviour=5%"]
    gristmill("generate", "data", *shape).must(OK)
    gristmill("generate", "other", *shape, "--form", form, "--compression", "gz", "--plain-names").must(OK)
    assert [path.name for path in (tmp_path / "other/collections").iterdir()] == ["part-00000.jsonl"]
    run_on(gristmill, tmp_path / "data").must(OK)
    unwrap = ["--unwrap", "payload"] if form == "wrapped" else []
    run_on(gristmill, tmp_path / "other", *unwrap, output="out-of-other").must(OK)
    assert report(tmp_path / "out-of-other")["accounting"]["files"][0]["compression"] == "gzip"
    for part in ("labels", "predictions"):
        assert contents(tmp_path / "out-of-other" / part) == contents(tmp_path / "out" / part)


def test_utf16_is_told(gristmill, tmp_path):
    gristmill("generate", "data", "--profiles", 2, "--form", "utf16").must(OK)
    assert (tmp_path / "data/collections/part-00000.jsonl").read_bytes().decode("utf-16").count("\n") == 100
    run_on(gristmill, tmp_path / "data").must(OK)
    assert "UTF-16" in json.dumps(check(tmp_path / "out", "unusable_files"))


@pytest.mark.parametrize("words", [[], ["--compression", "zst", "--files", 4, "--anomaly", "repairs=30%",
                                        "--anomaly", "rejections=30%", "--skew", "zipf"]], ids=["plain", "all"])
def test_threads_change_no_byte(gristmill, tmp_path, words):
    told_by = set()
    for threads in (1, 2, 7, 0):
        told_by.add(gristmill("generate", f"data{threads}", *SMALL, "--threads", threads, *words).must(OK)
                    .stderr.replace(f"data{threads}/", "data/"))
        assert contents(tmp_path / f"data{threads}") == contents(tmp_path / "data1")
    assert len(told_by) == 1


def test_seeds_differ(gristmill, clean, tmp_path):
    gristmill("generate", "other", *SMALL, "--seed", 2).must(OK)
    for dataset in DATASETS:
        name = f"{dataset}/part-00000.jsonl"
        assert not filecmp.cmp(clean / name, tmp_path / "other" / name, shallow=False)


# ---- anomalies

EVERY = [*REPAIRS, *REJECTIONS, "missing_profile", "missing_session", "missing_collection", "missing_type",
         "repeated_line", "score_out_of_range", "confidence_out_of_range", "impossible_time", "blank_line",
         "empty_behaviour", "empty_prediction", "fields_not_carried", "unmatched_session", *CUT_AMISS, *HINTS]


@pytest.mark.parametrize("spacing", [[], ["--spaced"]], ids=["compact", "spaced"])
@pytest.mark.parametrize("name", EVERY)
def test_anomaly_is_found_as_often_as_it_was_written(gristmill, tmp_path, name, spacing):
    limit = ["--line-limit", "2KiB"] if name == "line_too_long" else []
    # Few enough that no session loses all its collections, and with them its match; and lines that are long to write.
    percent = 4 if name in ("unmatched_session", "rows_too_large") else 20
    outcome = gristmill("generate", "data", *SMALL, "--anomaly", f"{name}={percent}%", *limit, *spacing).must(OK)
    run_on(gristmill, tmp_path / "data", *(["--limits-line", "2KiB"] if limit else [])).must(OK)
    written = told(outcome)
    assert list(written) == [name]
    assert reported(tmp_path / "out", name) == written[name]
    for dataset, other in (("collections", PREDICTIONS_ONLY), ("predictions", COLLECTIONS_ONLY)):
        if name in other:
            assert written[name][dataset] == 0
        else:
            assert abs(written[name][dataset] - 20 * percent) < 80, "of 2,000 lines, give or take 4 sigma"
    # Nothing but this one is found.
    for kinds, member in (([*REPAIRS, "page_clock"], "repairs"), ([*REJECTIONS, *CUT_AMISS], "rejected_lines")):
        others = sum(check(tmp_path / "out", member)["findings"].values())
        assert others == (sum(written[name].values()) if name in kinds else 0)
    for member, names in {"missing_ids": ["missing_profile", "missing_session", "missing_collection", "ids_beside_metadata"],
                          "repeated_lines": ["repeated_line"], "time": ["impossible_time", "page_clock"],
                          "range": ["score_out_of_range", "confidence_out_of_range"],
                          "duplicate_ids": [],
                          "missing_types": ["missing_type", "empty_behaviour", "empty_prediction"]}.items():
        if name not in names:
            assert check(tmp_path / "out", member)["status"] == "passed", member
    for hint in report(tmp_path / "out")["hints"]:
        if hint["name"] != name:
            assert not any(hint["counts"].values()), hint


def test_shared_sessions(gristmill, tmp_path):
    """Check 2 counts sessions, and several lines may share one."""
    outcome = gristmill("generate", "data", *SMALL, "--anomaly", "shared_session=5%").must(OK)
    run_on(gristmill, tmp_path / "data").must(OK)
    written = told(outcome)["shared_session"]
    found = reported(tmp_path / "out", "shared_session")
    for dataset in DATASETS:
        assert 0.7 * written[dataset] < found[dataset] <= written[dataset]


def test_groups_and_several_at_once(gristmill, tmp_path):
    outcome = gristmill("generate", "data", "--profiles", 100, "--behaviours", 6, "--anomaly", "repairs=0.4",
                        "--anomaly", "rejections=30%", "--anomaly", "repeated_line=5%", "--anomaly",
                        "blank_line=5%").must(OK)
    run_on(gristmill, tmp_path / "data").must(OK)
    written = told(outcome)
    assert set(written) == set(REPAIRS) | set(REJECTIONS) - {"line_too_long"} | {"repeated_line", "blank_line"}
    for name, counts in written.items():
        assert reported(tmp_path / "out", name) == counts, name
    for names, share in ((REPAIRS, 0.4), (REJECTIONS, 0.3)):
        for dataset in DATASETS:
            lines = sum(written[name][dataset] for name in names if name in written)
            assert abs(lines / 5000 - share) < 0.03


def test_line_too_long_by_default_exceeds_the_default_limit(gristmill, tmp_path):
    gristmill("generate", "data", "--profiles", 1, "--sessions", 1, "--collections", 1, "--anomaly",
              "line_too_long=100%").must(OK)
    assert (tmp_path / "data/collections/part-00000.jsonl").stat().st_size == 64 * 2**20 + 2
    run_on(gristmill, tmp_path / "data").must(OK)
    assert reported(tmp_path / "out", "line_too_long") == {"collections": 1, "predictions": 1}


# ---- mistakes

@pytest.mark.parametrize("words, said", [
    (["--profiles", "0"], ["--profiles is 0"]), (["--profiles", "many"], ["--profiles", "'many'"]),
    (["--profiles", "-3"], ["--profiles", "'-3'"]), (["--sessions", "0"], ["--sessions is 0"]),
    (["--behaviours", "0"], ["--behaviours is 0"]), (["--predictions", "0"], ["--predictions is 0"]),
    (["--files", "0"], ["--files is 0"]),
    (["--files", "3", "--profiles", "1", "--sessions", "1", "--collections", "2"], ["--files is 3", "2 lines"]),
    (["--seed", "x"], ["--seed"]), (["--threads", "100000"], ["--threads"]),
    (["--skew", "zipf:x"], ["--skew", "'zipf:x'"]), (["--skew", "zipf:-1"], ["--skew"]), (["--skew", "odd"], ["zipf"]),
    (["--compression", "bz2"], ["--compression", "gz"]), (["--form", "arrays"], ["--form", "array"]), (["--anomaly", "invalid_jsn=1%"], ["'invalid_json'"]),
    (["--anomaly", "repair=1%"], ["'repairs'"]), (["--anomaly", "alias=200%"], ["alias=200%", "100%"]),
    (["--anomaly", "alias"], ["alias", "10%"]), (["--anomaly", "alias=60%", "--anomaly", "id_trimmed=60%"], ["120%"]),
    (["--anomaly", "line_too_long=1%", "--line-limit", "12"], ["--line-limit"]),
    (["--line-limit", "12 parsecs"], ["--line-limit", "parsecs"]),
    (["--profile", "3"], ["'--profile'", "'--profiles'"]),
], ids=" ".join)
def test_mistakes_are_told(gristmill, tmp_path, words, said):
    gristmill("generate", "data", *words).must_fail(USAGE, *said)
    assert not (tmp_path / "data").exists()


def test_output_folder_is_needed(gristmill):
    gristmill("generate").must_fail(USAGE, "OUTPUT_FOLDER")


def test_full_folder_is_refused(gristmill, clean, tmp_path):
    before = contents(clean)
    gristmill("generate", "clean", *SMALL, "--seed", 3).must_fail(OUTPUT, str(clean), "not empty", "--force")
    assert contents(clean) == before
    gristmill("generate", "clean", *SMALL, "--seed", 3, "--files", 2, "--force").must(OK)
    gristmill("generate", "clean", *SMALL, "--force", "--quiet").must(OK)
    assert contents(clean) == before


def test_force_removes_nothing_that_was_not_generated(gristmill, clean, tmp_path):
    run_on(gristmill, clean).must(OK)
    before = contents(tmp_path / "out")
    gristmill("generate", "out", *SMALL, "--force").must_fail(OUTPUT, "profile-id=", "was not generated")
    assert contents(tmp_path / "out") == before


def test_quiet_is_quiet(gristmill):
    outcome = gristmill("generate", "data", "--profiles", 1, "--quiet").must(OK)
    assert (outcome.stdout, outcome.stderr) == ("", "")


# ---- when writing fails

def test_disk_full(gristmill, tmp_path):
    """Nothing of half a data set is left."""
    place = tmp_path / "place"
    place.mkdir()
    wrap = on_tmpfs(place, "2m", after=f'find "{place}" -mindepth 1 > "{tmp_path}/left"')
    gristmill("generate", place / "data", wrap=wrap).must_fail(OUTPUT, "part-00000.jsonl", "No space left")
    assert (tmp_path / "left").read_text() == ""


def test_unwritable_folder(gristmill, open_folder):
    (open_folder / "closed").mkdir(mode=0o555)
    gristmill("generate", open_folder / "closed/data", cwd=open_folder, **bound_by_modes()).must_fail(OUTPUT, "closed")
    assert list((open_folder / "closed").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", [["--compression", "zst"], ["--compression", "gz", "--threads", 1]], ids=str)
def test_interrupted(gristmill, tmp_path, number, words):
    """Of a data set that would take hours."""
    process = gristmill.start("generate", "data", "--profiles", 1_000_000, *words)
    wait_for((tmp_path / "data/collections").exists)
    process.send_signal(number)
    outcome = gristmill.finish(process, 20)
    assert outcome.code == INTERRUPTED, outcome.stderr
    assert "interrupted" in outcome.stderr and "removed" in outcome.stderr
    assert not (tmp_path / "data").exists()


# ---- resources

def test_memory_does_not_grow_with_the_data(gristmill):
    few = gristmill.measured("generate", "few", *SMALL, "--threads", 2).must(OK).peak
    many = gristmill.measured("generate", "many", "--profiles", 100_000, "--sessions", 2, "--collections", 1,
                              "--behaviours", 4, "--skew", "zipf", "--threads", 2).must(OK).peak
    assert many < few + (8 << 20)


def test_names_are_those_of_the_document():
    """docs/guide/generate.md has a row for every anomaly, or the data contract has it, for a repair."""
    text = (REPOSITORY / "docs/guide/generate.md").read_text(encoding="utf-8")
    contract = (REPOSITORY / "docs/guide/data-contract.md").read_text(encoding="utf-8")
    for name in [*EVERY, "shared_session"]:
        assert f"| `{name}` |" in text or (name in REPAIRS and f"`{name}`" in contract), name
