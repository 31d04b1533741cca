"""Fixtures of the tests on Spark: a real cluster on this machine, with one session for all of them.

    pytest tests/spark -m "not long"

They run in the environment that pytest runs in if it has pyspark, else in build/spark4-venv; those of Spark 3.5 in
build/spark3-venv. What is measured against is the command.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *(str(HERE.parent / name) for name in ("s3", "programs", "reference"))]

from command import Gristmill  # noqa: E402
from driver import Spark, connected, missing  # noqa: E402
from native import Twin  # noqa: E402
from on_s3 import Buckets  # noqa: E402
from proxy import Proxy  # noqa: E402
from server import Server  # noqa: E402

numbers = itertools.count(1)


def shared_folder(tmp_path_factory) -> Path:
    """The folder that all workers of this pytest have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def kept(tmp_path_factory, version: int, folder: str):
    """The session on this Spark, until the last who uses it has ended."""
    assert not missing(version), missing(version)
    place = shared_folder(tmp_path_factory) / folder
    place.mkdir(exist_ok=True)
    spark = connected(place, version)
    yield spark
    spark.close()


@pytest.fixture(scope="session")
def _session(tmp_path_factory):
    yield from kept(tmp_path_factory, 4, "spark4")


@pytest.fixture
def spark(_session) -> Spark:
    """The session that all tests share. What a test tells it to do is forgotten after it."""
    _session.variables = {}
    yield _session
    _session.thaw()


@pytest.fixture
def gristmill(tmp_path) -> Gristmill:
    """The command, with `tmp_path` as its working folder."""
    command = Gristmill(tmp_path)
    yield command
    assert not list(command.spill.iterdir()), "left over in the spill folder"


@pytest.fixture
def twin(gristmill, spark) -> Twin:
    """Runs both and compares."""
    return Twin(gristmill, spark)


@pytest.fixture(autouse=True)
def _own_variables(monkeypatch):
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "SPARK_", "PYSPARK_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture
def buckets(server) -> Buckets:
    names = [f"{name}-{os.getpid()}-{next(numbers)}" for name in ("in", "out")]
    pair = Buckets(server.client, *map(server.client.make_bucket, names))
    yield pair
    server.forget(pair.incoming, pair.outgoing)


@pytest.fixture
def proxy(server) -> Proxy:
    """What stands between gristmill and the server in this test."""
    proxy = Proxy(server)
    yield proxy
    proxy.settle()
    proxy.stop()
