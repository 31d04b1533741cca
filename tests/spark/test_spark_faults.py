"""Tasks that die, executors that are lost, tasks that are made twice: the same bytes, and nothing left over.

Every kill is made while the Python workers stand still in the midst of the stage that it is meant for, and afterwards
Spark itself must tell that tasks of that stage failed, or that the stage was made again.
"""

from __future__ import annotations

import contextlib
import signal
import time

import inputs
import pytest
from cluster import kill, wait_for
from command import OK
from driver import connected, missing
from native import Twin
from on_s3 import nothing_left_over as nothing_left_over_on_s3
from outputs import nothing_left_over
from proxy import Hold

CUT = {"split_size": 1 << 20, "partitions": 6}
STAGES = ["route", "grind", "settle"]
ZOMBIES_LIVE = 5.0  # seconds in which an attempt that lost may still write


@pytest.fixture
def plain(twin, tmp_path):
    """Twelve splits of canonical lines, and what the command makes of them."""
    paths = inputs.write_plain(tmp_path / "in", megabytes=12)
    twin.expect(*paths)
    return paths


def completed(stage: str) -> int:
    """How many tasks of a stage shall have ended before a kill: some, where there is more than one."""
    return 0 if stage == "settle" else 2


@pytest.mark.parametrize("stage", [pytest.param("route", marks=pytest.mark.long), "grind",
                                   pytest.param("settle", marks=pytest.mark.long)])
def test_python_workers_killed(twin, spark, plain, stage):
    pending = spark.start(**twin.words(*plain, **CUT))
    met = pending.freeze(stage, completed(stage))
    assert met["active"] > 0
    spark.kill_python_workers()
    twin.compare(pending.result())
    assert spark.stage(met["id"])["failed"] >= met["active"], "the kill did not hit the stage"


@pytest.mark.long
@pytest.mark.parametrize("stage", STAGES)
def test_executor_killed(twin, spark, plain, stage):
    pending = spark.start(**twin.words(*plain, **CUT))
    met = pending.freeze(stage, completed(stage))
    for executor in spark.running.executors():
        if stage != "settle" and executor != spark.running.executors()[0]:
            continue
        kill(executor)
    spark.thaw()
    twin.compare(pending.result())
    after = spark.stage(met["id"])
    assert after["failed"] >= 1 or after["attempt"] > met["attempt"], "the kill did not hit the stage"


@pytest.mark.long
def test_stage_made_again_since_its_executors_are_gone(twin, spark, plain):
    """Whoever had the lines dies while they are fetched: they are routed again, without being counted twice."""
    pending = spark.start(**twin.words(*plain, **CUT))
    route = pending.freeze("route")
    spark.thaw()
    grind = pending.freeze("grind", 1)
    for executor in spark.running.executors():
        kill(executor)
    outcome = twin.compare(pending.result())
    assert spark.stage(route["id"])["attempt"] > route["attempt"], "the stage was not made again"
    assert spark.stage(grind["id"])["attempt"] > 0 or spark.stage(grind["id"])["failed"] > 0
    totals = outcome.report["accounting"]["totals"]
    for dataset in ("collections", "predictions"):
        counts = totals[dataset]
        assert counts["lines"] == counts["accepted"] + counts["rejected"] + counts["blank"]


@pytest.mark.long
def test_one_kill_after_the_other(twin, spark, plain):
    """A worker in each stage, and an executor between."""
    pending = spark.start(**twin.words(*plain, **CUT))
    for stage in STAGES:
        pending.freeze(stage, completed(stage))
        spark.kill_python_workers()
        if stage == "route":
            kill(spark.running.executors()[0])
    twin.compare(pending.result())


@pytest.mark.long
@pytest.mark.parametrize("stage", STAGES)
def test_task_that_dies_always(twin, spark, plain, stage):
    """Spark gives up after four attempts: one clear error, and nothing is left."""
    pending = spark.start(**twin.words(*plain, **CUT))
    met = pending.freeze(stage)
    while not pending.ended:
        for worker in spark.running.python_workers():
            with contextlib.suppress(ProcessLookupError):
                worker.send(signal.SIGKILL)
    outcome = pending.result()
    assert outcome.error and spark.stage(met["id"])["failed"] >= 4
    outcome.must_fail("InternalError", "Spark job", "Python worker exited")
    assert not twin.root.exists()
    time.sleep(ZOMBIES_LIVE)
    nothing_left_over(twin.root)
    twin.again(*plain, on_spark=CUT)


# ---- attempts beside each other

@pytest.fixture(scope="module")
def _second_session(tmp_path_factory):
    assert not missing(), missing()
    # Spark ends the worker of a task that lost only after a while: until then it goes on.
    confs = {"spark.python.task.killTimeout": "8s", "spark.speculation": "true", "spark.speculation.interval": "100ms", "spark.speculation.multiplier": "1.1",
             "spark.speculation.quantile": "0.2", "spark.speculation.minTaskRuntime": "100ms"}
    spark = connected(tmp_path_factory.mktemp("speculating"), confs=confs)
    yield spark
    spark.close()


@pytest.fixture
def speculating(_second_session):
    yield _second_session
    _second_session.thaw()


@pytest.mark.long
@pytest.mark.parametrize("stage", ["route", "grind"])
@pytest.mark.parametrize("until", ["copied", "published"])
def test_slow_task_is_made_twice(speculating, gristmill, tmp_path, stage, until):
    """The slow attempt goes on when its copy has begun, or when everything is published: it must not disturb."""
    spark, twin = speculating, Twin(gristmill, speculating)
    plain = inputs.write_plain(tmp_path / "in", megabytes=12)
    twin.expect(*plain)
    pending = spark.start(**twin.words(*plain, **CUT))
    met = pending.freeze(stage, 3)
    slow, *others = spark.running.python_workers()
    for each in others:
        each.send(signal.SIGCONT)
    wait_for(lambda: spark.attempts(met["id"])["speculative"] or pending.ended, "a copy of the slow task")
    assert spark.attempts(met["id"])["speculative"], "there was no copy"
    if until == "published":
        wait_for(lambda: pending.ended, "the end of the run", every=0.005)
    if slow.lives:
        slow.send(signal.SIGCONT)
    twin.compare(pending.result())
    time.sleep(ZOMBIES_LIVE)
    twin.compare(pending.result())


# ---- settings of Spark's

UNUSUAL = {"spark.python.worker.reuse": "false", "spark.python.use.daemon": "false", "spark.sql.execution.arrow.useLargeVarTypes": "true",
           "spark.io.encryption.enabled": "true", "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
           "spark.sql.ansi.enabled": "true", "spark.sql.caseSensitive": "true", "spark.sql.shuffle.partitions": "1",
           "spark.default.parallelism": "1", "spark.sql.execution.arrow.maxRecordsPerBatch": "1000000",
           "spark.sql.adaptive.coalescePartitions.minPartitionNum": "1", "spark.task.maxFailures": "1", "spark.shuffle.compress": "false",
           "spark.sql.execution.sortBeforeRepartition": "false", "spark.sql.execution.pythonUDF.arrow.enabled": "true"}
# Address space of a worker, not memory: libraries take most of it.
LIMITED = {"spark.executor.pyspark.memory": "1g"}


@pytest.mark.long
@pytest.mark.parametrize("confs, settings", [(UNUSUAL, {}), (LIMITED, {"memory": "64MiB"})], ids=["unusual", "limited memory"])
def test_sessions_of_other_people(gristmill, tmp_path, tmp_path_factory, confs, settings):
    assert not missing(), missing()
    paths = inputs.write_plain(tmp_path / "in", megabytes=6)
    spark = connected(tmp_path_factory.mktemp("other"), confs=confs)
    try:
        Twin(gristmill, spark).both(*paths, {"split_size": 1 << 20, "partitions": 3, **settings})
    finally:
        spark.close()


# ---- on S3, where a request can be held

@pytest.fixture
def aws(server, proxy, spark):
    spark.variables = {"AWS_ACCESS_KEY_ID": server.keys.access, "AWS_SECRET_ACCESS_KEY": server.keys.secret,
                       "AWS_ENDPOINT_URL": proxy.url, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    return spark.variables


# The driver looks into the beginning of a file.
HELD = {"route": lambda request: (request.kind == "GetObject" and request.key == "collections.jsonl"
                                  and not request.headers.get("range", "").startswith("bytes=0-")),
        "grind": lambda request: request.changes and "/labels/profile-id=p7/" in request.key,
        "settle": lambda request: request.changes and "aggregated-" in request.key}


@pytest.mark.long
@pytest.mark.parametrize("stage", STAGES)
def test_worker_killed_during_a_request(twin, spark, aws, proxy, buckets, plain, tmp_path, stage):
    """The request of the dead reaches the server late: after the attempt that came next, or after all is published."""
    places = [buckets.client.upload(path, f"{buckets.incoming}/{path.name}") for path in plain]
    hold, met = Hold(), []

    def plan(request):
        if not met and HELD[stage](request):
            met.append(request)
            return hold
        return None
    proxy.begin(plan)
    pending = spark.start(collections=places[0], predictions=places[1], output=buckets.output, **CUT)
    assert hold.reached.wait(90), "no such request"
    under_way = [each for each in spark.ask("stages")["stages"] if each["active"]]
    assert len(under_way) == 1
    spark.kill_python_workers()
    if stage == "route":
        hold.until.set()
    pending.result().must_publish()
    assert spark.stage(under_way[0]["id"])["failed"] >= 1
    hold.until.set()
    proxy.begin()
    twin.command("verify", buckets.output, variables=aws).must(OK)
    if stage == "route":
        nothing_left_over_on_s3(buckets.client, buckets.output)
    # What came late lies in the staging folder at most: the next run removes it.
    spark.run(collections=places[0], predictions=places[1], output=buckets.output).must_publish()
    nothing_left_over_on_s3(buckets.client, buckets.output)
    twin.command("verify", buckets.output, variables=aws).must(OK)


@pytest.mark.long
def test_upload_in_parts_of_a_killed_worker(twin, spark, aws, proxy, buckets, tmp_path):
    """Parts that nobody completes would be paid for until somebody looks."""
    paths = inputs.write_skewed(tmp_path / "in", 2500, 300)
    places = [buckets.client.upload(path, f"{buckets.incoming}/{path.name}") for path in paths]
    hold, met = Hold(), []

    def plan(request):
        if not met and request.kind == "UploadPart":
            met.append(request)
            return hold
        return None
    proxy.begin(plan)
    pending = spark.start(collections=places[0], predictions=places[1], output=buckets.output, partitions=3)
    assert hold.reached.wait(90), "no upload in parts: the test needs larger files"
    spark.kill_python_workers()
    hold.until.set()
    pending.result().must_publish()
    proxy.begin()
    nothing_left_over_on_s3(buckets.client, buckets.output)
    twin.command("verify", buckets.output, variables=aws).must(OK)
