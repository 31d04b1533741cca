"""Reads and compares output roots."""

from __future__ import annotations

import json
from pathlib import Path

DATA = ("labels", "predictions", "aggregated-result", "aggregated-parquet", "aggregated-json", "aggregated-models")


def contents(root: Path, *folders: str) -> dict[str, bytes]:
    """What an output says, by file: everything but the manifest, the history and the report's `run` block.

    With `folders`, only what lies in these.
    """
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_dir() or name in ("_manifest.json", "validation/history.jsonl") or (folders and name.split("/")[0] not in folders):
            continue
        found[name] = path.read_bytes()
        if name == "validation/report.json":
            found[name] = report_without_run(found[name])
    return found


def report_without_run(data: bytes) -> bytes:
    report = json.loads(data)
    assert list(report)[-1] == "run", "the run block stands last"
    return data[:data.rindex(b'"run":')]


def report(root: Path) -> dict:
    return json.loads((root / "validation/report.json").read_bytes())


def check(root: Path, name: str) -> dict:
    """One check of the report."""
    return next(check for check in report(root)["checks"] if check["name"] == name)


def manifest(root: Path) -> dict:
    return json.loads((root / "_manifest.json").read_bytes())


def aggregates(root: Path) -> list[dict]:
    """The session rows, from the JSON Lines."""
    parts = sorted((root / "aggregated-json").glob("part-*.json"))
    return [json.loads(line) for part in parts for line in part.read_bytes().splitlines()]


def quarantine(root: Path, dataset: str) -> list[dict]:
    path = root / "quarantine" / f"{dataset}.jsonl"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def differences(expected: dict[str, bytes], actual: dict[str, bytes]) -> list[str]:
    """Where two contents differ, in a few readable lines; empty where they do not."""
    found = []
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual or name not in expected:
            found.append(f"{name}: only {'expected' if name in expected else 'found'}")
        elif expected[name] != actual[name]:
            found.append(f"{name}: {first_difference(expected[name], actual[name])}")
    return found[:10]


def first_difference(expected: bytes, actual: bytes) -> str:
    wanted, got = expected.split(b"\n"), actual.split(b"\n")
    for number, (one, other) in enumerate(zip(wanted, got), start=1):
        if one != other:
            return f"line {number}: expected {one[:500]!r}, found {other[:500]!r}"
    return f"{len(wanted)} lines expected, {len(got)} found"


def nothing_left_over(root: Path, *others: str) -> None:
    """Fails if anything but the output (and `others`) lies beside it, or anything staged in it."""
    beside = {path.name for path in root.parent.iterdir()} - {root.name, *others}
    assert not beside, f"left over beside the output: {beside}"
    if root.exists():
        assert not (root / "_staging").exists(), "left over in the output"
