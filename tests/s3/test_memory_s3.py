"""Memory follows the budget, however large the objects are."""

import pytest
from command import OK
from lines import compressed
from on_s3 import nothing_left_over

MEBIBYTE = 1 << 20
BUDGET, LIMIT = 64 * MEBIBYTE, 128 * MEBIBYTE


@pytest.fixture
def large(gristmill, client, buckets):
    """Two objects of 200 MB together, and the folder of what they hold."""
    def put(suffix=""):
        gristmill("generate", "generated").must(OK)
        for dataset in ("collections", "predictions"):
            data = b"".join(path.read_bytes() for path in sorted((gristmill.folder / "generated" / dataset).iterdir()))
            client.put(f"{buckets.incoming}/{dataset}/all.jsonl{suffix}", compressed(data, suffix))
        return f"{buckets.incoming}/collections/", f"{buckets.incoming}/predictions/"
    return put


@pytest.mark.parametrize("suffix", ["", pytest.param(".zst", marks=pytest.mark.long)])
def test_large_objects(gristmill, client, buckets, large, suffix):
    inputs = large(suffix)
    outcome = gristmill.measured(*gristmill.run_words(*inputs, buckets.output, "--memory", BUDGET, "--quiet")).must(OK)
    assert outcome.peak <= LIMIT, f"{outcome.peak / MEBIBYTE:.0f} MiB"
    nothing_left_over(client, buckets.output)


def test_large_objects_over_many_connections(gristmill, large):
    words = ["--memory", BUDGET, "--quiet", "--s3-connections", 128, "--threads", 8]
    outcome = gristmill.measured(*gristmill.run_words(*large(), "out", *words)).must(OK)
    assert outcome.peak <= LIMIT, f"{outcome.peak / MEBIBYTE:.0f} MiB"


def test_one_large_profile(gristmill, client, buckets):
    """Its labels go up in parts."""
    gristmill("generate", "generated", "--skew", "zipf", "--profiles", 5).must(OK)
    client.upload(gristmill.folder / "generated/collections", buckets.incoming + "/collections")
    words = gristmill.run_words(buckets.incoming + "/collections", (), buckets.output, "--memory", BUDGET, "--quiet")
    outcome = gristmill.measured(*words).must(OK)
    assert outcome.peak <= LIMIT, f"{outcome.peak / MEBIBYTE:.0f} MiB"
