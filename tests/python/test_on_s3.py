"""The package on S3, with credentials that are handed over."""

from __future__ import annotations

import boto3
import gristmill as gm
import pytest
from outputs import contents, differences
from server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    for name in ("recordings", "results"):
        server.client.make_bucket(name)
    yield server
    server.stop()


@pytest.mark.parametrize("kind", ["session", "credentials", "frozen", "dict"])
def test_credentials_handed_over(server, collections, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "wrong")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    server.client.upload(collections, "s3://recordings/collections/a.jsonl")
    session = boto3.Session(aws_access_key_id=server.keys.access, aws_secret_access_key=server.keys.secret)
    given = {"session": session, "credentials": session.get_credentials(),
             "frozen": session.get_credentials().get_frozen_credentials(),
             "dict": {"access_key": server.keys.access, "secret_key": server.keys.secret}}[kind]
    result = gm.run(collections="s3://recordings/collections/", output=f"s3://results/{kind}", credentials=given,
                    s3={"endpoint": server.url, "region": "us-east-1"})
    assert result.published and result.sessions.num_rows > 0
    assert result.report["run"]["requests"]["put"] > 0
    local = gm.run(collections=collections.parent, output=tmp_path / "local")
    assert result.sessions == local.sessions
    there = contents(server.client.download(f"s3://results/{kind}", tmp_path / "there"), "labels", "aggregated-json")
    assert differences(contents(tmp_path / "local", "labels", "aggregated-json"), there) == []


def test_explain_says_whose_they_are(server, collections):
    server.client.upload(collections, "s3://recordings/collections/a.jsonl")
    keys = {"access_key": server.keys.access, "secret_key": server.keys.secret}
    found = gm.explain(collections="s3://recordings/collections/", credentials=keys, s3={"endpoint": server.url})
    assert list(found.credentials) == ["recordings"]
    assert server.keys.secret not in found.credentials["recordings"] and server.url in found.credentials["recordings"]


def test_wrong_ones(server):
    with pytest.raises(gm.InputError) as caught:
        gm.validate(collections="s3://recordings/x/", credentials={"access_key": server.keys.access, "secret_key": "hunter2"},
                    s3={"endpoint": server.url, "region": "us-east-1"})
    assert "hunter2" not in str(caught.value)
    with pytest.raises(gm.UsageError):
        gm.validate(collections="s3://recordings/x/", credentials={"access_key": "k"})
