"""`gristmill update` from bucket to bucket: the same bytes as one run over all inputs."""

from __future__ import annotations

import json
import signal
import time

import pytest
from command import INPUT, OK, OUTPUT, USAGE
from growing import LEDGER, batches, differences, ledger
from lines import collection, prediction
from on_s3 import LEASE, nothing_left_over
from proxy import KillAfter, KillBefore, Stop


def deliver(client, buckets, day: int) -> None:
    """The files of one day."""
    ids = [(f"p{number % (day + 2)}", f"s{number % 3}", f"c{day}-{number}") for number in range(10)]
    for dataset, lines in (("collections", [collection(*each, entries=2) for each in ids] + ["bad"]),
                           ("predictions", [prediction(*each) for each in ids])):
        client.put(f"{buckets.incoming}/{dataset}/day={day}.jsonl", "\n".join(lines).encode())


def update_words(buckets, *words) -> list:
    return ["update", "--collections", f"{buckets.incoming}/collections/", "--predictions", f"{buckets.incoming}/predictions/",
            "--output", buckets.output, "--publish-anyway", "--quiet", *words]


def update(gristmill, buckets, *words, **options):
    return gristmill(*update_words(buckets, *words), **options)


def rebuilt(gristmill, buckets, folder):
    """One run over the ledger's objects, to a local folder."""
    gristmill("run", "--accumulate", "--ledger", f"{buckets.output}/{LEDGER}", "--output", folder, "--publish-anyway", "--quiet").must(OK)
    return folder


def test_updates_add_up(gristmill, client, buckets, tmp_path):
    for day in (1, 2, 3):
        deliver(client, buckets, day)
        update(gristmill, buckets).must(OK)
        nothing_left_over(client, buckets.output)
        gristmill("verify", buckets.output).must(OK)
    update(gristmill, buckets, "--require-new").must(6)
    grown = client.download(buckets.output, tmp_path / "grown")
    assert differences(grown, rebuilt(gristmill, buckets, tmp_path / "rebuilt")) == []
    assert [batch["files"] for batch in batches(grown)] == [2, 2, 2]
    assert ledger(grown)[0]["path"] == f"{buckets.incoming}/collections/day=1.jsonl" and ledger(grown)[0]["etag"]
    rows = gristmill("show", buckets.output, "labels", "--profile", "p1", "--format", "json").must(OK).stdout
    assert len(rows.splitlines()) == rows.count('"profile_id":"p1"') > 6


def test_an_object_with_other_bytes_ends_the_update(gristmill, client, buckets):
    deliver(client, buckets, 1)
    update(gristmill, buckets).must(OK)
    client.put(f"{buckets.incoming}/collections/day=1.jsonl", collection("p9", "s9", "c").encode())
    update(gristmill, buckets).must_fail(INPUT, "1 input changed", "day=1.jsonl", "--changed ignore")
    update(gristmill, buckets, "--changed", "ignore").must(OK)


def test_objects_of_earlier_batches_are_not_written_again(gristmill, client, buckets):
    deliver(client, buckets, 1)
    update(gristmill, buckets).must(OK)
    parts = [f"{buckets.output}/{key.partition('/')[2]}" for key in client.keys_below(buckets.output + "/labels/")]
    before = [client.head(part)["last-modified"] for part in parts]
    time.sleep(1.1)
    deliver(client, buckets, 2)
    update(gristmill, buckets).must(OK)
    assert parts and [client.head(part)["last-modified"] for part in parts] == before


def test_mended_lines_come_back(gristmill, client, buckets, tmp_path):
    """The quarantine, the mended lines and the replay are objects."""
    deliver(client, buckets, 1)
    client.put(f"{buckets.incoming}/collections/bad.jsonl", (collection("p1", "s1", "bad")[:-1] + "\nbad\n").encode())
    update(gristmill, buckets).must(OK)
    lines = (client.download(buckets.output, tmp_path / "first") / "quarantine/collections.jsonl").read_text().splitlines()
    first, second = map(json.loads, lines[:2])
    mended = [first | {"raw": first["raw"] + "}"}, second]
    client.put(f"{buckets.incoming}/mended.jsonl", "\n".join(map(json.dumps, mended)).encode())
    words = ["replay", buckets.output, "--collections", f"{buckets.incoming}/mended.jsonl"]
    assert "is rejected again" in gristmill(*words).must(OK).stderr
    gristmill(*words).must_fail(INPUT, "was resolved before")
    nothing_left_over(client, buckets.output)
    gristmill("verify", buckets.output, "--state").must(OK)
    deliver(client, buckets, 2)
    update(gristmill, buckets).must(OK)
    grown = client.download(buckets.output, tmp_path / "grown")
    assert json.loads((grown / "quarantine/resolved/collections.jsonl").read_text()) == {"batch": 2} | first
    assert [entry["name"] for entry in ledger(grown) if "replay" in entry] == ["replay-000002"]
    assert differences(grown, rebuilt(gristmill, buckets, tmp_path / "rebuilt")) == []


def test_people_are_forgotten(gristmill, client, buckets, tmp_path):
    for day in (1, 2):
        deliver(client, buckets, day)
        update(gristmill, buckets).must(OK)
    gristmill("init", "--key", "key").must(OK)
    key = ["--forget-key-file", "key"]
    told = gristmill("forget", buckets.output, "--profile", "p1", "--receipt", "receipt.json", *key).must(OK).stdout
    assert "accepted lines" in told and json.loads((tmp_path / "receipt.json").read_text())["people"][0]["found"]
    nothing_left_over(client, buckets.output)
    gristmill("verify", buckets.output, "--state").must(OK)
    deliver(client, buckets, 3)
    update(gristmill, buckets).must_fail(USAGE, "--forget-key-file")
    update(gristmill, buckets, *key).must(OK)
    grown = client.download(buckets.output, tmp_path / "grown")
    assert not list(grown.rglob("profile-id=p1")) and ledger(grown)[-1]["forgotten"] > 0
    gristmill("run", "--accumulate", "--ledger", f"{buckets.output}/{LEDGER}", "--output", "rebuilt", "--publish-anyway", "--quiet",
              "--forgotten", f"{buckets.output}/_state/forgotten.jsonl", *key).must(OK)
    assert differences(grown, tmp_path / "rebuilt") == []


def kill_updates(gristmill, client, buckets, proxy, folder, step):
    """Kills an update at every `step`-th request: the next one makes the same output, and leaves nothing over."""
    gristmill.endpoint = proxy.url
    for day in (1, 2):
        deliver(client, buckets, day)
        update(gristmill, buckets).must(OK)
    day, number, killed = 2, 0, True
    while killed:
        number += step
        day += 1
        deliver(client, buckets, day)
        action = KillAfter() if number % 2 else KillBefore()
        proxy.begin(lambda request, at=number, then=action: then if request.number == at else None)
        words = update_words(buckets, "--threads", 1, "--s3-connections", 1)
        with gristmill.start(*words) as process:
            proxy.victim.set_result(process)
            outcome = gristmill.finish(process)
        proxy.begin()
        assert outcome.code in (OK, -signal.SIGKILL), outcome.stderr
        killed = outcome.code != OK
        update(gristmill, buckets).must(OK)
        gristmill("verify", buckets.output).must(OK)
        nothing_left_over(client, buckets.output)
    assert number > 3 * step
    grown = client.download(buckets.output, folder / "grown")
    assert len(batches(grown)) == day
    assert differences(grown, rebuilt(gristmill, buckets, folder / "rebuilt")) == []


def test_killed_at_some_requests(gristmill, client, buckets, proxy, tmp_path):
    kill_updates(gristmill, client, buckets, proxy, tmp_path, 41)


@pytest.mark.long
def test_killed_at_every_other_request(gristmill, client, buckets, proxy, tmp_path):
    kill_updates(gristmill, client, buckets, proxy, tmp_path, 2)


PAUSES = {
    "commit": lambda request: request.method == "PUT" and request.key.endswith("/COMMIT"),
    "copying": lambda request: request.kind == "CopyObject" and "/labels/" in request.key,
    "manifest": lambda request: request.kind == "CopyObject" and request.key.endswith("/_manifest.json"),
}


def test_a_paused_update_takes_nothing_back(gristmill, client, buckets, server, proxy, tmp_path):
    """Paused in the middle of its publication for longer than its lease, while another update publishes a day more."""
    around = {"AWS_ENDPOINT_URL": server.url}
    deliver(client, buckets, 1)
    update(gristmill, buckets, variables=around).must(OK)
    for day, moment in enumerate(PAUSES, 2):
        deliver(client, buckets, day)
        action = Stop()
        gristmill.endpoint = proxy.url
        proxy.begin(lambda request, pauses=PAUSES[moment], then=action: then if pauses(request) and not then.reached.is_set() else None)
        with gristmill.start(*update_words(buckets, "--threads", 1, "--s3-connections", 1)) as process:
            proxy.victim.set_result(process)
            assert action.reached.wait(60), f"no {moment}"
            time.sleep(LEASE + 2)
            deliver(client, buckets, 10 * day)
            update(gristmill, buckets, variables=around).must(OK)
            action.until.set()
            assert gristmill.finish(process).code == OUTPUT
        proxy.settle()
        proxy.begin()
        update(gristmill, buckets, "--require-new", variables=around).must(6)
        gristmill("recover", buckets.output, variables=around).must(OK)
        gristmill("verify", buckets.output, variables=around).must(OK)
        nothing_left_over(client, buckets.output)
    grown = client.download(buckets.output, tmp_path / "grown")
    assert differences(grown, rebuilt(gristmill, buckets, tmp_path / "rebuilt")) == []
    assert sum(batch["files"] for batch in batches(grown)) == 14


@pytest.mark.parametrize("moment", ["HeadObject", "GetObject"])
def test_an_object_that_is_replaced_after_it_was_listed_ends_the_update(gristmill, client, buckets, proxy, tmp_path, moment):
    deliver(client, buckets, 1)
    update(gristmill, buckets).must(OK)
    before = client.download(buckets.output, tmp_path / "before")
    deliver(client, buckets, 2)
    late = f"{buckets.incoming}/collections/day=2.jsonl"
    done = []

    def replace(request):
        if not done and request.kind == moment and request.path in late:
            done.append(client.put(late, collection("p9", "s9", "c").encode()))

    proxy.begin(replace)
    gristmill.endpoint = proxy.url
    outcome = update(gristmill, buckets)
    assert done
    outcome.must_fail(INPUT, late, "changed while it was read")
    proxy.begin()
    assert differences(client.download(buckets.output, tmp_path / "after"), before) == []
    update(gristmill, buckets).must(OK)
    grown = client.download(buckets.output, tmp_path / "grown")
    assert differences(grown, rebuilt(gristmill, buckets, tmp_path / "rebuilt")) == []
