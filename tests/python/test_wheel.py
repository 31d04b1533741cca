"""The wheel: built by pip in isolation, installed into a fresh environment, used there."""

from __future__ import annotations

import subprocess
import sys

from built_package import REPOSITORY
import pytest


@pytest.mark.long
def test_wheel_in_a_fresh_environment(tmp_path):
    def run(*words, **options) -> str:
        done = subprocess.run(list(map(str, words)), capture_output=True, encoding="utf-8", timeout=1800, cwd=tmp_path, **options)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--disable-pip-version-check", "-w", tmp_path / "wheels", REPOSITORY)
    wheel = next((tmp_path / "wheels").glob("gristmill-*.whl"))
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    run(tmp_path / "venv/bin/python", "-m", "pip", "install", "--disable-pip-version-check", wheel)
    sample = REPOSITORY / "examples"
    script = ("import sys, gristmill as gm\n"
              "result = gm.run(collections=sys.argv[1], predictions=sys.argv[2], output='out')\n"
              "print(result.published, result.sessions.num_rows)\n")
    assert run(tmp_path / "venv/bin/python", "-c", script, sample / "collections", sample / "predictions") == "True 37\n"
    assert run(tmp_path / "venv/bin/gristmill", "verify", "out").startswith("out: as its manifest says")
    assert run(tmp_path / "venv/bin/gristmill", "--version").startswith("gristmill ")
