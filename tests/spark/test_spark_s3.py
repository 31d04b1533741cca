"""Spark with inputs and output on S3: executors read and write by gristmill's own storage, told of it by the driver."""

from __future__ import annotations

import inputs
import pytest
from cluster import kill
from command import OK
from comparison import must_be_same
from lines import collection, prediction, write_lines
from on_s3 import nothing_left_over
from proxy import Answer, Delay, Forward, ResetAnswer


@pytest.fixture
def aws(server, proxy, spark, tmp_path):
    """The variables that only the driver has."""
    spark.variables = {"AWS_ACCESS_KEY_ID": server.keys.access, "AWS_SECRET_ACCESS_KEY": server.keys.secret,
                       "AWS_ENDPOINT_URL": proxy.url, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    return spark.variables


def uploaded(buckets, folder):
    return buckets.client.upload(folder, f"{buckets.incoming}/{folder.name}/")


def must_be_published(twin, buckets, tmp_path) -> None:
    nothing_left_over(buckets.client, buckets.output)
    there = buckets.client.download(buckets.output, tmp_path / "there")
    for path in (there, *there.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    must_be_same(twin.native, there)


@pytest.mark.parametrize("scheme", [pytest.param("s3", marks=pytest.mark.long), "s3a"])
def test_both_ways(twin, spark, aws, proxy, buckets, tmp_path, scheme):
    inputs.write_many_files(tmp_path / "in", 8)
    folders = [tmp_path / "in" / name for name in ("collections", "predictions")]
    twin.expect(*folders, publish_anyway=True)
    places = [f"{scheme}{uploaded(buckets, folder).removeprefix('s3')}" for folder in folders]
    output = f"{scheme}{buckets.output.removeprefix('s3')}"
    outcome = spark.run(collections=places[0], predictions=places[1], output=output, split_size=1 << 20, partitions=3,
                        publish_anyway=True).must_publish()
    assert outcome.reply["rows"]["sessions"] > 50
    must_be_published(twin, buckets, tmp_path)
    twin.command("verify", buckets.output, variables=aws).must(OK)


def test_keys_that_are_handed_over(twin, spark, aws, server, buckets, tmp_path):
    """Not in any variable: executors must get them from the driver, and nobody may print them."""
    path = write_lines(tmp_path / "in/c.jsonl", [collection(collection=f"c{number}") for number in range(50)])
    place = buckets.client.upload(path, f"{buckets.incoming}/c.jsonl")
    twin.expect(path)
    keys = {"access_key": aws.pop("AWS_ACCESS_KEY_ID"), "secret_key": aws.pop("AWS_SECRET_ACCESS_KEY")}
    settings = {"s3": {"endpoint": aws.pop("AWS_ENDPOINT_URL"), "region": aws.pop("AWS_REGION")}}
    spark.run(collections=place, predictions=None, output=buckets.output, credentials=keys, **settings).must_publish()
    must_be_published(twin, buckets, tmp_path)
    assert server.keys.secret not in spark.logs()
    for process in spark.running.python():
        assert server.keys.secret not in process.command


@pytest.mark.long
def test_profile(twin, spark, aws, server, proxy, buckets, tmp_path):
    """Of a file that the driver and all executors have."""
    path = write_lines(tmp_path / "in/c.jsonl", [collection()])
    place = buckets.client.upload(path, f"{buckets.incoming}/c.jsonl")
    twin.expect(path)
    file = tmp_path / "credentials"
    file.write_text(f"[nightly]\naws_access_key_id={server.keys.access}\naws_secret_access_key={server.keys.secret}\n")
    spark.variables = {"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "nightly", "AWS_ENDPOINT_URL": proxy.url,
                       "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    spark.run(collections=place, predictions=None, output=buckets.output).must_publish()
    must_be_published(twin, buckets, tmp_path)


def test_wrong_keys(spark, aws, buckets):
    aws["AWS_SECRET_ACCESS_KEY"] = "hunter2"
    outcome = spark.run(collections=f"{buckets.incoming}/c.jsonl", predictions=None, output=buckets.output)
    assert outcome.error["kind"] in ("InputError", "OutputError"), outcome.error["trace"]
    assert "hunter2" not in outcome.error["trace"]


def test_missing_object(spark, aws, buckets):
    place = f"{buckets.incoming}/nowhere.jsonl"
    spark.run(collections=place, predictions=None, output=buckets.output).must_fail("NoInputError", place)
    assert not buckets.client.keys_below(buckets.output)


# ---- moved by tasks

MANY = 1200  # objects, of which more than a thousand are moved at once


@pytest.fixture
def many(twin, aws, buckets, tmp_path):
    """Arguments of a run that publishes many objects, and what the command makes of its inputs."""
    ids = [(f"p{number}", "s", f"c{number}") for number in range(MANY // 2)]
    paths = [write_lines(tmp_path / f"in/{name}.jsonl", [make(*each) for each in ids])
             for name, make in (("collections", collection), ("predictions", prediction))]
    twin.expect(*paths)
    collections, predictions = (buckets.client.upload(path, f"{buckets.incoming}/{path.name}") for path in paths)
    return {"collections": collections, "predictions": predictions, "output": buckets.output, "partitions": 4}


def published(buckets) -> list[str]:
    """What lies where readers look for it."""
    return [key for key in buckets.client.keys_below(buckets.output) if "/_staging/" not in key]


def test_tasks_publish_many_objects(twin, spark, many, proxy, buckets, tmp_path):
    pending = spark.start(**many)
    met = pending.freeze("publish")
    assert met["tasks"] == 4 and met["description"] == "gristmill: publish"
    assert len(published(buckets)) < MANY
    spark.thaw()
    pending.result().must_publish()
    copied = [request.key for request in proxy.of_kind("CopyObject") if "/profile-id=" in request.key]
    assert len(copied) == len(set(copied)) == MANY, "some were moved twice"
    must_be_published(twin, buckets, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("what", ["workers", "executors", "always"])
def test_tasks_that_publish_are_killed(twin, spark, many, buckets, tmp_path, what):
    """Others move what they left, or the driver does where nobody can."""
    pending = spark.start(**many)
    for _ in range(4 if what == "always" else 1):
        met = pending.freeze("publish")
        for executor in spark.running.executors() if what == "executors" else ():
            kill(executor)
        spark.kill_python_workers()
    pending.result().must_publish()
    assert spark.stage(met["id"])["failed"] >= (4 if what == "always" else 1)
    must_be_published(twin, buckets, tmp_path)


@pytest.mark.long
def test_an_update_of_many_partitions(twin, spark, many, gristmill, buckets, aws, tmp_path):
    """New parts of old partitions are moved by tasks; the job that does so fails, and the output is as any other."""
    words = {name: many[name] for name in ("collections", "output", "partitions")}
    spark.run(updates=True, publish_anyway=True, **words).must_publish()
    more = write_lines(tmp_path / "more.jsonl", [collection(f"p{number}", "s2", f"d{number}") for number in range(2 * MANY)])
    words["collections"] = buckets.client.upload(more, f"{buckets.incoming}/more.jsonl")
    pending = spark.start(updates=True, publish_anyway=True, **words)
    pending.freeze("publish")
    spark.kill_python_workers()
    pending.result().must_publish()
    gristmill("verify", buckets.output, "--state", variables=aws).must(OK)
    nothing_left_over(buckets.client, buckets.output)
    assert len([key for key in published(buckets) if key.endswith("-000002.jsonl")]) == 2 * MANY


@pytest.mark.parametrize("change", ["another", pytest.param("none", marks=pytest.mark.long)])
def test_object_that_changes_after_it_was_listed(spark, aws, proxy, buckets, tmp_path, change):
    paths = [write_lines(tmp_path / f"in/{name}.jsonl", [collection(collection=f"{name}{number}") for number in range(30)])
             for name in "ab"]
    for path in paths:
        buckets.client.upload(path, f"{buckets.incoming}/in/{path.name}")
    last = f"{buckets.incoming}/in/b.jsonl"

    def disturb():
        if change == "none":
            buckets.client.remove(last)
        else:
            buckets.client.put(last, paths[1].read_bytes().replace(b'"b1"', b'"b2"'))

    done = []

    def plan(request):
        if request.kind == "GetObject" and request.key.startswith("in/") and not done:
            done.append(request)
            return Forward(first=disturb)
        return None
    proxy.begin(plan)
    spark.run(collections=f"{buckets.incoming}/in/", predictions=None, output=buckets.output).must_fail("InputError", "b.jsonl")
    assert done
    assert not buckets.client.keys_below(buckets.output), "left over in the output"


@pytest.mark.long
def test_server_that_disturbs(twin, spark, aws, proxy, buckets, tmp_path):
    """Errors that pass are tried again by executors as by the command."""
    collections, predictions = inputs.write_plain(tmp_path / "in/all", megabytes=3, profiles=12)
    places = [buckets.client.upload(path, f"{buckets.incoming}/{path.name}") for path in (collections, predictions)]
    twin.expect(collections, predictions)
    actions = [Answer(503, "SlowDown"), Answer(500, "InternalError"), ResetAnswer(100), Delay(0.3)]
    seen = set()

    def plan(request):
        """The first time that something is asked for, every third time, it goes wrong."""
        place = (request.method, request.target)
        if place in seen or request.number % 3:
            return None
        seen.add(place)
        return actions[len(seen) % len(actions)]
    proxy.begin(plan)
    spark.run(collections=places[0], predictions=places[1], output=buckets.output, split_size=1 << 20, partitions=4).must_publish()
    assert len(seen) > 5
    proxy.begin()
    must_be_published(twin, buckets, tmp_path)


@pytest.mark.long
def test_failed_check_waits_for_publish(twin, spark, aws, buckets, tmp_path):
    paths = [write_lines(tmp_path / "in/c.jsonl", [collection()]), write_lines(tmp_path / "in/p.jsonl", [prediction(session="other")])]
    places = [buckets.client.upload(path, f"{buckets.incoming}/{path.name}") for path in paths]
    twin.expect(*paths, checks__unmatched_sessions__severity="fail", publish_anyway=True)
    spark.run(collections=places[0], predictions=places[1], output=buckets.output, checks__unmatched_sessions="fail").must_keep()
    assert f"{buckets.output}/_SUCCESS".split("/", 3)[3] not in buckets.client.keys_below(buckets.output)
    twin.command("publish", buckets.output, variables=aws).must(OK)
    must_be_published(twin, buckets, tmp_path)
