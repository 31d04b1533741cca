"""On Spark the output is that of the command, byte for byte, however the work is cut."""

from __future__ import annotations

import json
import random

import hostile
import inputs
import pytest
from command import REPOSITORY
from lines import write_lines
from outputs import quarantine, report

LONG = pytest.mark.long  # also what takes a few seconds only: each starts three jobs, and there are many
CASES = [pytest.param(path, id=path.name, marks=LONG if number else ())
         for number, path in enumerate(sorted((REPOSITORY / "tests/cases").glob("ids-like-*")))]
SMALLEST = {"split_size": inputs.MEBIBYTE}
CUTS = [pytest.param({**SMALLEST, "partitions": 7}, id="seven partitions"), pytest.param({}, id="as it comes", marks=LONG),
        pytest.param({**SMALLEST, "partitions": 1}, id="one partition", marks=LONG)]


def hostile_inputs(folder, seed: int, lines: int):
    """Two files of hostile lines and a recipe that leans on them; of every third seed the default recipe."""
    rng = random.Random(seed)
    recipe = hostile.make_recipe(rng) if seed % 3 else {}
    paths = [folder / "collections.jsonl", folder / "predictions.jsonl", folder / "recipe.json"]
    for path in paths[:2]:
        path.write_bytes(hostile.make_file(rng, hostile.LineMaker(rng, path.stem, recipe), lines))
    paths[2].write_text(json.dumps(recipe, ensure_ascii=False), encoding="utf-8")
    return paths


@pytest.mark.parametrize("case", CASES)
def test_hostile_ids(twin, case):
    outcome = twin.both(case / "in/collections.jsonl", case / "in/predictions.jsonl", {"partitions": 3}, publish_anyway=True)
    expected = json.loads((case / "expected/verdict.json").read_bytes())
    accounting = outcome.report["accounting"]
    for dataset in ("collections", "predictions"):
        assert {name: accounting["totals"][dataset][name] for name in expected["totals"][dataset]} == expected["totals"][dataset]


def test_hostile_lines(twin, tmp_path):
    """One run whose recipe changes most of what can be changed."""
    collections, predictions, recipe = hostile_inputs(tmp_path, 3, 1200)
    recipe.write_text(json.dumps({"carry": ["app", "trace", "sdk.v"], "sessions": "all", "limits": {"line": 4096, "depth": 20},
                                  "aliases": {"profile_id": ["user"]}, "models": {"swipe": ["swipe_model", "other_model"]}}))
    twin.both(collections, predictions, {"partitions": 7}, recipe=recipe, publish_anyway=True, sha256=True)


@pytest.mark.parametrize("cut", CUTS)
def test_lines_around_splits(twin, tmp_path, cut):
    collections, predictions = inputs.write_edges(tmp_path / "in")
    outcome = twin.both(collections, predictions, cut, publish_anyway=True)
    assert outcome.report["accounting"]["totals"]["collections"]["rejected"] == 38
    repairs = next(check for check in outcome.report["checks"] if check["name"] == "repairs")["counts"]
    assert repairs["collections"]["repairs"] == {"byte_order_mark": 1}


def test_lines_around_their_limit(twin, tmp_path):
    """Longer than a split, and longer than they may be."""
    limit = inputs.MEBIBYTE + 300_000
    for name in ("collections", "predictions"):
        (tmp_path / name).with_suffix(".jsonl").write_bytes(inputs.too_long(name, limit))
    twin.both(tmp_path / "collections.jsonl", tmp_path / "predictions.jsonl", {**SMALLEST, "partitions": 2},
              limits__line=limit, publish_anyway=True)
    reasons = {entry["reason"] for entry in quarantine(twin.root, "collections")}
    assert reasons == {"invalid_json", "line_too_long"}


def test_profile_larger_than_the_memory(twin, tmp_path):
    """Its lines are streamed, so they must arrive in order; those of 1.5 MB come in pieces."""
    collections, predictions = inputs.write_skewed(tmp_path / "in", 3000, 30, long_lines=4)
    outcome = twin.both(collections, predictions, {**SMALLEST, "partitions": 2, "memory": "1MiB"})
    assert outcome.report["run"]["spilled_bytes"] > inputs.MEBIBYTE


def test_many_files_of_all_kinds(twin, tmp_path):
    collections, predictions = inputs.write_many_files(tmp_path / "in")
    outcome = twin.both(collections, predictions, SMALLEST, publish_anyway=True)
    assert len(outcome.report["accounting"]["files"]) > 100


def test_missing_ids_and_all_sessions(twin, tmp_path):
    paths = [write_lines(tmp_path / f"{name}.jsonl", lines)
             for name, lines in zip(("collections", "predictions"), inputs.missing_ids())]
    twin.both(*paths, {"partitions": 4}, sessions="all", publish_anyway=True)


@pytest.mark.parametrize("dataset", [pytest.param("collections", marks=LONG), "predictions"])
def test_one_data_set_only(twin, tmp_path, dataset):
    lines = [inputs.record(dataset, number) for number in range(50)]
    path = write_lines(tmp_path / "some.jsonl", lines)
    twin.both(**{dataset: path}, sessions="all")


@pytest.mark.parametrize("data", [pytest.param(b"", id="empty"), pytest.param(b"\n\n", id="blank", marks=LONG),
                                  pytest.param(inputs.BYTE_ORDER_MARK, id="mark", marks=LONG)])
def test_nothing_in_it(twin, tmp_path, data):
    (tmp_path / "c.jsonl").write_bytes(data)
    (tmp_path / "p.jsonl").write_bytes(data)
    outcome = twin.both(tmp_path / "c.jsonl", tmp_path / "p.jsonl")
    assert outcome.reply["rows"]["sessions"] == 0


@LONG
def test_only_rejected_lines(twin, tmp_path):
    for name in "cp":
        write_lines(tmp_path / f"{name}.jsonl", [f"no line {number}" for number in range(100)])
    outcome = twin.both(tmp_path / "c.jsonl", tmp_path / "p.jsonl", {"partitions": 3}, publish_anyway=True)
    assert outcome.reply["rows"] | {"culprits": 0} == {"sessions": 0, "accounting": 2, "validation": 9, "culprits": 0,
                                                       "quarantine": 200}


@LONG
def test_strict_and_carry(twin, tmp_path):
    collections, predictions, _ = hostile_inputs(tmp_path, 0, 400)
    twin.both(collections, predictions, {"partitions": 2}, strict=True, carry=["app", "version"], publish_anyway=True)


def test_relative_paths_globs_and_several_arguments(twin, tmp_path):
    """Names in the report are relative ones, in the order in which they were given."""
    inputs.write_many_files(tmp_path / "in", 8)
    write_lines(tmp_path / "z.jsonl", [inputs.record("collections", 5000)])
    arguments = [["z.jsonl", "in/collections/[0-2]/**/*.jsonl*", "in/collections/3"], "in/predictions/mark.jsonl"]
    twin.both(*arguments, {"folder": tmp_path, **SMALLEST}, publish_anyway=True)
    assert report(twin.root)["accounting"]["files"][0]["file"] == "z.jsonl"


@LONG
@pytest.mark.parametrize("seed", range(12))
def test_hostile_lines_and_recipes(twin, tmp_path, seed):
    collections, predictions, recipe = hostile_inputs(tmp_path, seed, 1500)
    cut = {"partitions": 1 + seed * 5 % 13, **(SMALLEST if seed % 2 else {})}
    twin.both(collections, predictions, cut, recipe=recipe, publish_anyway=True)


@LONG
def test_many_profiles_in_many_partitions(twin, tmp_path):
    """Some thousand folders, more partitions than tasks can be made at once, and a small memory."""
    collections = [inputs.collection(f"p{number % 3000}", f"s{number % 5000}", f"c{number}") for number in range(20_000)]
    predictions = [inputs.prediction(f"p{number % 3100}", f"s{number % 5100}", f"c{number}") for number in range(20_000)]
    paths = [write_lines(tmp_path / "c.jsonl", collections), write_lines(tmp_path / "p.jsonl", predictions)]
    twin.both(*paths, {**SMALLEST, "partitions": 64, "memory": "1MiB"})
