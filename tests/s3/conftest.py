"""Fixtures of the tests on S3, which run against a server on this machine.

    pytest tests/s3 -m "not long"

`VERSITYGW` names the server's program. GRISTMILL_S3_SERVER=minio runs them on MinIO (`MINIO` names its program), with
keys that may do no more than docs/operate/s3.md says.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "programs"), str(HERE.parent / "reference")]

from lines import collection, prediction, write_lines  # noqa: E402
from on_s3 import Buckets, GristmillOnS3  # noqa: E402
from policy_server import PolicyServer  # noqa: E402
from proxy import Proxy  # noqa: E402
from server import Server  # noqa: E402

SERVERS = {"versitygw": Server, "minio": PolicyServer}
SERVER = os.environ.get("GRISTMILL_S3_SERVER", "versitygw")
numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    if SERVER == "minio":
        items[:] = [item for item in items if not item.get_closest_marker("root")]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = SERVERS[SERVER](tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _own_variables(monkeypatch):
    """No test sees the AWS settings and the proxies of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def client(server):
    return server.client


@pytest.fixture
def gristmill(tmp_path, server) -> GristmillOnS3:
    """The command, with `tmp_path` as its working folder; it must leave nothing in the spill folder."""
    command = GristmillOnS3(tmp_path, server)
    yield command
    assert not list(command.spill.iterdir()), "left over in the spill folder"
    command.spill.rmdir()


@pytest.fixture
def proxy(server, gristmill) -> Proxy:
    """What the command goes through in this test."""
    proxy = Proxy(server)
    gristmill.endpoint = proxy.url
    yield proxy
    proxy.settle()
    proxy.stop()


@pytest.fixture
def buckets(server) -> Buckets:
    number = next(numbers)
    pair = Buckets(server.client, *(server.client.make_bucket(f"{name}-{number}") for name in ("in", "out")))
    yield pair
    server.forget(pair.incoming, pair.outgoing)


@pytest.fixture
def small(tmp_path) -> tuple[Path, Path]:
    """A few canonical lines of both data sets, without anything to warn of."""
    ids = [(f"p{number % 3}", f"s{number % 5}{number % 3}", f"c{number}") for number in range(12)]
    return (write_lines(tmp_path / "in/collections.jsonl", [collection(*each, entries=2) for each in ids]),
            write_lines(tmp_path / "in/predictions.jsonl", [prediction(*each) for each in ids]))


@pytest.fixture
def on_s3(small, buckets) -> tuple[str, str]:
    """The same as `small`, in the bucket to read from."""
    return tuple(buckets.client.upload(path, f"{buckets.incoming}/{path.stem}/{path.name}") for path in small)
