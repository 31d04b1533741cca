"""Outputs that grow, held against one run over the same inputs."""

from __future__ import annotations

import json
import random
from pathlib import Path

import hostile
from command import OK
from lines import write_lines
from outputs import report_without_run

DATASETS = ("collections", "predictions")
LEDGER = "_state/inputs.jsonl"
MADE_ANEW = ("aggregated-json", "aggregated-models", "aggregated-parquet", "aggregated-result", "quarantine")
OF_THE_MANIFEST = ("inputs_id", "recipe", "accounting")


def partitions(root: Path) -> dict[str, bytes]:
    """The rows of each partition: its parts one after the other, in the order of their names."""
    return {
        folder.relative_to(root).as_posix(): b"".join(part.read_bytes() for part in sorted(folder.iterdir()))
        for base in ("labels", "predictions") if (root / base).is_dir()
        for folder in sorted((root / base).iterdir())}


def contents(root: Path) -> dict[str, bytes]:
    """Everything that the cut into updates may not change."""
    found = partitions(root)
    for base in MADE_ANEW:
        for file in sorted((root / base).rglob("*")):
            if file.is_file():
                found[file.relative_to(root).as_posix()] = file.read_bytes()
    found["report"] = report_without_run((root / "validation/report.json").read_bytes())
    manifest = json.loads((root / "_manifest.json").read_bytes())
    for member in OF_THE_MANIFEST:
        found[f"manifest: {member}"] = json.dumps(manifest[member]).encode()
    return found


def differences(one: Path, other: Path) -> list[str]:
    """The names of what two outputs have otherwise."""
    ones, others = contents(one), contents(other)
    return [name for name in sorted(ones.keys() | others.keys()) if ones.get(name) != others.get(name)]


def ledger(root: Path) -> list[dict]:
    return [json.loads(line) for line in (root / LEDGER).read_text().splitlines()]


def batches(root: Path) -> list[dict]:
    return [json.loads(line) for line in (root / "validation/batches.jsonl").read_text().splitlines()]


def update(gristmill, *words, output="out", **options):
    return gristmill("update", "--collections", "in/collections", "--predictions", "in/predictions", "--output", output, *words,
                     **options)


def rebuild(gristmill, *words, output="rebuilt"):
    """One run over the ledger's files."""
    return gristmill("run", "--accumulate", "--ledger", f"out/{LEDGER}", "--output", output, "--publish-anyway", "--quiet",
                     *words).must(OK)


def add(folder: Path, dataset: str, name: str, lines) -> Path:
    path = folder / "in" / dataset / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_lines(path, lines)


def cut(rng: random.Random, batch_count: int, lines: int, recipe: dict) -> list[dict]:
    """Hostile files by batch and data set."""
    made = []
    for _ in range(batch_count):
        batch = {}
        for dataset in DATASETS:
            if rng.random() < 0.25:
                continue
            maker = hostile.LineMaker(rng, dataset, recipe)
            batch[dataset] = [hostile.make_file(rng, maker, rng.randrange(1, lines)) for _ in range(rng.randrange(1, 3))]
        made.append(batch)
    return made
