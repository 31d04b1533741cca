"""Fixtures of the tests of deploy/: templates, what is installed on a machine, the container.

    pytest tests/deploy -m "not long"

`build/deploy-venv` holds what checks templates (cfn-lint, moto's server, checkov): ./test makes it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "s3"), str(HERE.parent / "programs"), str(HERE.parent / "reference")]

from aws import MotoServer  # noqa: E402
from server import Server  # noqa: E402


@pytest.fixture(scope="session")
def aws(tmp_path_factory):
    """AWS's services but S3's data, by moto."""
    server = MotoServer(tmp_path_factory.mktemp("moto"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()
