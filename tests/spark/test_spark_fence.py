"""A Spark driver that was paused for longer than its lease lasts changes nothing that another run has published."""

from __future__ import annotations

import time

import pytest
from command import OK, OUTPUT
from lines import collection, prediction, write_lines
from on_s3 import LEASE, nothing_left_over, same
from outputs import contents
from proxy import Stop
from test_fence import LONGER, MOMENTS
from test_spark_command import submit  # noqa: F401: a fixture


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
def test_driver_that_was_stopped(gristmill, submit, server, proxy, buckets, tmp_path, moment):  # noqa: F811
    client, output = buckets.client, buckets.output
    variables = {"AWS_ACCESS_KEY_ID": server.keys.access, "AWS_SECRET_ACCESS_KEY": server.keys.secret, "AWS_REGION": "us-east-1",
                 "AWS_ENDPOINT_URL": server.url, "AWS_EC2_METADATA_DISABLED": "true", "GRISTMILL_S3_LEASE": str(LEASE)}
    words, wanted = {}, {}
    for name, profiles in {"old": "abc", "paused": "acd", "other": "abe"}.items():
        ids = [(profile, "s", "c") for profile in profiles]
        paths = [write_lines(tmp_path / name / "collections.jsonl", [collection(*each, entries=len(name)) for each in ids]),
                 write_lines(tmp_path / name / "predictions.jsonl", [prediction(*each) for each in ids])]
        gristmill.run(*paths, f"{name}-output").must(OK)
        wanted[name] = contents(tmp_path / f"{name}-output")
        places = [client.upload(path, f"{buckets.incoming}/{name}/{path.name}") for path in paths]
        words[name] = ["--collections", places[0], "--predictions", places[1], "--output", output]
    gristmill("run", *words["old"], variables=variables).must(OK)
    action, seen = Stop(), []

    def plan(request):
        if MOMENTS[moment](request) and not seen:
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
    outcome = driver.finish().must(OUTPUT)
    assert "lease" in outcome.stderr and "Traceback" not in outcome.stderr, outcome.stderr
    gristmill("verify", output, variables=variables).must(OK)
    gristmill("recover", output, variables=variables).must(OK)
    nothing_left_over(client, output)
    same(wanted["other"], contents(client.download(output, tmp_path / "there")))
