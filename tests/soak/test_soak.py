"""The soak passes on the command as it is, and notices one that errs."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("GRISTMILL_BUILD", REPOSITORY / "build/release")).resolve()
SEED = 5  # any would do; this one draws little data
GROWING = 7  # of a round in which an output grows

# Stands in for the command, with a mistake in its words or in what it leaves behind.
ERRING = """#!/bin/sh
case "$*" in *simplest*) ;; {before} esac
{real}/$(basename "$0") "$@"
code=$?
[ $code -ne 137 ] || kill -9 $$
[ $code -eq 0 ] || exit $code
case "$*" in *simplest*) ;; {after} esac
"""
MISTAKES = {
    "other-settings": ("aggregated-json/part-00000.json: line",
                       'run*) set -- "$@" --swipe-models keystroke_model --keystroke-models swipe_model ;;', ""),
    "changed-file": ("differs from its manifest", "",
                     "run*) echo >> place/out/aggregated-json/part-00000.json ;;"),
    "lost-lines": ("collections: lines", "",
                   'generate*) for file in "$2"/collections/*; do : > "$file"; break; done ;;'),
}


def soak(tmp_path, build, seed=SEED):
    folders = tmp_path / "folders"
    folders.mkdir()
    done = subprocess.run([sys.executable, REPOSITORY / "tests/soak/soak.py", "--seed", str(seed)], capture_output=True,
                          text=True, env={**os.environ, "GRISTMILL_BUILD": str(build), "TMPDIR": str(folders)})
    return done, list(folders.iterdir())


@pytest.mark.parametrize("seed", [SEED, GROWING])
def test_a_round_passes_and_leaves_nothing(tmp_path, seed):
    done, left = soak(tmp_path, BUILD, seed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 rounds" in done.stdout
    assert not left


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_noticed(tmp_path, mistake):
    said, before, after = MISTAKES[mistake]
    build = tmp_path / "build"
    build.mkdir()
    for name in ("gristmill", "gristmill_faulty"):
        (build / name).write_text(ERRING.format(real=shlex.quote(str(BUILD)), before=before, after=after))
        (build / name).chmod(0o755)
    done, left = soak(tmp_path, build)
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout
    assert f"./test soak --seed {SEED}" in done.stdout
    assert len(left) == 1 and f"cd {left[0]}" in done.stdout
