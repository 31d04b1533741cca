"""`gristmill.forget`: people go out of an output, from Python."""

from __future__ import annotations

import json

import gristmill as gm
import pytest
from lines import collection


@pytest.fixture
def grown(tmp_path):
    (tmp_path / "in.jsonl").write_text("".join(collection(profile) + "\n" for profile in ("ann", "bob")))
    gm.update(collections=tmp_path / "in.jsonl", output=tmp_path / "out")
    (tmp_path / "key").write_text("cd" * 32)
    (tmp_path / "key").chmod(0o600)
    return tmp_path / "out"


def test_people_go(grown, tmp_path):
    receipt = gm.forget(grown, [" ann ", "nobody"], key_file=tmp_path / "key", dry_run=True)
    assert [person["found"] for person in receipt["people"]] == [True, False] and (grown / "labels/profile-id=ann").exists()
    receipt = gm.forget(grown, ["ann", "nobody"], key_file=tmp_path / "key")
    assert receipt["removed"]["accepted_lines"] == 1 and "ann" not in json.dumps(receipt["people"])
    assert not (grown / "labels/profile-id=ann").exists() and (grown / "labels/profile-id=bob").exists()
    with pytest.raises(gm.UsageError, match="key"):
        gm.update(collections=tmp_path / "in.jsonl", output=grown)
    assert gm.verify(grown)


@pytest.mark.parametrize("profiles", ["", [], ["ann", " "]])
def test_nobody_is_named(grown, tmp_path, profiles):
    with pytest.raises(gm.UsageError) as raised:
        gm.forget(grown, profiles, key_file=tmp_path / "key")
    assert raised.value.key == "profiles"
