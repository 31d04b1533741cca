"""Outputs that grow on Spark: in any mix of updates there and by the command, the output is that of one run."""

from __future__ import annotations

import json
import random
from pathlib import Path

import inputs
import pytest
from command import NO_INPUT, OK
from growing import DATASETS, LEDGER, add, batches, cut, differences, ledger, rebuild
from lines import collection, prediction
from outputs import nothing_left_over


def deliver(folder: Path, day: int) -> None:
    add(folder, "collections", f"{day}.jsonl", [collection("p1", "s1", f"c{day}", entries=2), collection(f"p{day}", f"s{day}", "c"), f"bad {day}"])
    add(folder, "predictions", f"{day}.jsonl", [prediction("p1", "s1", "c", score=day / 8, confidence=1)])


def words(folder: Path, output: str = "out") -> dict:
    return {"collections": folder / "in/collections", "predictions": folder / "in/predictions", "output": folder / output}


def update(spark, folder: Path, **more):
    return spark.run(updates=True, publish_anyway=True, partitions=2, **{**words(folder), **more})


def natively(gristmill, *more):
    return gristmill("update", "--collections", "in/collections", "--predictions", "in/predictions", "--output", "out",
                     "--publish-anyway", "--quiet", *more).must(OK)


def is_one_run(gristmill, folder: Path) -> None:
    gristmill("verify", "out", "--state").must(OK)
    nothing_left_over(folder / "out", "in", "spill", "mended.jsonl", "plain")
    rebuild(gristmill)
    assert differences(folder / "out", folder / "rebuilt") == []


def test_updates_on_spark_and_by_the_command(spark, gristmill, tmp_path):
    for day in range(1, 6):
        deliver(tmp_path, day)
        if day == 3:
            natively(gristmill)
        else:
            update(spark, tmp_path).must_publish()
        assert len(batches(tmp_path / "out")) == day
    assert [entry["batch"] for entry in ledger(tmp_path / "out")] == [day for day in range(1, 6) for _ in DATASETS]
    assert (tmp_path / "out/labels/profile-id=p1/collections-000005.jsonl").exists()
    is_one_run(gristmill, tmp_path)


def test_nothing_new(spark, gristmill, tmp_path):
    deliver(tmp_path, 1)
    update(spark, tmp_path).must_publish()
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "out").rglob("*"))
    assert not update(spark, tmp_path).error
    update(spark, tmp_path, require_new=True).must_fail("NoInputError", "nothing is new")
    assert sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "out").rglob("*")) == before
    natively(gristmill)
    assert gristmill("update", "--collections", "in/collections", "--output", "out", "--require-new").code == NO_INPUT


def test_mended_lines_between(spark, gristmill, tmp_path):
    """A replay by the command, an update on Spark, and a run on Spark over the ledger of both."""
    deliver(tmp_path, 1)
    update(spark, tmp_path).must_publish()
    entry = json.loads((tmp_path / "out/quarantine/collections.jsonl").read_text())
    (tmp_path / "mended.jsonl").write_text(json.dumps(entry | {"raw": collection("p1", "s1", "mended")}) + "\n")
    gristmill("replay", "out", "--collections", "mended.jsonl").must(OK)
    deliver(tmp_path, 2)
    update(spark, tmp_path).must_publish()
    is_one_run(gristmill, tmp_path)
    spark.run(ledger=tmp_path / "out/_state/inputs.jsonl", output=tmp_path / "again", accumulate=True, publish_anyway=True).must_publish()
    assert differences(tmp_path / "again", tmp_path / "out") == []


def test_a_file_that_comes_back_finds_its_lines_resolved(spark, gristmill, tmp_path):
    for day in (1, 2):
        deliver(tmp_path, day)
    update(spark, tmp_path).must_publish()
    entries = [json.loads(line) for line in (tmp_path / "out/quarantine/collections.jsonl").read_text().splitlines()]
    (tmp_path / "mended.jsonl").write_text("".join(json.dumps(entry | {"raw": collection("p1", "s1", "m")}) + "\n" for entry in entries))
    gristmill("replay", "out", "--collections", "mended.jsonl").must(OK)
    away = (tmp_path / "in/collections/1.jsonl").rename(tmp_path / "away.jsonl")
    spark.run(accumulate=True, drop_gone=True, publish_anyway=True, **words(tmp_path)).must_publish()
    resolved = tmp_path / "out/quarantine/resolved/collections.jsonl"
    assert [json.loads(line)["file"] for line in resolved.read_text().splitlines()] == ["2.jsonl"]
    away.rename(tmp_path / "in/collections/1.jsonl")
    update(spark, tmp_path).must_publish()
    assert [json.loads(line)["file"] for line in resolved.read_text().splitlines()] == ["2.jsonl", "1.jsonl"]
    assert not (tmp_path / "out/quarantine/collections.jsonl").exists()
    is_one_run(gristmill, tmp_path)


def test_people_who_are_forgotten(spark, gristmill, tmp_path):
    """By the command; updates on Spark leave them out, and so does a run over the ledger, one that sets a file aside too."""
    deliver(tmp_path, 1)
    update(spark, tmp_path).must_publish()
    gristmill("init", "--key", "key").must(OK)
    gristmill("forget", "out", "--profile", "p1", "--forget-key-file", "key").must(OK)
    deliver(tmp_path, 2)
    update(spark, tmp_path).must_fail("UsageError", "--forget-key-file")
    key = {"forget": {"key_file": str(tmp_path / "key")}}
    update(spark, tmp_path, **key).must_publish()
    assert not (tmp_path / "out/labels/profile-id=p1").exists()
    assert [entry.get("forgotten", 0) for entry in ledger(tmp_path / "out")] == [2, 1, 1, 1]
    gristmill("verify", "out", "--state").must(OK)
    listed = {"forgotten": tmp_path / "out/_state/forgotten.jsonl", **key}
    for place, run in (("native", None), ("spark", spark)):
        if run:
            run.run(ledger=tmp_path / "out/_state/inputs.jsonl", output=tmp_path / place, accumulate=True, publish_anyway=True, **listed).must_publish()
        else:
            gristmill("run", "--accumulate", "--ledger", "out/_state/inputs.jsonl", "--output", place, "--publish-anyway", "--quiet",
                      "--forgotten", "out/_state/forgotten.jsonl", "--forget-key-file", "key").must(OK)
        assert differences(tmp_path / "out", tmp_path / place) == []


@pytest.mark.long
@pytest.mark.parametrize("stage", ["route", "grind", "settle"])
def test_python_workers_killed(spark, gristmill, tmp_path, stage):
    """Tasks of an update that are done again add nothing twice."""
    deliver(tmp_path, 1)
    update(spark, tmp_path).must_publish()
    (tmp_path / "in/collections/2.jsonl").write_bytes(inputs.write_plain(tmp_path / "plain", megabytes=12)[0].read_bytes())
    pending = spark.start(updates=True, publish_anyway=True, split_size=1 << 20, partitions=4, **words(tmp_path))
    met = pending.freeze(stage, 0 if stage == "settle" else 1)
    spark.kill_python_workers()
    pending.result().must_publish()
    assert spark.stage(met["id"])["failed"] >= met["active"], "the kill did not hit the stage"
    assert len(batches(tmp_path / "out")) == 2
    is_one_run(gristmill, tmp_path)


@pytest.mark.long
def test_many_batches(spark, gristmill, tmp_path):
    """Runs of the state are merged by tasks, parts by the driver."""
    for day in range(1, 19):
        deliver(tmp_path, day)
        if day in (7, 16):
            natively(gristmill)
        else:
            update(spark, tmp_path, compact_above=4).must_publish()
    assert sorted(file.name for file in (tmp_path / "out/_state").iterdir() if file.name.startswith("sessions-"))[0] == "sessions-000001-000016"
    gristmill("compact", "out").must(OK)
    is_one_run(gristmill, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_any_cut_gives_the_same_bytes(spark, gristmill, tmp_path, seed):
    rng = random.Random(seed)
    for number, batch in enumerate(cut(rng, rng.randrange(2, 5), 80, {})):
        for dataset in DATASETS:
            (tmp_path / "in" / dataset).mkdir(parents=True, exist_ok=True)
            for place, data in enumerate(batch.get(dataset, [])):
                (tmp_path / "in" / dataset / f"{number}-{place}.jsonl").write_bytes(data)
        given = {dataset: tmp_path / "in" / dataset for dataset in DATASETS if any((tmp_path / "in" / dataset).iterdir())}
        if not given:
            continue
        if rng.random() < 0.6:
            outcome = spark.run(updates=True, publish_anyway=True, partitions=rng.randrange(1, 5), output=tmp_path / "out",
                                layout=rng.choice(["auto", "parts", "whole"]), **given)
            assert not outcome.error, outcome.error["trace"]
        else:
            flags = [word for dataset, place in given.items() for word in (f"--{dataset}", place)]
            gristmill("update", *flags, "--output", "out", "--publish-anyway", "--quiet").must(OK)
    if (tmp_path / "out").exists():
        is_one_run(gristmill, tmp_path)


@pytest.mark.long
def test_on_s3(spark, gristmill, server, buckets, tmp_path):
    """Objects: batches by Spark, the command, Spark."""
    spark.variables = {"AWS_ACCESS_KEY_ID": server.keys.access, "AWS_SECRET_ACCESS_KEY": server.keys.secret,
                       "AWS_ENDPOINT_URL": server.url, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    for day in (1, 2, 3):
        for dataset, line in (("collections", collection("p1", "s1", f"c{day}")), ("predictions", prediction("p1", "s1", "c", score=0.5))):
            server.client.put(f"{buckets.incoming}/{dataset}/{day}.jsonl", (line + "\nbad\n").encode())
        where = {"collections": f"{buckets.incoming}/collections/", "predictions": f"{buckets.incoming}/predictions/", "output": buckets.output}
        if day == 2:
            gristmill("update", *(word for name, value in where.items() for word in (f"--{name}", value)), "--publish-anyway", "--quiet", variables=spark.variables).must(OK)
        else:
            spark.run(updates=True, publish_anyway=True, **where).must_publish()
    gristmill("verify", buckets.output, "--state", variables=spark.variables).must(OK)
    grown = server.client.download(buckets.output, tmp_path / "grown")
    gristmill("run", "--accumulate", "--ledger", f"{buckets.output}/{LEDGER}", "--output", "rebuilt", "--publish-anyway",
              "--quiet", variables=spark.variables).must(OK)
    assert differences(grown, tmp_path / "rebuilt") == []
