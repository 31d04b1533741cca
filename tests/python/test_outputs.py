"""open, verify and publish: outputs that are there; models, and the rows of one profile."""

from __future__ import annotations

import json
import math
from pathlib import Path

import gristmill as gm
import pyarrow as pa
import pytest
from gristmill import rows
from gristmill.rows import as_table, partition_name
from lines import TIME, compact, metadata, prediction
from outputs import contents, differences
from server import Server

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SAMPLE = {"collections": EXAMPLES / "collections", "predictions": EXAMPLES / "predictions"}
SMALL = {"metadata": metadata(), "behaviour": {"mobile": {"swipes": [{"x": 1}]}}}


def written(root: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (root / name).read_text(encoding="utf-8").split("\n") if line]


def present(rows: list[dict]) -> list[dict]:
    """Rows of a table without the fields that a row did not have, or had as null."""
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return gm.run(**SAMPLE, output=tmp_path_factory.mktemp("sample") / "out")


def test_the_history_and_batches_of_an_output(tmp_path):
    for seed in range(2):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{seed}.jsonl").write_text(compact(SMALL | {"n": seed}) + "\n")
        plain = gm.run(collections=tmp_path / "in", output=tmp_path / "plain")
        grown = gm.update(collections=tmp_path / "in", output=tmp_path / "grown")
    assert plain.history["collections_lines"].to_pylist() == [1, 2] and plain.history["run_id"].to_pylist()[-1] == plain.run_id
    assert plain.history["drift"].to_pylist() == [[], []] and plain.history["accepted"].to_pylist() == [False, False]
    assert grown.history["collections_lines"].to_pylist() == grown.batches["collections_lines"].to_pylist() == [1, 1]
    assert grown.history["sessions"].to_pylist() == [1, 1]
    with pytest.raises(gm.UsageError, match="no batches"):
        plain.batches  # noqa: B018
    with pytest.raises(gm.UsageError, match="no history"):
        gm.validate(collections=tmp_path / "in").history  # noqa: B018


def test_opened_is_what_the_run_returned(sample):
    before = contents(Path(sample.output))
    opened = gm.open(sample.output)
    assert (opened.published, opened.passed, opened.output, opened.notes) == (True, True, sample.output, [])
    # The file was written before it was known how long publishing takes.
    assert opened.run_id == sample.run_id and opened.report | {"run": 0} == sample.report | {"run": 0}
    assert opened.html == Path(sample.output, "validation/report.html").read_text(encoding="utf-8")
    for table in ("sessions", "models", "accounting", "validation", "culprits", "quarantine"):
        assert getattr(opened, table).num_rows > 0 and getattr(opened, table) == getattr(sample, table), table
    assert repr(opened) == repr(sample) and "Passed" in opened._repr_html_()
    assert differences(before, contents(Path(sample.output))) == []


def test_there_is_no_output(tmp_path):
    with pytest.raises(gm.InputError) as caught:
        gm.open(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in str(caught.value) and caught.value.advice
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").write_text("x")
    for open_it in (gm.open, gm.verify):
        with pytest.raises(gm.InputError, match="no complete output"):
            open_it(tmp_path / "other")
    with pytest.raises(gm.UsageError):
        gm.open(tmp_path / "nowhere", thraeds=2)
    with pytest.raises(gm.UsageError):
        gm.publish(tmp_path / "nowhere")


def test_what_a_failed_check_kept(tmp_path):
    out = tmp_path / "out"
    bad = gm.run(collections=[SMALL, "nonsense"], output=out)
    first = gm.open(out)
    assert (first.published, first.passed, first.output, first.run_id) == (False, False, bad.output, bad.run_id)
    assert first.notes == [f"nothing is published; this is the output of run {bad.run_id}, kept back by a failed check"]
    assert first.sessions.num_rows == 1 and first.labels("p1").column("x").to_pylist() == [1]
    published = gm.publish(out)
    assert published.published and published.run_id == bad.run_id and published.output == str(out)
    assert published.quarantine.column("raw").to_pylist() == ["nonsense"]
    with pytest.raises(gm.UsageError):
        gm.publish(out)

    waiting = gm.run(collections=[b"nonsense"], output=out)
    there = gm.open(out)
    assert there.run_id == bad.run_id and there.notes == [
        f"a failed check keeps the output of run {waiting.run_id} back: kept=True opens it"]
    kept = gm.open(out, kept=True)
    assert (kept.published, kept.run_id, kept.notes) == (False, waiting.run_id, [])
    assert kept.quarantine.num_rows == 1
    gm.run(collections=[SMALL], output=out)
    with pytest.raises(gm.OutputError, match="missing"):
        kept.models
    with pytest.raises(gm.UsageError, match="no output is kept back") as caught:
        gm.open(out, kept=True)
    assert caught.value.key == "kept"


def test_tables_are_of_one_run(tmp_path):
    first = gm.run(collections=[SMALL], output=tmp_path / "out")
    opened = gm.open(tmp_path / "out")
    assert opened.sessions.num_rows == 1
    second = gm.run(collections=[SMALL, SMALL], output=tmp_path / "out")
    for result in (first, opened):
        with pytest.raises(gm.OutputError, match=f"of run {second.run_id} now"):
            result.models
        with pytest.raises(gm.OutputError, match=f"of run {second.run_id} now"):
            result.labels("nobody")
    assert opened.sessions.num_rows == 1  # as it was read


@pytest.mark.parametrize("name, use", [
    ("aggregated-models/data.parquet", lambda result: result.models),
    ("labels/profile-id=p1/collections.jsonl", lambda result: result.labels("p1")),
    ("validation/report.json", lambda result: gm.open(result.output)),
])
def test_damaged_files(tmp_path, name, use):
    result = gm.run(collections=[SMALL], output=tmp_path / "out")
    (tmp_path / "out" / name).write_bytes(b"{\xff")
    with pytest.raises(gm.OutputError) as caught:
        use(result)
    assert name in str(caught.value) and caught.value.file == str(tmp_path / "out" / name)


def test_verify(tmp_path):
    out = tmp_path / "out"
    run_id = gm.run(collections=[SMALL], output=out).run_id
    found = gm.verify(out)
    files = json.loads((out / "_manifest.json").read_bytes())
    assert (found.intact, found.run_id, found.files, found.bytes) == (True, run_id, files["file_count"], files["byte_count"])
    assert found.differences == 0 and found.examples.num_rows == 0
    labels = out / "labels/profile-id=p1/collections.jsonl"
    labels.write_bytes(labels.read_bytes().replace(b"swipes", b"Swipes"))
    (out / "aggregated-models/data.parquet").unlink()
    (out / "stranger").write_text("x")
    found = gm.verify(out)
    assert not found.intact and found.differences == 3
    assert [(each["kind"], each["path"]) for each in found.examples.to_pylist()] == [
        ("missing", "aggregated-models/data.parquet"), ("checksum", "labels/profile-id=p1/collections.jsonl"),
        ("not listed", "stranger")]
    with pytest.raises(gm.InputError):
        gm.verify(tmp_path / "nowhere")


def test_models(tmp_path):
    told = [("swipe_model", 0.25, 0.5), ("swipe_model", 0.75, 1.0), ("new_model", None, 0.5), (None, 0.5, 0.5)]
    result = gm.run(collections=[SMALL], output=tmp_path / "out",
                    predictions=[prediction(model=model, score=score, confidence=sure) for model, score, sure in told])
    of_session = {"profile_id": "p1", "session_id": "s1"}
    weighted = math.fsum([0.125, 0.75]) / 1.5
    assert result.models.to_pylist() == [
        of_session | {"model_name": None, "predictions": 1, "scored": 1, "failed": 0, "mean_score": 0.5,
                      "weighted_mean_score": 0.5, "min_score": 0.5, "max_score": 0.5},
        of_session | {"model_name": "new_model", "predictions": 1, "scored": 0, "failed": 1, "mean_score": None,
                      "weighted_mean_score": None, "min_score": None, "max_score": None},
        of_session | {"model_name": "swipe_model", "predictions": 2, "scored": 2, "failed": 0, "mean_score": 0.5,
                      "weighted_mean_score": weighted, "min_score": 0.25, "max_score": 0.75}]
    nothing = gm.validate(collections=[SMALL]).models
    assert nothing.num_rows == 0 and nothing.schema.equals(result.models.schema)


def test_rows_of_every_profile(sample):
    """Of the sample, all rows that there are, field by field."""
    root = Path(sample.output)
    profiles = {row["profile_id"] for name in ("labels", "predictions") for path in (root / name).rglob("*.jsonl")
                for row in written(root, path.relative_to(root))}
    assert len(profiles) > 10 and None in profiles
    for read, folder, file in ((sample.labels, "labels", "collections"), (sample.predictions, "predictions", "predictions")):
        rows = 0
        for profile in profiles - {""}:
            path = root / folder / partition_name(profile) / f"{file}.jsonl"
            if not path.exists():
                continue
            table = read(profile)
            rows += table.num_rows
            json_columns = {field.name for field in table.schema if field.metadata}
            found = [{name: json.loads(value) if name in json_columns else value for name, value in row.items()}
                     for row in present(table.to_pylist())]
            assert found == present(written(root, path.relative_to(root))), profile
            session = table.column("session_id")[0].as_py()
            if session is not None:
                assert read(profile, session).to_pylist() == [row for row in table.to_pylist() if row["session_id"] == session]
        assert rows == sample.report["accounting"]["rows"][folder]


HOSTILE = ["../../etc/passwd", ".", "a/b", "é😀", "new\nline", "__HIVE_DEFAULT_PARTITION__", "null", "NULL", "nul", "nulls", "100%",
           "100%25", 'quo"te', "a\\b{[^]}", "\x7f\x01\x00", "'#*:=?", "-", "%", "\u3000x"]


def test_any_profile_is_found(tmp_path):
    result = gm.run(collections=[{"metadata": metadata(profile), "behaviour": {}} for profile in [*HOSTILE, None, " "]],
                    output=tmp_path / "out")
    for profile in HOSTILE:
        assert result.labels(profile).column("profile_id").to_pylist() == [profile]
    assert result.labels(None).column("profile_id").to_pylist() == [None, ""]
    folders = {path.name for path in (tmp_path / "out/labels").iterdir()}
    assert {partition_name(profile) for profile in [*HOSTILE, None]} == folders


def test_only_its_file_is_opened(tmp_path):
    result = gm.run(collections=[SMALL, {**SMALL, "metadata": metadata("p2")}], output=tmp_path / "out")
    (tmp_path / "out/labels/profile-id=p2/collections.jsonl").write_bytes(b"\xff")
    assert gm.open(tmp_path / "out").labels("p1").num_rows == 1


@pytest.mark.parametrize("profile, session, words", [
    ("amaar", None, "did you mean 'amara'"), ("zzzzzzzzzz", None, "sessions"), ("", None, "None"), (7, None, "str"),
    ("amara", 7, "str"), ("\ud800", None, "profile"), ("a" * 300, None, "profile")])
def test_unknown_profiles(sample, profile, session, words):
    for read in (sample.labels, sample.predictions):
        with pytest.raises(gm.UsageError) as caught:
            read(profile, session)
        assert words in str(caught.value) and caught.value.key == ("session" if session else "profile")


def test_no_rows_to_read(tmp_path, sample):
    with pytest.raises(gm.UsageError, match="nothing was written"):
        gm.validate(collections=[SMALL]).labels("p1")
    result = gm.run(collections=[SMALL], output=tmp_path / "out")
    for profile in ("p1", None):  # there are no predictions at all; there is a profile everywhere
        with pytest.raises(gm.UsageError):
            result.predictions(profile)
    assert sample.labels("amara", "no such session").schema == sample.labels("amara").schema
    assert sample.labels("amara", "no such session").num_rows == 0


def test_types_of_fields(tmp_path):
    entries = [{"a": 1, "b": "x", "c": True, "d": [1], "e": {"k": 1}, "f": None, "g": 1, "h": "2025-05-15T08:51:59Z", "l": "\ud800"},
               {"a": 2, "b": 1.50, "c": None, "d": [2, None], "e": {"k": 2.5}, "g": 1.5, "i": 12345678901234567890, "j": [1, "x"],
                "k": {"n": 12345678901234567890}, "l": "y"}]
    result = gm.run(collections=[{"metadata": metadata(), "behaviour": {"mobile": {"taps": entries}}}], output=tmp_path / "out")
    table = result.labels("p1")
    assert {field.name: (field.type, bool(field.metadata)) for field in table.schema} == {
        "profile_id": (pa.string(), False), "session_id": (pa.string(), False), "collection_id": (pa.string(), False),
        "col_timestamp": (pa.int64(), False), "platform": (pa.string(), False), "behaviour_type": (pa.string(), False),
        "a": (pa.int64(), False), "b": (pa.string(), True), "c": (pa.bool_(), False), "d": (pa.list_(pa.int64()), False),
        "e": (pa.struct([("k", pa.float64())]), False), "f": (pa.null(), False), "g": (pa.float64(), False),
        "h": (pa.string(), False), "i": (pa.string(), True), "j": (pa.string(), True), "k": (pa.string(), True),
        "l": (pa.string(), False)}
    assert table.select(["b", "g", "i", "j", "k", "l"]).to_pylist() == [
        {"b": '"x"', "g": 1.0, "i": None, "j": None, "k": None, "l": "\ufffd"},
        {"b": "1.5", "g": 1.5, "i": "12345678901234567890", "j": '[1,"x"]', "k": '{"n":12345678901234567890}', "l": "y"}]
    assert table.schema.field("b").metadata == {b"content": b"json"}


def test_values_are_as_they_were_spelled(tmp_path):
    """What Python would write otherwise, names that occur twice, numbers beyond all types."""
    entry = '{"x":1.50,"x":1e3,"x_2":"own","y":1e999,"z":-0}'
    line = f'{{"metadata":{compact(metadata())},"behaviour":{{"mobile":{{"taps":[{entry},{{"z":"\\u00e9"}}]}}}}}}'
    result = gm.run(collections=[line], output=tmp_path / "out")
    assert present(result.labels("p1").select(["x", "x_3", "x_2", "y", "z"]).to_pylist()) == [
        {"x": 1.5, "x_3": 1000.0, "x_2": "own", "y": "1e999", "z": "-0"}, {"z": '"\\u00e9"'}]
    long = "1" * 5000
    assert as_table(f'{{"n":{long}}}\n'.encode(), {}).to_pylist() == [{"n": long}]


@pytest.mark.parametrize("block", [1, 2, 3])
def test_blocks_change_nothing(sample, monkeypatch, block):
    """What a field is, is found out over all rows, however few are held at once."""
    values = [None, 1, 2.5, None, {"k": 1}, {"k": 2.5, "l": None}, [1], [2.5, None], "x", True, 2**53 + 1, 2**64]
    others = [[1, None, 2], [None, None, None], [1, 2.5, 3], [{"k": 1}, {"k": 2.5, "l": "x"}, None], [[], [1], [2.5]],
                   [2**53 + 1, 1, 0.5], [1, "x", None], [True, False, 1], [0.5, True], [{"k": 1}, {"k": "x"}, None], [[1], ["x"], []],
                   [[0.5], [True]], [{"k": 0.5}, {"k": False}], [[0.5, True]]]
    data = [b"".join(compact({"v": value, "profile_id": None}).encode() + b"\n" for value in some) for some in [values, *others]]
    data += [path.read_bytes() for path in Path(sample.output, "labels").rglob("*.jsonl")]
    whole = [as_table(each, rows.LABELS) for each in data]
    assert [bool(each.schema.field("v").metadata) for each in whole[:14]] == [True, *[False] * 5, *[True] * 8]
    monkeypatch.setattr(rows, "BLOCK", block)
    for each, expected in zip(data, whole, strict=True):
        found = as_table(each, rows.LABELS)
        assert found.schema.equals(expected.schema, check_metadata=True), each
        assert found.to_pylist() == expected.to_pylist()


def test_columns_that_every_row_has_keep_their_types(tmp_path):
    result = gm.run(predictions=[compact({"metadata": metadata(), "prediction": {"model_name": "m", "score": 1}}), prediction("p2")],
                    output=tmp_path / "out")
    assert result.predictions("p1").schema == result.predictions("p2").schema
    assert result.predictions("p1").column("score").to_pylist() == [1.0]
    assert result.predictions("p1").column("timestamp").to_pylist() == [TIME]


def test_on_s3(tmp_path):
    server = Server(tmp_path)
    try:
        server.client.make_bucket("results")
        words = {"credentials": {"access_key": server.keys.access, "secret_key": server.keys.secret},
                 "s3": {"endpoint": server.url, "region": "us-east-1"}}
        there = gm.run(**SAMPLE, output="s3://results/daily", **words)
        local = gm.run(**SAMPLE, output=tmp_path / "local")
        opened = gm.open("s3://results/daily/", **words)
        assert opened.output == there.output == "s3://results/daily" and opened.run_id == there.run_id
        for table in ("sessions", "models", "quarantine"):
            assert getattr(opened, table) == getattr(local, table), table
        for profile in ("amara", None, "naïve: 100% / ünïcode 😀"):
            assert opened.labels(profile) == local.labels(profile)
        assert opened.predictions("amara") == local.predictions("amara")
        with pytest.raises(gm.UsageError, match="did you mean 'amara'"):
            opened.labels("amaar")
        assert gm.verify("s3://results/daily", **words).intact
        with pytest.raises(gm.InputError):
            gm.open("s3://results/other", **words)
        bad = gm.run(collections=[b"nonsense"], output="s3://results/daily", **words)
        assert gm.open("s3://results/daily", kept=True, **words).output == bad.output
        assert gm.publish("s3://results/daily", **words).run_id == bad.run_id
    finally:
        server.stop()
