"""What a process loads: Arrow takes longer to load than all else, so only a command that writes Parquet does it."""

import pytest
from command import BUILD, INTERNAL, OK


def loaded(outcome) -> set[str]:
    """Which of these libraries were loaded, as LD_DEBUG tells it on stderr."""
    started = [line for line in outcome.stderr.splitlines() if "calling init: " in line]
    return {name for name in ("libgmarw.so", "libgmparqt.so", "libgristmill_arrow.so")
            if any(f"/{name}" in line for line in started)}


@pytest.mark.parametrize("words", ["--version", "--help", "run --help", "completion bash", "init", "show out", "verify out",
                                   "validate --collections in/collections.jsonl"])
def test_most_commands_load_no_arrow(gristmill, small, words):
    gristmill.run(*small, "out", "--quiet").must(OK)
    assert loaded(gristmill(*words.split(), variables={"LD_DEBUG": "libs"}).must(OK)) == set()


def test_a_run_does(gristmill, small):
    outcome = gristmill(*gristmill.run_words(*small, "out", "--quiet"), variables={"LD_DEBUG": "libs"}).must(OK)
    assert len(loaded(outcome)) == 3


def test_a_library_that_is_missing_is_named(gristmill, small, tmp_path):
    """Beside a copy of the command there is none; nothing is published then."""
    copy = tmp_path / "copy"
    copy.write_bytes((BUILD / "gristmill").read_bytes())
    copy.chmod(0o755)
    gristmill.binary = copy
    outcome = gristmill(*gristmill.run_words(*small, "out", "--quiet"), wrap=["sh", "-c", f'shift; exec "{copy}" "$@"', "sh"])
    outcome.must_fail(INTERNAL, "libgristmill_arrow.so")
    assert not (tmp_path / "out").exists()
