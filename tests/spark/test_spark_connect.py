"""A session of Spark Connect, on a real server: the same bytes, without a context."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import inputs
import pytest
from command import OK
from comparison import must_be_same
from driver import PACKAGE
from growing import DATASETS, add, batches, differences, rebuild
from lines import collection, prediction
from outputs import nothing_left_over

HERE = Path(__file__).resolve().parent


class Program:
    """That with the session."""

    def __init__(self, folder: Path):
        variables = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1",
                     "SPARK_TESTING": "1"}  # a free port
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen([sys.executable, HERE / "connect_program.py", PACKAGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, env=variables, cwd=folder)
        self.session = self.reply()["session"]

    def reply(self) -> dict:
        for line in self.process.stdout:
            if line.startswith(b"{"):  # the server says things too
                return json.loads(line)
        raise AssertionError(f"the program has gone: {Path(self.log.name).read_text(errors='replace')[-3000:]}")

    def ask(self, do: str, **words) -> dict:
        request = {"do": do, **{name: str(value) if isinstance(value, Path) else value for name, value in words.items()}}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        reply = self.reply()
        assert not reply["changed"], "the session's settings are not as they were"
        return reply

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(60)
        self.log.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    program = Program(tmp_path_factory.mktemp("connect"))
    assert ".connect." in program.session
    yield program
    program.close()


def published(reply: dict) -> None:
    assert "error" not in reply, reply["error"]["trace"]
    assert reply["published"]


def test_the_same_bytes(program, gristmill, tmp_path):
    collections, predictions = inputs.write_plain(tmp_path / "in", megabytes=4)
    gristmill.run((collections,), (predictions,), tmp_path / "native/out").must(OK)
    published(program.ask("run", collections=collections, predictions=predictions, output=tmp_path / "connect/out", split_size=1 << 20, partitions=3))
    must_be_same(tmp_path / "native/out", tmp_path / "connect/out")
    nothing_left_over(tmp_path / "connect/out")


@pytest.mark.long
def test_sizes_are_chosen_without_a_context(program, gristmill, tmp_path):
    collections, predictions = inputs.write_plain(tmp_path / "in", megabytes=4)
    gristmill.run((collections,), (predictions,), tmp_path / "native/out").must(OK)
    published(program.ask("run", collections=collections, predictions=predictions, output=tmp_path / "connect/out", memory="256MiB"))
    must_be_same(tmp_path / "native/out", tmp_path / "connect/out")


def test_an_output_grows(program, gristmill, tmp_path):
    for day in (1, 2, 3):
        add(tmp_path, "collections", f"{day}.jsonl", [collection("p1", "s1", f"c{day}"), "bad"])
        add(tmp_path, "predictions", f"{day}.jsonl", [prediction("p1", "s1", "c", score=day / 8, confidence=1)])
        words = {dataset: tmp_path / "in" / dataset for dataset in DATASETS}
        if day == 2:
            gristmill("update", *(word for name, place in words.items() for word in (f"--{name}", place)), "--output", "out",
                      "--publish-anyway", "--quiet").must(OK)
        else:
            published(program.ask("update", **words, output=tmp_path / "out", publish_anyway=True, partitions=2))
    assert len(batches(tmp_path / "out")) == 3
    gristmill("verify", "out", "--state").must(OK)
    rebuild(gristmill)
    assert differences(tmp_path / "out", tmp_path / "rebuilt") == []


def test_an_error_of_a_task(program, tmp_path):
    (tmp_path / "in.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"\x07" * 40)
    reply = program.ask("run", collections=tmp_path / "in.jsonl.gz", output=tmp_path / "connect/out")
    assert reply["error"]["kind"] == "InputError", reply["error"]["trace"]
    assert "in.jsonl.gz" in reply["error"]["text"] and "an executor on" in reply["error"]["text"]
    assert "Traceback" not in reply["error"]["text"]
    assert not (tmp_path / "connect").exists() or not list((tmp_path / "connect").iterdir())


def test_an_interrupted_operation(program, tmp_path):
    collections, _ = inputs.write_plain(tmp_path / "in", megabytes=40)
    reply = program.ask("interrupted", collections=collections, output=tmp_path / "connect/out", split_size=4 << 20, partitions=2)
    assert reply["error"]["kind"] == "CancelledError", reply["error"]["trace"]
    assert not (tmp_path / "connect/out").exists()
    published(program.ask("run", collections=collections, output=tmp_path / "connect/out"))
    nothing_left_over(tmp_path / "connect/out")
