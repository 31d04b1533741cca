"""The example in one command, and the benchmark in its quick form."""

from __future__ import annotations

import os
import subprocess

import pytest
from command import REPOSITORY


def run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=600,
                          env={name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GRISTMILL_"))})
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_example_goes_from_one_bucket_to_the_other():
    printed = run(str(REPOSITORY / "examples/s3/run"))
    assert "published: s3://results/daily" in printed
    listed = [line.split(maxsplit=1) for line in printed.partition('In the bucket "results":\n')[2].splitlines()]
    names = {name: int(size) for size, name in listed}
    assert names["daily/_SUCCESS"] == 0
    assert names["daily/labels/profile-id=amara/collections.jsonl"] > 10_000
    assert not [name for name in names if "_staging" in name]


@pytest.mark.long
def test_benchmark_against_others_runs():
    printed = run(str(REPOSITORY / "bench/s3/run"), "--quick", "--runs", "1")
    for name in ("gristmill, bucket to bucket", "s5cmd down, gristmill, s5cmd up", "Polars, bucket to bucket"):
        assert f"| {name} |" in printed
