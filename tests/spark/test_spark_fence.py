"""A Spark driver that was paused for longer than its lease lasts changes nothing that another run has published."""

from __future__ import annotations

import re
import time

import pytest
from command import OK, OUTPUT
from lines import collection, prediction, write_lines
from on_s3 import LEASE, nothing_left_over, same
from outputs import contents
from proxy import Delay, Stop
from test_fence import LONGER, MOMENTS
from test_spark_command import submit  # noqa: F401: a fixture


def three_runs(gristmill, server, buckets, tmp_path, profiles: dict[str, list[str]]):
    """The arguments of runs with these profiles and one output, what each publishes, and the variables for all."""
    client, output = buckets.client, buckets.output
    variables = {"AWS_ACCESS_KEY_ID": server.keys.access, "AWS_SECRET_ACCESS_KEY": server.keys.secret, "AWS_REGION": "us-east-1",
                 "AWS_ENDPOINT_URL": server.url, "AWS_EC2_METADATA_DISABLED": "true", "GRISTMILL_S3_LEASE": str(LEASE)}
    words, wanted = {}, {}
    for name, each in profiles.items():
        ids = [(profile, "s", "c") for profile in each]
        paths = [write_lines(tmp_path / name / "collections.jsonl", [collection(*one, entries=len(name)) for one in ids]),
                 write_lines(tmp_path / name / "predictions.jsonl", [prediction(*one) for one in ids])]
        gristmill.run(*paths, f"{name}-output").must(OK)
        wanted[name] = contents(tmp_path / f"{name}-output")
        places = [client.upload(path, f"{buckets.incoming}/{name}/{path.name}") for path in paths]
        words[name] = ["--collections", places[0], "--predictions", places[1], "--output", output]
    return words, wanted, variables


def changed_nothing(gristmill, outcome, buckets, variables, wanted, tmp_path) -> None:
    """It ended with a message about its lease or its lock, and the output is that of the run that took over."""
    outcome.must(OUTPUT)
    assert re.search("lease|another run has taken the lock", outcome.stderr) and "Traceback" not in outcome.stderr, outcome.stderr
    gristmill("verify", buckets.output, variables=variables).must(OK)
    gristmill("recover", buckets.output, variables=variables).must(OK)
    nothing_left_over(buckets.client, buckets.output)
    same(wanted["other"], contents(buckets.client.download(buckets.output, tmp_path / "there")))


# What a request deletes is told by its body, which has not come when the proxy decides.
MOMENTS_HERE = {**MOMENTS, "deleting old files": lambda request: request.kind == "DeleteObjects"}


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS_HERE)
def test_driver_that_was_stopped(gristmill, submit, server, proxy, buckets, tmp_path, moment):  # noqa: F811
    words, wanted, variables = three_runs(gristmill, server, buckets, tmp_path, {"old": "abc", "paused": "acd", "other": "abe"})
    gristmill("run", *words["old"], variables=variables).must(OK)
    action, seen = Stop(), []

    def plan(request):
        if MOMENTS_HERE[moment](request) and not seen:
            seen.append(request)
            return action
        return None

    proxy.begin(plan)
    driver = submit(*words["paused"], master="local[2]", variables={**variables, "AWS_ENDPOINT_URL": proxy.url})
    proxy.victim.set_result(driver.process)
    assert action.reached.wait(120), "it did not come so far"
    time.sleep(LONGER)
    gristmill("run", *words["other"], variables=variables).must(OK)
    action.until.set()
    changed_nothing(gristmill, driver.finish(), buckets, variables, wanted, tmp_path)


@pytest.mark.long
def test_tasks_of_a_driver_that_was_stopped(gristmill, submit, server, proxy, buckets, tmp_path):  # noqa: F811
    """Tasks in the midst of publishing live as long as the driver's lease, on whatever machine they are."""
    many = [f"p{number}" for number in range(600)]
    words, wanted, variables = three_runs(gristmill, server, buckets, tmp_path, {"old": "abc", "paused": many, "other": [*many[1:], "e"]})
    gristmill("run", *words["old"], variables=variables).must(OK)
    action, copies, late = Stop(), [], []

    def plan(request):
        if request.kind != "CopyObject" or "/profile-id=" not in request.key:
            return None
        if action.until.is_set():
            late.append(request)
            return None
        copies.append(request)
        return action if len(copies) == 100 else Delay(1) if len(copies) > 100 else None

    proxy.begin(plan)
    driver = submit(*words["paused"], master="local[2]", variables={**variables, "AWS_ENDPOINT_URL": proxy.url})
    proxy.victim.set_result(driver.process)
    assert action.reached.wait(120), "it did not come so far"
    time.sleep(LONGER)
    assert len(copies) < 1200, "the tasks had ended before the lease did"
    gristmill("run", *words["other"], variables=variables).must(OK)
    action.until.set()
    changed_nothing(gristmill, driver.finish(), buckets, variables, wanted, tmp_path)
    assert not [request for request in late if request.status == 200], "a task copied what another run had published"
