"""A run as OpenLineage events, in a file and at a server."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from command import CHECKS, INPUT, INTERRUPTED, OK, USAGE
from lines import collection, prediction, write_lines
from openlineage_events import read
from test_output_roots import paused, wait_for

PARENT = "0190a8a2-6f2c-7d3e-8e55-aaaaaaaaaaaa"
TABLES = ["aggregated-parquet", "aggregated-models", "labels", "predictions"]


@pytest.fixture
def data(tmp_path):
    write_lines(tmp_path / "in/collections/a.jsonl", [collection("p1", f"s{i}", f"c{i}") for i in range(20)])
    write_lines(tmp_path / "in/predictions/a.jsonl", [prediction("p1", f"s{i}", f"c{i}") for i in range(20)])
    return tmp_path


def run(gristmill, *words, command="run", output="out", to="events.jsonl", **options):
    place = () if command == "validate" else ("--output", output)
    return gristmill(command, "--collections", "in/collections", "--predictions", "in/predictions", *place, "--quiet",
                     "--lineage", to, *words, **options)


def events(folder: Path) -> list[dict]:
    """The two of the last run, each as the package of OpenLineage understands it too."""
    begin, end = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()][-2:]
    for event in (begin, end):
        read(event)
    assert begin["eventType"] == "START" and begin["run"]["runId"] == end["run"]["runId"]
    assert begin["eventTime"] <= end["eventTime"] and begin["job"] == end["job"]
    return [begin, end]


def assertions(event: dict, dataset: str) -> dict[str, dict]:
    (found,) = [one for one in event["inputs"] if one["name"].endswith(f"/in/{dataset}")]
    facet = found["inputFacets"]["dataQualityAssertions"]
    return {one["assertion"]: one for one in facet["assertions"]}


def test_a_published_run(gristmill, data):
    write_lines(data / "in/collections/b.jsonl", ["bad"] * 2)
    run(gristmill, "--publish-anyway").must(OK)
    begin, end = events(data)
    assert [one["name"] for one in begin["inputs"]] == [f"{data}/in/collections", f"{data}/in/predictions"]
    assert begin["job"]["name"] == f"gristmill run {data}/out" and begin["job"]["namespace"] == "default"
    assert end["eventType"] == "COMPLETE" and "errorMessage" not in end["run"]["facets"]
    names = [one["name"].removeprefix(f"{data}/out/") for one in end["outputs"]]
    assert names == [*TABLES, "quarantine"] and {one["namespace"] for one in end["outputs"]} == {"file"}
    sessions = end["outputs"][0]
    assert sessions["outputFacets"]["outputStatistics"]["rowCount"] == 20
    fields = {one["name"]: one["type"] for one in sessions["facets"]["schema"]["fields"]}
    assert fields["profile_id"] == "string" and fields["number_of_collections"] == "bigint"
    assert end["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"] == 22
    of_collections, of_predictions = assertions(end, "collections"), assertions(end, "predictions")
    assert len(of_collections) == 12  # no output is there that check 12 could hold it against
    rejected = of_collections["rejected_lines"]
    assert (rejected["success"], rejected["severity"], rejected["actual"]) == (False, "error", "2")
    assert of_predictions["rejected_lines"]["success"] is True


def test_each_way_to_end(gristmill, data):
    write_lines(data / "in/predictions/b.jsonl", [prediction("p1", "s1", "c1", model="")] * 9)
    run(gristmill, "--checks-missing-types-severity", "fail").must_fail(CHECKS)
    end = events(data)[1]
    assert end["eventType"] == "FAIL" and "not published" in end["run"]["facets"]["errorMessage"]["message"]
    assert assertions(end, "predictions")["missing_types"]["success"] is False
    run(gristmill, command="update", output="grown").must(OK)
    run(gristmill, command="update", output="grown").must(OK)  # finds nothing new
    end = events(data)[1]
    assert end["eventType"] == "COMPLETE" and "inputFacets" not in end["inputs"][0]
    run(gristmill, command="validate").must(OK)
    assert events(data)[1]["outputs"] == []
    (data / "in/collections/b.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    run(gristmill).must_fail(INPUT)
    assert events(data)[1]["eventType"] == "FAIL"


def test_an_interrupted_run(gristmill, data):
    words = ["run", "--collections", "in/collections", "--output", "out", "--lineage", "events.jsonl"]
    process = paused(gristmill, words, "open in/collections", 500)
    wait_for((data / ".out.gristmill/lock").exists)
    process.send_signal(signal.SIGINT)
    gristmill.finish(process).must(INTERRUPTED)
    assert events(data)[1]["eventType"] == "ABORT"


@pytest.mark.parametrize("parent, known", [(f"airflow/dag.task/{PARENT}", True), ("a/b/no-uuid", False)])
def test_the_run_that_began_it(gristmill, data, parent, known):
    outcome = run(gristmill, variables={"OPENLINEAGE_PARENT_ID": parent, "OPENLINEAGE_NAMESPACE": "night"}).must(OK)
    assert ("OPENLINEAGE_PARENT_ID is left out" in outcome.stderr) != known
    begin = events(data)[0]
    assert begin["job"]["namespace"] == "night" and ("parent" in begin["run"]["facets"]) == known
    if known:
        told = begin["run"]["facets"]["parent"]
        assert f"{told['job']['namespace']}/{told['job']['name']}/{told['run']['runId']}" == parent


class Server:
    """Takes events; answers each with the next of `answers`, and 201 after these."""

    def __init__(self, *answers: int):
        self.got: list[tuple[str, str | None, dict]] = []
        waiting = list(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, self.headers["Authorization"], json.loads(body)))
                self.send_response(waiting.pop(0) if waiting else 201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()


@pytest.mark.parametrize("path, asked", [("", "/api/v1/lineage"), ("/", "/api/v1/lineage"), ("/own/path", "/own/path")])
def test_a_server(gristmill, data, path, asked):
    with Server() as server:
        outcome = run(gristmill, to=server.url + path, variables={"OPENLINEAGE_API_KEY": "key-of-lineage"}).must(OK)
    assert outcome.stderr == ""
    assert [(where, key, event["eventType"]) for where, key, event in server.got] == [
        (asked, "Bearer key-of-lineage", "START"), (asked, "Bearer key-of-lineage", "COMPLETE")]
    for _, _, event in server.got:
        read(event)
    report = (data / "out/validation/report.json").read_text()
    assert server.url not in report and "key-of-lineage" not in report


def test_a_server_that_is_busy_is_asked_again_for_the_end(gristmill, data):
    with Server(201, 503) as server:
        run(gristmill, to=server.url).must(OK)
    assert [event["eventType"] for _, _, event in server.got] == ["START", "COMPLETE", "COMPLETE"]


def test_what_cannot_be_told_is_a_warning(gristmill, data):
    with Server(404, 404) as server:
        outcome = run(gristmill, to=server.url + "/secret-path").must(OK)
    assert outcome.stderr.count("warning: the lineage event could not be told to its server: it answered 404") == 2
    outcome = run(gristmill, to=server.url).must(OK)  # nobody listens any more
    assert outcome.stderr.count("nobody answers") == 2 and server.url not in outcome.stderr
    outcome = run(gristmill, to="nowhere/events.jsonl").must(OK)
    assert "could not be told to 'nowhere/events.jsonl': No such file or directory" in outcome.stderr


def test_nobody_waits_for_a_reader(gristmill, data):
    os.mkfifo(data / "fifo")
    assert "could not be told to 'fifo'" in run(gristmill, to="fifo").must(OK).stderr


def test_an_interruption_while_a_server_does_not_answer(gristmill, data):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        words = ["run", "--collections", "in/collections", "--output", "out", "--lineage", f"http://127.0.0.1:{silent.getsockname()[1]}",
                 "--result", "result.json"]
        process = gristmill.start(*words)
        silent.accept()
        process.send_signal(signal.SIGINT)
        outcome = gristmill.finish(process).must(INTERRUPTED)
    assert json.loads((data / "result.json").read_text())["status"] == "interrupted"
    assert outcome.stderr.count("could not be told") == 2 and not (data / "out/_SUCCESS").exists()


@pytest.mark.parametrize("words", [("--lineage", "nowhere/events"), ("--metrics", "nowhere/m"), ("--result", "nowhere/r"), ("--on-end", "exit 3"),
                                   ("--collections", "in/collections", "--result", "in/collections/r")], ids=str)
def test_a_log_in_json_is_json(gristmill, data, words):
    outcome = gristmill("run", "--collections", "in/collections", "--output", "out", "--log-format", "json", *words)
    entries = [json.loads(line) for line in outcome.stderr.splitlines()]
    assert {"not_told", "failed"} & {entry["event"] for entry in entries}


@pytest.mark.parametrize("to, why", [
    ("http://user:hidden@host/", "OPENLINEAGE_API_KEY"), ("ftp://host", "no URL"), ("s3://bucket/events", "no URL"),
    ("in/collections/events.jsonl", "--lineage"), ("out/events.jsonl", "--lineage")])
def test_where_events_cannot_go(gristmill, data, to, why):
    outcome = run(gristmill, to=to).must_fail(USAGE, why)
    assert "hidden" not in outcome.stderr and not (data / "out").exists()


def test_not_to_the_file_of_another(gristmill, data):
    run(gristmill, "--log-file", "events.jsonl").must_fail(USAGE, "'events.jsonl'")
