"""What `cmake --install` installs, used from where it is: the command with the libraries that it loads on demand, the
library by a project of its own (consumer/), the manual page, the completions.

    pytest tests/install

It installs from the build that is there (`cmake --build build/release --target gristmill_installation`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("GRISTMILL_BUILD", REPOSITORY / "build/release")).resolve()
EXAMPLES = REPOSITORY / "examples"
# Nobody listens there; the answer comes at once.
NOWHERE = "http://127.0.0.1:1"
BARE = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"}

pytestmark = pytest.mark.skipif(not (BUILD / "shell/gristmill.1").exists(), reason="gristmill_installation is not built")


def call(*words, environment=BARE, code=0, **options) -> subprocess.CompletedProcess:
    done = subprocess.run([str(word) for word in words], capture_output=True, encoding="utf-8", env=environment, **options)
    assert code is None or done.returncode == code, f"{words}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done


@pytest.fixture(scope="module")
def prefix(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    call("cmake", "--install", BUILD, "--prefix", folder, "--strip")
    return folder


@pytest.fixture(scope="module")
def consumer(prefix, tmp_path_factory) -> Path:
    build = tmp_path_factory.mktemp("consumer")
    call("cmake", "-S", Path(__file__).parent / "consumer", "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
         "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror", environment={**os.environ, "CXXFLAGS": ""})
    call("cmake", "--build", build, environment=dict(os.environ))
    return build / "consumer"


def run_consumer(consumer, collections, predictions, output, code, **environment):
    return call(consumer, collections, predictions, output, code=code, environment={**BARE, **environment})


def test_the_command_finds_its_libraries(prefix, tmp_path):
    command = prefix / "bin/gristmill"
    version = call(command, "--version").stdout
    assert re.fullmatch(r"gristmill \d+\.\d+\.\d+\n", version)
    call(command, "run", "--collections", EXAMPLES / "collections", "--predictions", EXAMPLES / "predictions",
         "--output", tmp_path / "out", "--quiet", cwd=tmp_path)  # Parquet: by libgristmill_arrow.so
    assert list((tmp_path / "out").rglob("*.parquet"))
    refused = call(command, "verify", "s3://bucket/out", "--s3-endpoint", NOWHERE, "--s3-anonymous", code=None, cwd=tmp_path)
    assert refused.returncode != 0 and "'127.0.0.1:1' does not answer" in refused.stderr, refused.stderr


def test_the_library_runs_in_a_program(consumer, tmp_path):
    output = tmp_path / "out"
    told = run_consumer(consumer, EXAMPLES / "collections", EXAMPLES / "predictions", output, 0)
    assert list(output.rglob("*.parquet"))
    report = json.loads(told.stdout)
    written = json.loads((output / "validation/report.json").read_text())
    del report["run"], written["run"]  # times
    assert report == written


def test_errors_say_what_they_are_about(consumer, tmp_path):
    absent = run_consumer(consumer, tmp_path / "nothing.jsonl", EXAMPLES / "predictions", tmp_path / "out", 6)
    assert absent.stderr.endswith(f"\nfile={tmp_path}/nothing.jsonl line=0 key=collections\n")
    carried = run_consumer(consumer, EXAMPLES / "collections", EXAMPLES / "predictions", tmp_path / "out", 2, CARRY="metadata")
    assert carried.stderr.endswith("\nfile= line=0 key=carry\n")


def test_the_library_reaches_s3(consumer, tmp_path):
    away = run_consumer(consumer, "s3://bucket/in.jsonl", EXAMPLES / "predictions", tmp_path / "out", 3, ENDPOINT=NOWHERE)
    assert "'127.0.0.1:1' does not answer" in away.stderr
    assert away.stderr.endswith("\nfile=s3://bucket/in.jsonl line=0 key=\n")


def test_another_minor_version_is_refused(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(x NONE)\n"
                                             "find_package(gristmill 0.99 CONFIG REQUIRED)\n")
    refused = call("cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}", code=None)
    assert refused.returncode != 0 and 'compatible with requested version "0.99"' in refused.stderr


def test_only_public_headers_are_installed(prefix):
    headers = {path.name for path in (REPOSITORY / "include/gristmill").iterdir()}
    assert {path.name for path in (prefix / "include/gristmill").iterdir()} == headers
    for path in (prefix / "include").rglob("*.h"):
        for name in re.findall(r'#include "(.*?)"', path.read_text()):
            assert name.removeprefix("gristmill/") in headers, f"{path.name} includes {name}"


def test_components(prefix, tmp_path):
    """A machine that only runs the command needs neither headers nor the archive."""
    for component in "command", "manual":
        call("cmake", "--install", BUILD, "--prefix", tmp_path, "--component", component)
    found = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    arrow = {path.name for path in BUILD.glob("libgm*.so.*")}
    assert len(arrow) == 2
    assert found == {"gristmill", "libgristmill_arrow.so", "libgristmill_s3.so", *arrow, "gristmill.1", "_gristmill", "gristmill.fish"}
    assert len([path for path in tmp_path.rglob("gristmill") if path.is_file()]) == 2  # the program, bash's completion


@pytest.fixture(scope="module")
def manual(prefix) -> Path:
    return prefix / "share/man/man1/gristmill.1"


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="there is no mandoc")
def test_mandoc_finds_nothing_wrong_in_the_manual_page(manual):
    assert call("mandoc", "-T", "lint", "-W", "warning", manual, code=None).stdout == ""


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
def test_the_manual_page_as_man_shows_it(prefix, manual):
    shown = call("groff", "-man", "-ww", "-K", "utf8", "-T", "utf8", "-P", "-cbou", "-r", "LL=100n", manual)
    assert shown.stderr == ""
    sections = re.findall(r"^([A-Z][A-Z ]+)$", shown.stdout, flags=re.MULTILINE)
    assert sections == ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "SETTINGS", "EXIT STATUS", "ENVIRONMENT", "FILES",
                        "EXAMPLES"]
    # A line of an example can be pasted as it stands, and is one that the command's help has.
    examples = shown.stdout.partition("\nEXAMPLES\n")[2]
    for line in ("gristmill inspect 'in/*.jsonl.gz' more.jsonl --write-recipe gristmill.yaml",
                 "gristmill completion fish > ~/.config/fish/completions/gristmill.fish"):
        assert line in examples
    text = " ".join(shown.stdout.replace("‐", "-").split())
    help_of_run = call(prefix / "bin/gristmill", "run", "--help").stdout
    flags = set(re.findall(r"--[a-z0-9-]+", help_of_run))
    assert flags and not {flag for flag in flags if flag not in text}


@pytest.mark.parametrize("shell, path, check", [
    ("bash", "share/bash-completion/completions/gristmill", ["bash", "-n"]),
    ("zsh", "share/zsh/site-functions/_gristmill", ["zsh", "-n"]),
    ("fish", "share/fish/vendor_completions.d/gristmill.fish", ["fish", "--no-execute"]),
])
def test_completions_lie_where_shells_look(prefix, shell, path, check):
    assert (prefix / path).read_text() == call(prefix / "bin/gristmill", "completion", shell).stdout
    if shutil.which(shell):
        call(*check, prefix / path)
