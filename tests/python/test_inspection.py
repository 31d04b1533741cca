"""inspect: what the command finds, as tables."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import gristmill as gm
import pytest
import yaml
from command import BUILD
from lines import collection, prediction

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_same_as_the_command(monkeypatch):
    monkeypatch.chdir(EXAMPLES)
    done = subprocess.run([BUILD / "gristmill", "inspect", ".", "--format", "json", "--quiet"], capture_output=True, check=True)
    expected = json.loads(done.stdout)
    found = gm.inspect(".")
    assert found.report == expected and found.recipe == expected["recipe"] and found.remarks == expected["remarks"]
    assert found.files.column("accepted").to_pylist() == [158, 158, 302]
    groups = expected["data_sets"]
    for kind in ("shapes", "fields"):
        assert getattr(found, kind).num_rows == sum(len(group[kind]) for group in groups.values()) > 0
    for kind in ("repairs", "rejections"):
        assert {(row["data_set"], row["name"]): row["lines"] for row in getattr(found, kind).to_pylist()} == {
            (name, issue): one["lines"] for name, group in groups.items() for issue, one in group[kind].items()}
    first = found.rejections.to_pylist()[0]
    assert first["file"] and first["line"] > 0 and first["begins"]
    assert found.models.to_pylist() == groups["predictions"]["models"]
    field = next(row for row in found.fields.to_pylist() if row["path"] == "metadata.session_id")
    assert dict(field["types"])["string"] == field["lines"] - dict(field["types"]).get("null", 0) and "amara-1" in field["samples"]
    assert repr(found) == "<gristmill.Inspection: 3 files, 327 lines of collections, 309 lines of predictions>"


def test_lines_settings_and_sizes(tmp_path):
    records = [{"metadata": {"user": "p", "session_id": "s"}, "behaviour": {}}]
    assert "user" in yaml.safe_load(gm.inspect(collections=records).recipe)["aliases"]["profile_id"]
    assert gm.inspect(collections=[collection()], predictions=[prediction(model="m")]).models.to_pylist() == [
        {"name": "m", "predictions": 1}]
    small = gm.inspect(EXAMPLES / "collections", EXAMPLES / "predictions", shapes=1, fields=0, threads=1)
    assert small.shapes.column("data_set").to_pylist() == ["collections", "predictions"] and small.fields.num_rows == 0
    strict = gm.inspect(EXAMPLES / "collections", strict=True)
    assert strict.repairs.num_rows == 0 and strict.rejections.num_rows > small.rejections.num_rows


def test_its_recipe_runs(tmp_path):
    (tmp_path / "found.yaml").write_text(gm.inspect(EXAMPLES).recipe)
    assert gm.run(recipe=tmp_path / "found.yaml", output=tmp_path / "out").published


@pytest.mark.parametrize("paths, words, kind, key", [
    ([], {}, gm.UsageError, None), (["/nowhere"], {}, gm.NoInputError, None), (["x"], {"collections": "y"}, gm.UsageError, None),
    ([["x"]], {}, gm.UsageError, None),
    (["x"], {"shapes": 10_001}, gm.UsageError, "shapes"), (["x"], {"fields": -1}, gm.UsageError, "fields"),
    (["x"], {"thraeds": 1}, gm.UsageError, "thraeds")])
def test_errors(paths, words, kind, key):
    with pytest.raises(kind) as caught:
        gm.inspect(*paths, **words)
    assert caught.value.key == key and caught.value.advice
