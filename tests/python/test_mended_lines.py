"""`gristmill.replay`: mended lines come back, from Python."""

from __future__ import annotations

import json
from pathlib import Path

import gristmill as gm
import pytest
from lines import collection


@pytest.fixture
def rejected(tmp_path) -> Path:
    (tmp_path / "in.jsonl").write_text(collection() + "\n" + collection(collection="broken")[:-1] + "\n")
    gm.update(collections=tmp_path / "in.jsonl", output=tmp_path / "out", publish_anyway=True)
    return tmp_path / "out"


def quarantine(output: Path) -> list[dict]:
    return [json.loads(line) for line in (output / "quarantine/collections.jsonl").read_text().splitlines()]


def test_records_from_memory_come_back(rejected):
    mended = [entry | {"raw": entry["raw"] + "}"} for entry in quarantine(rejected)]
    result = gm.replay(rejected, collections=mended, threads=1)
    assert result.published and result.passed
    assert result.report["accounting"]["totals"]["collections"]["resolved"] == 1
    assert result.batches["collections_accepted"].to_pylist() == [1, 1]
    assert result.quarantine.num_rows == 0
    with pytest.raises(gm.InputError, match="was resolved before"):
        gm.replay(rejected, collections=mended)


def test_rejected_again(rejected, caplog):
    result = gm.replay(str(rejected), collections=quarantine(rejected))
    assert result.output == str(rejected) and "is rejected again: invalid_json" in caplog.text
    with pytest.raises(gm.NoInputError, match="no mended line is accepted"):
        gm.replay(rejected, collections=quarantine(rejected), require_new=True)


def test_settings_of_the_data_are_refused(rejected):
    with pytest.raises(gm.UsageError, match="strict") as raised:
        gm.replay(rejected, collections=[], strict=True)
    assert raised.value.key == "strict"


def test_an_output_without_a_state(tmp_path):
    gm.run(collections=[json.loads(collection())], output=tmp_path / "plain")
    with pytest.raises(gm.UsageError, match="keeps no state"):
        gm.replay(tmp_path / "plain", collections=[{"file": "a", "offset": 0, "raw": "{}"}])
