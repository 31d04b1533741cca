"""`gristmill inspect`: what is in files that nobody knows yet.

Shapes and fields are counted a second time here, by a few lines that share nothing with the command.
"""

import gzip
import json
import random
import re
import signal
import subprocess
import sys
import time

import pytest
from command import CHECKS, INPUT, INTERRUPTED, NO_INPUT, OK, REPOSITORY, USAGE, environment
from lines import TIME, collection, compact, metadata, prediction, write_bytes, write_lines
from outputs import check, report

EXAMPLES = [REPOSITORY / "examples/collections", REPOSITORY / "examples/predictions"]
ALL = ["--shapes", 10000, "--fields", 10000]


def inspected(gristmill, *words, **options) -> dict:
    outcome = gristmill("inspect", *words, "--format", "json", **options).must(OK)
    assert outcome.stderr == "", outcome.stderr
    return json.loads(outcome.stdout)


# ---- A second opinion on shapes and fields

class Pairs(list):
    """An object as its members stand there, repeated ones too."""


def paths_of(value, path="") -> list[tuple[str, str]]:
    """Every (path, type) of a value; names are plain ones."""
    if isinstance(value, Pairs):
        found = [(path, "object")]
        for name, each in value:
            found += paths_of(each, f"{path}.{name}" if path else name)
        return found
    if isinstance(value, list):
        return [(path, "list")] + [pair for each in value for pair in paths_of(each, path + "[]")]
    kinds = {bool: "bool", int: "int", float: "float", str: "string", type(None): "null"}
    return [(path, kinds[type(value)])]


def shape_of(value) -> frozenset:
    number = {"int": "number", "float": "number"}
    return frozenset((path, number.get(kind, kind)) for path, kind in paths_of(value))


def parsed(line: str):
    return json.loads(line, object_pairs_hook=Pairs)


def expected(lines):
    """Lines by shape, in the order of their first places; lines by path; values by path and type."""
    shapes, fields, kinds = {}, {}, {}
    for line in lines:
        value = parsed(line)
        shapes[shape_of(value)] = shapes.get(shape_of(value), 0) + 1
        pairs = paths_of(value)
        for path in {path or "(line)" for path, _ in pairs}:
            fields[path] = fields.get(path, 0) + 1
        for path, kind in pairs:
            counts = kinds.setdefault(path or "(line)", {})
            counts[kind] = counts.get(kind, 0) + 1
    return shapes, fields, kinds


def random_value(random, depth=0):
    kind = random.randrange(8 if depth < 4 else 5)
    if kind == 0:
        return random.choice([None, True, False])
    if kind < 3:
        return random.choice([0, 1, -7, 10**17, 1.5, 0.1, -2.25, 1e300])
    if kind < 5:
        return random.choice(["", "word", "ä", "two words", "\u0001"])
    if kind < 6:
        return [random_value(random, depth + 1) for _ in range(random.randrange(4))]
    return {random.choice("abcdefghijklmnop"): random_value(random, depth + 1) for _ in range(random.randrange(5))}


def test_shapes_and_fields_are_those_of_another_count(gristmill, tmp_path):
    draw = random.Random(7)
    lines = []
    for _ in range(3000):
        behaviour = {"mobile": {"taps": [random_value(draw, 2) for _ in range(draw.randrange(4))]}}
        lines.append(json.dumps({"metadata": {"profile_id": "p"}, "behaviour": behaviour},
                                separators=draw.choice([(",", ":"), (", ", ": ")]), ensure_ascii=draw.random() < 0.5))
    path = write_lines(tmp_path / "c.jsonl", lines)
    found = inspected(gristmill, path, *ALL)["data_sets"]["collections"]
    shapes, fields, kinds = expected(lines)
    assert found["distinct_shapes"] == len(shapes) == len(found["shapes"])
    firsts = {shape_of(parsed(line)): number for number, line in reversed(list(enumerate(lines, start=1)))}
    wanted = sorted(shapes.values(), reverse=True)
    assert [shape["lines"] for shape in found["shapes"]] == wanted
    for shape in found["shapes"]:
        first = lines[shape["first"]["line"] - 1]
        assert shapes[shape_of(parsed(first))] == shape["lines"]
        assert firsts[shape_of(parsed(first))] == shape["first"]["line"]
        assert first.startswith(shape["example"])
    assert len({shape["shape"] for shape in found["shapes"]}) == len(shapes)
    assert {field["path"]: field["lines"] for field in found["fields"]} == fields
    for field in found["fields"]:
        types = {}
        for kind, count in field["types"].items():
            kind = kind.split(" ")[0]
            types[kind] = types.get(kind, 0) + count
        assert types == kinds[field["path"]], field["path"]


def test_shape_text(gristmill, tmp_path):
    line = ('{"b":[1,2.5,null,{"y":"s","x":true},[]],"a b":{},"behaviour":{"mobile":{"swipes":[{"y":1},{"x":2.0}]}},'
            '"a":"\\u0041","\\u0062b":NaN}')
    found = inspected(gristmill, write_lines(tmp_path / "c.jsonl", [line]))["data_sets"]["collections"]
    assert found["shapes"][0]["shape"] == (
        '{a:string,"a b":{},b:[{x:bool,y:string}|[]|null|number],bb:null,'
        'behaviour:{mobile:{swipes:[{x:number,y:number}]}}}')


def test_values(gristmill, tmp_path):
    lines = [compact({"behaviour": {}, "n": number, "s": text, "k": "same"}) for number, text in
             [(5, "b"), (-2.5, "12"), (1e3, "2025-05-15T08:51:59Z"), (7, "é" * 50), (5, "b"), (900719925474099267, "a")]]
    lines.append('{"behaviour":{},"n":NaN,"s":null,"k":"same"}')
    fields = {field["path"]: field for field in
              inspected(gristmill, write_lines(tmp_path / "c.jsonl", lines))["data_sets"]["collections"]["fields"]}
    assert fields["n"]["types"] == {"NaN": 1, "int": 4, "float": 2}
    assert (fields["n"]["least_number"], fields["n"]["greatest_number"]) == (-2.5, 900719925474099267)
    assert fields["n"]["samples"] == ["5", "-2.5", "1000.0", "7", "900719925474099267"]
    assert fields["n"]["distinct"] == 5 and fields["n"]["distinct_exact"]
    assert fields["s"]["types"] == {"null": 1, "string": 4, "string (number)": 1, "string (time)": 1}
    assert (fields["s"]["least_string"], fields["s"]["greatest_string"]) == ("12", "é" * 32)
    assert fields["s"]["distinct"] == 5
    assert fields["k"]["distinct"] == 1 and fields["k"]["samples"] == ["same"]


def test_distinct_is_an_estimate_beyond_some_hundreds(gristmill, tmp_path):
    lines = [compact({"behaviour": {}, "n": number % 20000}) for number in range(30000)]
    fields = {field["path"]: field for field in
              inspected(gristmill, write_lines(tmp_path / "c.jsonl", lines))["data_sets"]["collections"]["fields"]}
    assert not fields["n"]["distinct_exact"]
    assert abs(fields["n"]["distinct"] - 20000) < 0.07 * 20000


# ---- The same whatever the ways

@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """Synthetic data with every repair and rejection, in several compressed files and a plain one."""
    from command import Gristmill
    folder = tmp_path_factory.mktemp("generated")
    gristmill = Gristmill(folder)
    flaws = ["--profiles", 60, "--anomaly", "repairs=10%", "--anomaly", "rejections=6%", "--line-limit", "64KiB", "--quiet"]
    gristmill("generate", "plain", *flaws).must(OK)
    gristmill("generate", "packed", *flaws, "--seed", 2, "--files", 5, "--compression", "gz", "--spaced").must(OK)
    return folder


LIMIT = ["--limits-line", "64KiB"]


def test_threads_memory_and_blocks_change_nothing(gristmill, generated):
    words = ["inspect", generated / "plain", generated / "packed", "--format", "json", *LIMIT, *ALL]
    wanted = gristmill(*words, "--threads", 1, "--memory", "1GiB").must(OK).stdout
    assert gristmill(*words, "--threads", 7).must(OK).stdout == wanted
    assert gristmill(*words, "--threads", 3, "--memory", "1MiB").must(OK).stdout == wanted
    assert gristmill(*words, "--threads", 2, hooks={"BLOCK_SIZE": 777}).must(OK).stdout == wanted
    assert gristmill(*words, hooks={"NO_FAST_PATH": 1}).must(OK).stdout == wanted


def faults(found: dict, dataset: str, what: str) -> dict:
    return {name: issue["lines"] for name, issue in found["data_sets"][dataset][what].items()}


def report_faults(root, number: str, member: str) -> dict:
    counts = check(root, number)["counts"]
    return {dataset: {name: count for name, count in counts[dataset].get(member, {}).items() if count}
            for dataset in ("collections", "predictions")}


@pytest.mark.parametrize("words", [[], ["--strict"]])
@pytest.mark.parametrize("said", [True, False])
def test_counts_repairs_and_rejections_as_a_run_does(gristmill, generated, tmp_path, said, words):
    """As files of no data set too: no file of these is mixed."""
    folders = [generated / kind / "collections" for kind in ("plain", "packed")], \
              [generated / kind / "predictions" for kind in ("plain", "packed")]
    gristmill.run(*folders, "out", "--publish-anyway", "--quiet", *LIMIT, *words).must(OK)
    flags = [word for flag, paths in zip(("--collections", "--predictions"), folders) for path in paths for word in (flag, path)]
    found = inspected(gristmill, *(flags if said else [generated]), *LIMIT, *words)
    repairs = report_faults(tmp_path / "out", "repairs", "repairs")
    rejections = report_faults(tmp_path / "out", "rejected_lines", "reasons")
    for dataset in ("collections", "predictions"):
        assert faults(found, dataset, "repairs") == repairs[dataset]
        assert faults(found, dataset, "rejections") == rejections[dataset]
        missing = check(tmp_path / "out", "missing_ids")["counts"][dataset]
        assert {name: missing[name] for name in ("profile_id", "session_id", "collection_id")} == \
            found["data_sets"][dataset]["missing_ids"]
    for dataset, examples in check(tmp_path / "out", "rejected_lines")["examples"].items():
        for name, wanted in examples.items():
            actual = found["data_sets"][dataset]["rejections"][name]["examples"]
            assert [(each["file"], each["line"]) for each in actual] == [(each["file"], each["line"]) for each in wanted] \
                or not said  # of one argument, files have longer names


def test_examples_of_the_repository(gristmill, tmp_path):
    gristmill.run(*EXAMPLES, "out", "--quiet").must(OK)
    found = inspected(gristmill, *EXAMPLES)
    assert [file["data_set"] for file in found["files"]] == ["collections", "collections", "predictions"]
    for dataset in ("collections", "predictions"):
        assert faults(found, dataset, "repairs") == report_faults(tmp_path / "out", "repairs", "repairs")[dataset]
        assert faults(found, dataset, "rejections") == report_faults(tmp_path / "out", "rejected_lines", "reasons")[dataset]


@pytest.mark.parametrize("seed, lines", [*((seed, 500) for seed in range(4)),
                                         *(pytest.param(seed, 3000, marks=pytest.mark.long) for seed in range(4))])
def test_hostile_lines(gristmill, tmp_path, seed, lines):
    """Lines that look for trouble, under a recipe that does: the counts of a run, and a recipe that runs."""
    subprocess.run([sys.executable, REPOSITORY / "tests/reference/hostile.py", "--seed", str(seed), "--lines", str(lines),
                    "--output", tmp_path / "in", "--recipe", tmp_path / "hostile.yaml"], check=True)
    recipe = json.loads((tmp_path / "hostile.yaml").read_text())
    recipe.get("limits", {}).pop("rows", None)  # rows grow by the fields that the other recipe carries
    (tmp_path / "hostile.yaml").write_text(json.dumps(recipe))
    words = ["--recipe", "hostile.yaml", "--collections", "in/collections.jsonl", "--predictions", "in/predictions.jsonl"]
    wanted = gristmill("inspect", *words, "--format", "json", *ALL, "--write-recipe", "read.yaml", "--quiet").must(OK).stdout
    assert gristmill("inspect", *words, "--format", "json", *ALL, "--threads", 5, "--memory", "1MiB").must(OK).stdout == wanted
    gristmill("run", "--recipe", "read.yaml", "--output", "out", "--publish-anyway", "--quiet").must(OK)
    for dataset in ("collections", "predictions"):
        for check_name, member, ours in (("repairs", "repairs", "repairs"), ("rejected_lines", "reasons", "rejections")):
            assert faults(json.loads(wanted), dataset, ours) == report_faults(tmp_path / "out", check_name, member)[dataset]
    gristmill("inspect", "in", "--write-recipe", "found.yaml").must(OK)
    gristmill("run", "--recipe", "found.yaml", "--output", "found", "--publish-anyway", "--quiet").must(OK)


# ---- Which data set a line belongs to

def test_mixed_and_unknown_files(gristmill, tmp_path):
    write_lines(tmp_path / "in/mixed.jsonl", [collection(), prediction(), collection(), "", "{", '{"metadata":{}}'])
    write_lines(tmp_path / "in/other.jsonl", ['{"a":1}', "[1]", "nothing"])
    write_lines(tmp_path / "in/both.jsonl", [compact({"metadata": metadata(), "behaviour": {}, "prediction": {}})])
    found = inspected(gristmill, "in")
    files = {file["name"]: file for file in found["files"]}
    assert files["mixed.jsonl"] | {"bytes": 0, "path": ""} == {
        "path": "", "name": "mixed.jsonl", "data_set": "collections", "said": False, "bytes": 0, "lines": 6,
        "collections": 2, "predictions": 1, "both": 0, "neither": 1, "unreadable": 1, "blank": 1,
        "compression": "none", "framing": "lines", "accepted": 4}
    assert files["other.jsonl"]["data_set"] == files["both.jsonl"]["data_set"] == "neither"
    assert files["both.jsonl"]["both"] == 1
    assert [found["data_sets"][group]["lines"] for group in ("collections", "predictions", "neither")] == [4, 1, 4]
    assert any("mixed.jsonl" in remark and "cut it in two" in remark for remark in found["remarks"])
    assert any("other.jsonl" in remark for remark in found["remarks"])


def test_swapped_flags_are_noticed(gristmill, small):
    found = inspected(gristmill, "--collections", small[1], "--predictions", small[0])
    assert len(found["remarks"]) == 2 and "was given as collections" in found["remarks"][0]


def test_loose_names_and_aliases_tell_the_data_set(gristmill, tmp_path):
    write_lines(tmp_path / "a.jsonl", ['{"Behavior":{}}'])
    write_lines(tmp_path / "b.jsonl", ['{"PREDICTION":{}}'])
    write_lines(tmp_path / "c.jsonl", ['{"result":{}}'])
    found = inspected(gristmill, "a.jsonl", "b.jsonl", "c.jsonl", "--aliases-prediction", "result")
    assert [file["data_set"] for file in found["files"]] == ["collections", "predictions", "predictions"]


def test_files_without_lines(gristmill, tmp_path):
    write_bytes(tmp_path / "empty.jsonl", b"")
    write_bytes(tmp_path / "blank.jsonl.gz", b"\n \n")
    found = inspected(gristmill, "empty.jsonl", "blank.jsonl.gz")
    assert [file["lines"] for file in found["files"]] == [0, 2]
    assert found["remarks"] == []
    gristmill("inspect", "empty.jsonl").must(OK)


# ---- The recipe

def settings_of(gristmill, *words) -> dict:
    """The settings as explain shows them, by key."""
    text = gristmill("explain", *words).must(OK).stdout.split("\n\n")[0]
    rows = (re.match(r"  (\S+)\s+(.*?)\s{2,}(\S.*)$", line) for line in text.splitlines()[1:])
    return {row[1]: row[2] for row in rows if row}


def test_recipe_of_clean_data_runs(gristmill, small, tmp_path):
    gristmill("inspect", "in", "--write-recipe", "found.yaml").must(OK)
    settings = settings_of(gristmill, "--recipe", "found.yaml")
    assert settings["collections"] == str(small[0].relative_to(tmp_path))
    assert settings["predictions"] == str(small[1].relative_to(tmp_path))
    gristmill("run", "--recipe", "found.yaml").must(OK)
    assert len(list((tmp_path / "out/labels").iterdir())) == 3


def test_recipe_of_the_examples_runs(gristmill, tmp_path):
    gristmill("inspect", *EXAMPLES, "--write-recipe", "found.yaml", "--quiet").must(OK)
    assert settings_of(gristmill, "--recipe", "found.yaml")["carry"] == "app_version, device"
    gristmill("run", "--recipe", "found.yaml", "--quiet").must(OK)


def test_recipe_of_the_working_folder_has_an_output_elsewhere(gristmill, small, tmp_path):
    gristmill("inspect", ".", "--write-recipe", "found.yaml", cwd=tmp_path / "in").must(OK)
    gristmill("run", "--recipe", "found.yaml", "--quiet", cwd=tmp_path / "in").must(OK)
    assert (tmp_path / "gristmill-out/_SUCCESS").exists()


def foreign_collection(number: int) -> str:
    return compact({"meta": {"user_id": f"u{number % 3}", "sid": f"s{number % 5}", "collectionId": f"c{number}",
                             "created_at": TIME + number},
                    "events": {"mobile": {"taps": [{"x": 1}]}}, "app_version": "3.1", "build: [x]\"": 5})


def foreign_prediction(number: int) -> str:
    return compact({"meta": {"user_id": f"u{number % 3}", "sid": f"s{number % 5}", "created_at": TIME + number},
                    "prediction": {"model": ["SwipeNet v2", "keys-rnn", "mood"][number % 3], "probability": 0.5}})


def test_recipe_gives_foreign_names_their_fields(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", [foreign_collection(number) for number in range(30)])
    write_lines(tmp_path / "p.jsonl", [foreign_prediction(number) for number in range(30)])
    gristmill("inspect", "c.jsonl", "p.jsonl", "--write-recipe", "found.yaml").must(OK)
    settings = settings_of(gristmill, "--recipe", "found.yaml")
    assert settings["collections"] == "c.jsonl" and settings["predictions"] == "p.jsonl"
    wanted = {"metadata": "meta", "behaviour": "events", "profile_id": "user_id", "session_id": "sid",
              "timestamp": "created_at", "model_name": "model", "score": "probability"}
    for field, name in wanted.items():
        assert name in settings[f"aliases.{field}"].split(", "), field
    assert "collectionId" not in settings["aliases.collection_id"]  # a loose spelling needs no alias
    assert settings["models.swipe"] == "SwipeNet v2" and settings["models.keystroke"] == "keys-rnn"
    assert set(settings["carry"].split(", ")) == {"app_version", 'build: [x]"'}
    gristmill("run", "--recipe", "found.yaml").must(OK)
    assert {path.name for path in (tmp_path / "out/labels").iterdir()} == {f"profile-id=u{n}" for n in range(3)}
    row = json.loads((tmp_path / "out/labels/profile-id=u0/collections.jsonl").read_text().splitlines()[0])
    assert row["session_id"] == "s0" and row["app_version"] == "3.1" and row["x"] == 1
    sessions = [json.loads(line) for line in (tmp_path / "out/aggregated-json/part-00000.json").read_text().splitlines()]
    assert any(session["mean_swipe_score"] == 0.5 for session in sessions)


def wrapped(number: int, foreign: bool) -> tuple[str, str]:
    """A collection and a prediction as a transport wraps them up: as objects, or as strings."""
    if foreign:
        inside = json.loads(foreign_collection(number)), json.loads(foreign_prediction(number))
        return tuple(compact({"envelope": each, "kind": "b"}) for each in inside)
    return tuple(compact({"log": each, "stream": "stdout"}) for each in (collection(f"p{number % 3}"), prediction(f"p{number % 3}")))


@pytest.mark.parametrize("foreign", [False, True])
def test_recipe_unwraps_records_in_the_first_call(gristmill, tmp_path, foreign):
    lines = [wrapped(number, foreign) for number in range(30)]
    write_lines(tmp_path / "in/c.jsonl", [line[0] for line in lines])
    write_lines(tmp_path / "in/p.jsonl", [line[1] for line in lines])
    found = inspected(gristmill, "in")
    assert [file["data_set"] for file in found["files"]] == ["collections", "predictions"]
    assert [found["data_sets"][name]["accepted"] for name in ("collections", "predictions")] == [30, 30]
    (tmp_path / "found.yaml").write_text(found["recipe"])
    assert settings_of(gristmill, "--recipe", "found.yaml")["unwrap"] == ("envelope" if foreign else "log")
    gristmill("run", "--recipe", "found.yaml", "--output", "out").must(OK)
    assert check(tmp_path / "out", "nothing_recognised")["status"] == "passed"
    assert {path.name for path in (tmp_path / "out/predictions").iterdir()} == \
        {f"profile-id={'u' if foreign else 'p'}{n}" for n in range(3)}


def test_what_is_left_out_of_the_recipe_and_why(gristmill, tmp_path):
    """Its fields are not proposed for the rows of others."""
    write_lines(tmp_path / "c.jsonl", [collection(f"p{number}") for number in range(5)])
    write_lines(tmp_path / "other.jsonl", [compact({"data": [1], "at": 2})] * 5)
    write_bytes(tmp_path / "wide.jsonl", (collection() + "\n").encode("utf-16"))
    recipe = inspected(gristmill, "c.jsonl", "other.jsonl", "wide.jsonl")["recipe"]
    assert "has a behaviour or a prediction under a name that is known:\n#  - \"other.jsonl\"\n" in recipe
    assert "# Left out, since no line of them can be read; inspect's notes say what they look like:\n#  - \"wide.jsonl\"\n" in recipe
    assert "carry" not in recipe


def test_only_one_data_set_is_wrapped(gristmill, tmp_path):
    """Which of them a file is follows from what stands inside, as it does for the other."""
    lines = [(collection(f"p{number}"), prediction(f"p{number}")) for number in range(9)]
    for plain in (0, 1):
        for i, name in enumerate(("c", "p")):
            write_lines(tmp_path / f"{plain}/{name}.jsonl",
                        [line[i] if i == plain else compact({"value": json.loads(line[i]), "offset": 1}) for line in lines])
        found = inspected(gristmill, str(plain))
        assert [file["data_set"] for file in found["files"]] == ["collections", "predictions"]
        (tmp_path / "found.yaml").write_text(found["recipe"])
        gristmill("run", "--recipe", "found.yaml", "--output", "out").must(OK)
        assert report(tmp_path / "out")["accounting"]["rows"]["predictions"] == 9


def test_lines_that_are_strings_and_plain_ones_beside_wrapped_ones(gristmill, tmp_path):
    write_lines(tmp_path / "twice.jsonl", [json.dumps(collection(f"p{number}")) for number in range(3)])
    assert "unwrap:\n  collections: \"\\\"\\\"\"\n" in inspected(gristmill, "twice.jsonl")["recipe"]
    # The few are none to set the reading of the many by.
    write_lines(tmp_path / "mixed.jsonl", [collection()] * 3 + [wrapped(0, False)[0]] * 2)
    assert "unwrap" not in inspected(gristmill, "mixed.jsonl")["recipe"]


def test_what_files_and_lines_look_like(gristmill, tmp_path):
    good = [collection(f"p{number}") for number in range(5)]
    write_bytes(tmp_path / "in/a.jsonl", ("\n".join(good) + "\n" + good[0] + good[1] + "\n").encode())
    write_bytes(tmp_path / "in/b.jsonl", ("\ufeff" + "\n".join(good)).encode("utf-16-le"))
    found = inspected(gristmill, "in")
    assert found["data_sets"]["collections"]["rejections"]["invalid_json"]["looks_like"] == {"several values on a line": 1}
    assert any("in/b.jsonl: a run would reject every line; looks like UTF-16" in remark for remark in found["remarks"])
    assert any("a run would publish nothing" in remark and "unusable_files" in remark for remark in found["remarks"])
    text = gristmill("inspect", "in").must(OK).stdout
    assert "1 line of invalid_json: looks like several values on a line" in text


def test_framing_is_proposed_for_a_file_that_hides_it(gristmill, tmp_path):
    pretty = json.dumps(json.loads(collection()), indent=1)
    broken = pretty.replace("}", ",}", 1)
    write_bytes(tmp_path / "c.jsonl", f"{broken}\n{pretty}\n{pretty}\n".encode())
    found = inspected(gristmill, "c.jsonl")
    assert (found["files"][0]["framing"], found["files"][0]["accepted"]) == ("values", 2)
    (tmp_path / "found.yaml").write_text(found["recipe"])
    assert settings_of(gristmill, "--recipe", "found.yaml")["framing"] == "values"


def test_standard_input(gristmill, tmp_path):
    text = "\n".join([collection("p1"), prediction("p1"), collection("p2")]).encode()
    outcome = subprocess.run([gristmill.binary, "inspect", "-", "--format", "json"], input=gzip.compress(text), stdout=subprocess.PIPE,
                             cwd=tmp_path, env=environment(), check=True)
    [file] = json.loads(outcome.stdout)["files"]
    assert (file["name"], file["lines"], file["compression"]) == ("stdin", 3, "gzip")


def test_recipe_is_careful_with_aliases(gristmill, tmp_path):
    """A name that stands beside the field, or holds something else, would reject lines."""
    beside = [compact({"metadata": {"profile_id": "p", "user_id": "u"}, "behaviour": {}}),
              compact({"metadata": {"user_id": "u"}, "behaviour": {}})]
    other = [compact({"metadata": {"sid": {"a": 1}, "time": "yesterday"}, "behaviour": {}})]
    write_lines(tmp_path / "c.jsonl", beside + other)
    gristmill("inspect", "c.jsonl", "--write-recipe", "found.yaml").must(OK)
    assert "aliases" not in (tmp_path / "found.yaml").read_text()


def test_recipe_keeps_the_settings_that_were_given(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", ['{"m":{"uid":"p"},"data":{},"x":1}'])
    words = ["--aliases-metadata", "m", "--aliases-behaviour", "data", "--carry", "y", "--sessions", "all", "--limits-depth", 9]
    gristmill("inspect", "c.jsonl", *words, "--write-recipe", "found.yaml").must(OK)
    settings = settings_of(gristmill, "--recipe", "found.yaml")
    assert settings["carry"] == "y, x" and settings["sessions"] == "all" and settings["limits.depth"] == "9"
    assert settings["aliases.metadata"] == "m" and settings["aliases.profile_id"] == "uid"


def test_commented_checks_are_settings(gristmill, small, tmp_path):
    gristmill("inspect", "in", "--write-recipe", "found.yaml").must(OK)
    text = (tmp_path / "found.yaml").read_text()
    head, checks = text.split("#checks:\n")
    (tmp_path / "with.yaml").write_text(head + "checks:\n" + re.sub(r"^#", "", checks, flags=re.MULTILINE))
    assert settings_of(gristmill, "--recipe", "with.yaml")["checks.rejected_lines.fail_above"] == "5%"


def test_recipe_is_printed_or_written_never_over_another(gristmill, small, tmp_path):
    printed = gristmill("inspect", "in").must(OK).stdout
    gristmill("inspect", "in", "--write-recipe", "found.yaml").must(OK)
    assert (tmp_path / "found.yaml").read_text() in printed
    (tmp_path / "mine.yaml").write_text("mine")
    gristmill("inspect", "in", "--write-recipe", "mine.yaml").must_fail(USAGE, "mine.yaml", "not overwritten")
    assert (tmp_path / "mine.yaml").read_text() == "mine"


# ---- The command

def test_table_fits_the_terminal(gristmill, generated):
    for columns in (80, 120):
        text = gristmill("inspect", generated / "plain", *LIMIT, variables={"COLUMNS": str(columns)}).must(OK).stdout
        tables = text.split("A recipe to start from")[0]
        assert [line for line in tables.splitlines() if len(line) > columns] == []
        for word in ("Collections", "Predictions", "Shapes", "Fields", "Repairs", "Rejections"):
            assert word in tables


def test_control_characters_are_made_visible(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", ['{"behaviour":{},"\\u001b[2J":"\\u001b[31m\\u202e"}'])
    text = gristmill("inspect", "c.jsonl").must(OK).stdout
    assert "\x1b" not in text and "\u202e" not in text.split("A recipe")[0]


def test_usage(gristmill, small):
    gristmill("inspect").must_fail(USAGE, "no file is named", "gristmill inspect")
    gristmill("inspect", "in", "--collections", "in").must_fail(USAGE, "--collections")
    gristmill("inspect", "in", "--shapes", "many").must_fail(USAGE, "--shapes", "many")
    gristmill("inspect", "in", "--format", "tabel").must_fail(USAGE, "table")
    message = gristmill("inspect", "nowhere").must_fail(NO_INPUT, "nowhere").stderr
    assert "collections" not in message
    gristmill("inspect", "in/*.csv").must_fail(NO_INPUT, "no file matches")


def test_settings_name_the_inputs_too(gristmill, small, tmp_path):
    (tmp_path / "gristmill.yaml").write_text("collections: in/collections.jsonl\n")
    assert inspected(gristmill)["files"][0]["said"]
    words = inspected(gristmill, "in/predictions.jsonl")  # words stand for what the settings name
    assert [file["name"] for file in words["files"]] == ["predictions.jsonl"]


def test_broken_stream_is_an_input_error(gristmill, small, tmp_path):
    path = write_lines(tmp_path / "c.jsonl.gz", [collection(entries=50, collection=f"c{n}") for n in range(3000)])
    path.write_bytes(path.read_bytes()[:-100])
    gristmill("inspect", "c.jsonl.gz").must_fail(INPUT, "c.jsonl.gz")


def test_nothing_is_written(gristmill, small, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    gristmill("inspect", "in").must(OK)
    assert sorted(tmp_path.rglob("*")) == before


def test_many_shapes_and_names_in_bounded_memory(gristmill, tmp_path):
    """Names that are data: every line has a shape and paths of its own, one line has too many of them."""
    lines = [compact({"metadata": {"profile_id": "p"}, "behaviour": {"web": {f"user-{number}": [{"x": number}]}}})
             for number in range(60_000)]
    lines.append(compact({"behaviour": {f"key-{number}": {"a": 1} for number in range(50_000)}}))
    path = write_lines(tmp_path / "c.jsonl", lines)
    longest = len(lines[-1])
    wanted = None
    for threads, memory in ((1, 1), (4, 2)):
        outcome = gristmill.measured("inspect", path, "--format", "json", "--threads", threads, "--memory", f"{memory}MiB").must(OK)
        assert outcome.peak < ((memory + 64) << 20) + 6 * longest, f"{outcome.peak >> 20} MiB"
        wanted = wanted or outcome.stdout
        assert outcome.stdout == wanted
    found = json.loads(wanted)["data_sets"]["collections"]
    assert found["distinct_shapes"] == 60_001
    assert sum(shape["lines"] for shape in found["shapes"]) + found["lines_of_other_shapes"] == 60_001
    # (line), metadata, profile_id, behaviour, web; three for each name; of the last line no more than the bound.
    assert 180_005 < found["distinct_fields"] < 180_005 + 4_010
    assert len(found["fields"]) == 100


def test_interrupted_within_a_second(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", [collection(entries=40, collection=f"c{n}") for n in range(100)] * 2000)
    process = gristmill.start("inspect", "c.jsonl", "--threads", 1)
    time.sleep(0.15)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    outcome = gristmill.finish(process)
    assert time.monotonic() - begun < 1
    assert outcome.code == INTERRUPTED and "published" not in outcome.stderr


def test_rejections_beyond_the_threshold_are_told(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", [collection(), "{"])
    assert any("publish nothing" in remark for remark in inspected(gristmill, "c.jsonl")["remarks"])
    gristmill("validate", "--collections", "c.jsonl").must(CHECKS)
