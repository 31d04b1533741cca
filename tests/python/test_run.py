"""run and validate: the same bytes as the command, results as tables, inputs of every kind."""

from __future__ import annotations

import html
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import MappingProxyType

import duckdb
import gristmill as gm
import pandas
import polars
import pyarrow as pa
import pytest
from command import BUILD
from lines import collection, prediction
from outputs import contents, differences

SAMPLE = {"collections": Path(__file__).resolve().parents[2] / "examples/collections",
          "predictions": Path(__file__).resolve().parents[2] / "examples/predictions"}


def test_same_bytes_as_the_command(tmp_path):
    words = [str(word) for name, path in SAMPLE.items() for word in (f"--{name}", path)]
    subprocess.run([BUILD / "gristmill", "run", *words, "--output", tmp_path / "by_command", "--quiet"], check=True)
    result = gm.run(**SAMPLE, output=tmp_path / "by_python")
    assert result.published and result.passed
    assert result.output == str(tmp_path / "by_python")
    assert differences(contents(tmp_path / "by_command"), contents(tmp_path / "by_python")) == []
    assert result.report["verdict"] == json.loads((tmp_path / "by_python/validation/report.json").read_bytes())["verdict"]
    assert result.html.startswith("<!doctype html>")


def test_tables(tmp_path):
    result = gm.run(**SAMPLE, output=tmp_path / "out")
    written = (tmp_path / "out/aggregated-json/part-00000.json").read_text().splitlines()
    assert isinstance(result.sessions, pa.Table)
    assert result.sessions.to_pylist() == [json.loads(line) for line in written]
    assert result.accounting.column("accepted").to_pylist() == [158, 158, 302]
    assert result.validation.num_rows == 11
    assert result.validation.to_pylist()[4] == {
        "number": 5, "name": "rejected_lines", "status": "warned", "severity": "fail", "collections": 11, "predictions": 7,
        "fail_above": 5.0, "unit": "percent_of_lines"}
    assert result.culprits.to_pylist()[0] == {"check": "missing_ids", "dataset": "collections", "file": "2025-05-15.jsonl",
                                              "line": 3, "session": None, "what": "profile_id"}
    assert result.quarantine.num_rows == 18
    assert set(result.quarantine.column("dataset").to_pylist()) == {"collections", "predictions"}


def test_pandas_polars_and_duckdb_take_the_tables(tmp_path):
    sessions = gm.run(**SAMPLE, output=tmp_path / "out").sessions
    expected = sum(sessions.column("number_of_collections").to_pylist())
    assert isinstance(sessions.to_pandas(), pandas.DataFrame)
    assert int(sessions.to_pandas()["number_of_collections"].sum()) == expected
    assert polars.DataFrame(sessions)["number_of_collections"].sum() == expected
    assert duckdb.sql("select sum(number_of_collections) from sessions").fetchall() == [(expected,)]


def test_validate_writes_nothing(tmp_path, collections, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    result = gm.validate(collections=collections)
    assert result.passed and not result.published and result.output is None
    assert result.sessions.num_rows == 0 and result.quarantine.num_rows == 0
    assert result.accounting.column("lines").to_pylist() == [12]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("make", [lambda lines: lines, lambda lines: [line.encode() for line in lines],
                                  lambda lines: (line + "\n" for line in lines)], ids=["str", "bytes", "generator"])
def test_lines_from_memory(tmp_path, make):
    lines = [collection("p", "s", f"c{number}") for number in range(5)] + ["not json"]
    result = gm.run(collections=make(lines), output=tmp_path / "out", checks={"rejected_lines": "warn"})
    assert result.accounting.to_pylist()[0] | {"bytes": 0, "stored_bytes": 0} == {
        "dataset": "collections", "file": "collections.jsonl", "lines": 6, "accepted": 5, "rejected": 1, "repaired": 0, "blank": 0,
        "bytes": 0, "stored_bytes": 0}
    assert result.quarantine.column("raw").to_pylist() == ["not json"]
    assert result.sessions.column("number_of_collections").to_pylist() == [5]


def test_dicts(tmp_path):
    """Each is a line, whatever it holds; what JSON has no word for is told with its place."""
    records = [json.loads(collection(profile, "s", "c")) for profile in ("p", "é😀", "q")]
    given = [json.dumps(records[0]), records[1], MappingProxyType(records[2]), {"text": "\ud800", "score": float("nan")}]
    scores = [json.loads(prediction("p", "s", score=score)) for score in (0.25, None, 1)]
    result = gm.run(collections=given, predictions=iter(scores), output=tmp_path / "out", checks={"missing_ids": "warn"})
    assert result.accounting.column("accepted").to_pylist() == [4, 3]
    assert result.sessions.column("profile_id").to_pylist() == ["p", "q", "é😀"]
    assert result.predictions("p").column("score").to_pylist() == [0.25, None, 1.0]
    gm.run(collections=[collection("p", "s", "c"), collection("é😀", "s", "c")], output=tmp_path / "by_lines")
    for folder in ("labels/profile-id=p", "labels/profile-id=é😀"):
        assert differences(contents(tmp_path / "by_lines" / folder), contents(tmp_path / "out" / folder)) == []
    assert gm.validate(collections=records[0]).accounting.column("accepted").to_pylist() == [1]


@pytest.mark.parametrize("record, words", [({"a": {1, 2}}, "type set"), ({"a": b"x"}, "type bytes"), (["x"], "type list"), (1, "type int")])
def test_records_that_are_no_json(record, words):
    for given in ([{}, record], ({}, record)):
        with pytest.raises(gm.UsageError, match=words) as caught:
            gm.validate(collections=given)
        assert "record 2" in str(caught.value) and caught.value.key == "collections"


AGGREGATES = {
    "mean_tap_score": {"of": "predictions", "mean": "score", "models": ["tap_model", "töp: {1} 😀"]},
    "lines": {"of": "collections", "count": "rows"},
    "a_first": {"of": "predictions", "count": "rows", "where": "score is null"},
}


def test_aggregates(tmp_path):
    told = [("tap_model", 0.25), ("töp: {1} 😀", 0.75), ("swipe_model", 0.1), ("swipe_model", None)]
    inputs = {"collections": [collection(), collection()], "predictions": [prediction(model=model, score=score) for model, score in told]}
    expected = [{"profile_id": "p1", "session_id": "s1", "mean_tap_score": 0.5, "lines": 2, "a_first": 1}]
    for words in ({"aggregates": AGGREGATES}, {"recipe": {"aggregates": AGGREGATES}}, {"recipe": gm.Recipe(aggregates=AGGREGATES)},
                  {"aggregates": [json.dumps({name: row}, ensure_ascii=False) for name, row in AGGREGATES.items()]}):
        result = gm.run(**inputs, output=tmp_path / "out", **words)
        assert result.sessions.to_pylist() == expected and result.sessions.column_names == list(expected[0])
    swapped = dict(reversed(AGGREGATES.items()))
    assert gm.run(**inputs, output=tmp_path / "out", aggregates=swapped).sessions.column_names == ["profile_id", "session_id", *swapped]
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("aggregates: {other: {of: labels, count: rows}}\n")
    assert gm.run(**inputs, output=tmp_path / "out", recipe=recipe).sessions.column_names[2:] == ["other"]
    assert gm.run(**inputs, output=tmp_path / "out", recipe=recipe, aggregates=AGGREGATES).sessions.to_pylist() == expected


@pytest.mark.parametrize("aggregates", [{"x": {"of": "predictions", "maen": "score"}}, {"x": {"of": {1}}}, {"x": 1}, {"session_id": {
    "of": "labels", "count": "rows"}}, {}])
def test_aggregates_that_cannot_be(collections, aggregates):
    with pytest.raises(gm.UsageError) as caught:
        gm.validate(collections=collections, aggregates=aggregates)
    assert caught.value.key == "aggregates"


def test_several_paths_of_several_kinds(tmp_path, collections, predictions):
    result = gm.run(collections=[str(collections)], predictions=(predictions,), output=str(tmp_path / "out"))
    assert result.sessions.num_rows > 0
    assert [row["dataset"] for row in result.accounting.to_pylist()] == ["collections", "predictions"]


def test_failed_check_is_a_result(tmp_path, collections):
    gm.run(collections=collections, output=tmp_path / "out")
    before = contents(tmp_path / "out")
    bad = gm.run(collections=[collection(), "nonsense"], output=tmp_path / "out")
    assert not bad.passed and not bad.published
    assert bad.report["verdict"]["failed_checks"] == ["rejected_lines"]
    assert Path(bad.output, "validation/report.json").exists() and bad.sessions.num_rows == 1
    assert differences(before, contents(tmp_path / "out")) == []
    assert "Nothing is published" in html.unescape(bad._repr_html_())


def test_recipe_of_every_kind(tmp_path, collections):
    yaml = tmp_path / "nightly.yaml"
    yaml.write_text(f"collections: {collections}\noutput: {tmp_path / 'out'}\nthreads: 1\nstrict: true\n")
    for recipe in (yaml, str(yaml), gm.Recipe.from_yaml(yaml)):
        assert gm.run(recipe=recipe).report["run"]["threads"] == 1
    result = gm.run(recipe=yaml, threads=2, strict=False)
    assert result.report["run"]["threads"] == 2 and result.report["recipe"]["strict"] is False
    nested = gm.Recipe({"limits": {"line": "2KiB"}, "carry": ["app_version"]}, collections=collections)
    assert gm.validate(recipe=nested).report["recipe"]["limits"]["line"] == 2048
    assert gm.validate(recipe=nested, limits__line="3KiB").report["recipe"]["limits"]["line"] == 3072


def test_settings_of_the_surroundings_do_not_count(tmp_path, collections, monkeypatch):
    (tmp_path / "gristmill.yaml").write_text("threads: nonsense\n")
    (tmp_path / ".env").write_text("GRISTMILL_THREADS=nonsense\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRISTMILL_THREADS", "nonsense")
    assert gm.validate(collections=collections).passed


@pytest.mark.parametrize("words, kind, file, key", [
    ({"collections": "/nowhere/a.jsonl"}, gm.NoInputError, "/nowhere/a.jsonl", "collections"),
    ({}, gm.UsageError, None, None),
    ({"collections": "x", "threads": "many"}, gm.UsageError, None, "threads"),
    ({"collections": "x", "thraeds": 2}, gm.UsageError, None, "thraeds"),
    ({"collections": "x", "recipe": "/nowhere.yaml"}, gm.UsageError, "/nowhere.yaml", "recipe"),
    ({"collections": [1]}, gm.UsageError, None, "collections"),
])
def test_errors(tmp_path, words, kind, file, key):
    with pytest.raises(kind) as caught:
        gm.run(output=tmp_path / "out", **words)
    error = caught.value
    assert isinstance(error, gm.GristmillError)
    assert (error.file, error.key) == (file, key), str(error)
    assert error.message in str(error) and error.advice
    assert not (tmp_path / "out").exists()


def test_errors_in_a_recipe_file_name_file_and_line(tmp_path, collections):
    yaml = tmp_path / "bad.yaml"
    yaml.write_text("threads: 1\nlimits: {line: huge}\n")
    with pytest.raises(gm.UsageError) as caught:
        gm.validate(collections=collections, recipe=yaml)
    assert (caught.value.file, caught.value.line, caught.value.key) == (str(yaml), 2, "limits.line")


def test_an_error_keeps_what_it_names_in_another_process(tmp_path):
    with pytest.raises(gm.InputError) as caught:
        gm.run(collections=tmp_path / "none.jsonl", output=tmp_path / "out")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is gm.NoInputError
    assert (copy.file, copy.line, copy.key) == (str(tmp_path / "none.jsonl"), None, "collections")
    assert str(copy) == str(caught.value)


def test_errors_are_the_usual_ones_too(tmp_path, collections):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OSError):
        gm.run(collections=collections, output=tmp_path / "taken")
    with pytest.raises(ValueError):
        gm.run(collections=collections, output=tmp_path / "out", threads=-1)


def test_messages_go_to_the_log(tmp_path, collections, caplog):
    with caplog.at_level(logging.DEBUG, "gristmill"):
        gm.run(collections=collections, output=tmp_path / "out")
    assert any("route took" in record.message and record.levelno == logging.DEBUG for record in caplog.records)


def test_other_threads_run_meanwhile(tmp_path):
    gm.generate(tmp_path / "data", profiles=100)
    ticks = 0
    done = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            done.wait(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    gm.run(collections=tmp_path / "data/collections", output=tmp_path / "out")
    done.set()
    thread.join()
    assert ticks > 3


INTERRUPTED = """
import os, signal, sys, threading
sys.path.insert(0, sys.argv[1])
import gristmill as gm
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    gm.run(collections=[sys.argv[2]], output=sys.argv[3], threads=1, memory="1MiB")
    print("ended")
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_stops_it_and_publishes_nothing(tmp_path):
    gm.generate(tmp_path / "data", profiles=1000)
    package = str(Path(gm.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, package, str(tmp_path / "data/collections"), str(tmp_path / "out")],
                          capture_output=True, encoding="utf-8", timeout=120)
    assert done.stdout.strip() == "interrupted", done.stdout + done.stderr
    assert not (tmp_path / "out").exists() and sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_progress_is_shown_when_asked_for(tmp_path, capfd):
    gm.generate(tmp_path / "data", profiles=300)
    gm.run(collections=tmp_path / "data/collections", output=tmp_path / "out", progress=True, threads=1, memory="2MiB")
    assert "grind" in capfd.readouterr().err
    gm.run(collections=tmp_path / "data/collections", output=tmp_path / "out")
    assert capfd.readouterr().err == ""


def test_as_html_is_safe_and_complete(tmp_path):
    hostile = "<script>alert('x')</script>"
    lines = [collection(hostile, "s", f"c{number}") for number in range(3)]
    result = gm.run(collections=lines, predictions=[prediction(hostile, "s", score=number / 10) for number in range(3)],
                    output=tmp_path / hostile.replace("/", "-"))
    frame = result._repr_html_()
    assert frame.count("<") == 2 and frame.startswith("<iframe srcdoc=") and " sandbox " in frame
    page = html.unescape(frame)
    assert "<script>alert" not in page
    for part in ("Passed", "Rejected lines", "<svg", "weighted mean model score", "6</b>lines in"):
        assert part in page
    assert repr(result).startswith("<gristmill.Result published: 6 lines")


def test_explain_does_nothing(tmp_path, collections):
    found = gm.explain(collections=collections, output=tmp_path / "out", threads=1)
    assert found.files.to_pylist() == [{"dataset": "collections", "path": str(collections), "name": "collections.jsonl",
                                        "bytes": os.path.getsize(collections)}]
    assert found.threads == 1 and found.output["way"] == "exchange" and found.credentials == {}
    origins = {row["key"]: row["origin"] for row in found.settings.to_pylist()}
    assert origins["threads"] == "argument threads" and origins["strict"] == "default"
    assert not (tmp_path / "out").exists()


def test_generate_tells_what_it_made(tmp_path):
    made = gm.generate(tmp_path / "data", profiles=2, sessions=3, collections=4, anomalies={"alias": 0.5}, compression="gz")
    assert made.column("lines").to_pylist() == [24, 24]
    result = gm.validate(collections=tmp_path / "data/collections", predictions=tmp_path / "data/predictions")
    repaired = [dict(each)["alias"] for each in made.column("anomalies").to_pylist()]
    assert repaired == [check["findings"][name] for check in result.report["checks"] if check["name"] == "repairs"
                        for name in ("collections", "predictions")]
    with pytest.raises(gm.UsageError, match="did you mean"):
        gm.generate(tmp_path / "other", anomalies={"alais": 0.5})
    with pytest.raises(gm.OutputError):
        gm.generate(tmp_path, profiles=1)


def test_the_command_comes_with_it():
    package = str(Path(gm.__file__).parents[1])
    for words in (["-c", "from gristmill._command import main; main()"], ["-m", "gristmill"]):
        done = subprocess.run([sys.executable, *words, "--version"], env={**os.environ, "PYTHONPATH": package},
                              capture_output=True, encoding="utf-8", check=True)
        assert done.stdout.strip() == f"gristmill {gm.__version__}"


def test_what_is_no_session_is_told():
    import gristmill.spark
    with pytest.raises(gm.UsageError, match="str is no SparkSession"):
        gristmill.spark.run("spark://host:7077", collections="c.jsonl", output="out")


def test_importing_changes_no_signal():
    """In a process of its own: other tests start Spark, which takes Ctrl-C."""
    script = "import signal, sys; sys.path.insert(0, sys.argv[1]); import gristmill, gristmill.spark; print(signal.getsignal(signal.SIGINT))"
    done = subprocess.run([sys.executable, "-c", script, str(Path(gm.__file__).parents[1])], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == str(signal.default_int_handler)
