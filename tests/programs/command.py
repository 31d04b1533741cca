"""Runs the command as a user does: a process, its exit code and what it says.

`GRISTMILL_BUILD` names the folder of the binaries. `hooks` choose `gristmill_faulty`, the same command
with a storage that can fail and ways that must not change a byte: `hooks={"HASH_MASK": 0}` sets
GRISTMILL_TEST_HASH_MASK.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("GRISTMILL_BUILD", REPOSITORY / "build/release")).resolve()

OK, INTERNAL, USAGE, INPUT, OUTPUT, CHECKS, NO_INPUT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130

# Starts the command from a small process: the peak that the kernel reports for a process includes that
# of the process it was forked from. Arguments: where the peak goes, then the command.
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(usage.ru_maxrss * 1024))
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""


@dataclass
class Outcome:
    """How a process ended."""

    code: int
    stdout: str
    stderr: str
    peak: int = 0  # bytes of memory, where it was measured

    def must(self, code: int) -> Outcome:
        """The outcome itself, if it has this exit code."""
        assert self.code == code, f"exit code {self.code}, not {code}:\n{self.stdout[-2000:]}{self.stderr[-4000:]}"
        return self

    def must_fail(self, code: int, *words: str) -> Outcome:
        """The outcome itself, if it is this error, told in one clear message with all of `words`."""
        self.must(code)
        assert self.stderr.count("gristmill: error: ") == 1, self.stderr
        message = self.stderr[self.stderr.index("gristmill: error: "):]
        missing = [word for word in words if word not in message]
        assert not missing, f"{missing} not in: {message}"
        assert len(message.strip().splitlines()) <= 2, f"more than a message and its advice: {message}"
        for noise in ("Traceback", "terminate called", "what():", "Assertion"):
            assert noise not in self.stderr
        return self


def environment(hooks: dict | None = None, variables: dict | None = None) -> dict[str, str]:
    """The test's own environment without settings of gristmill, plus what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRISTMILL_")}
    for name in ("NO_COLOR", "COLUMNS"):
        kept.pop(name, None)
    kept["LC_ALL"] = "C.UTF-8"
    kept.update({f"GRISTMILL_TEST_{name}": str(value) for name, value in (hooks or {}).items()})
    kept.update(variables or {})
    return kept


class Gristmill:
    """The command, run in one working folder."""

    def __init__(self, folder: Path):
        for name in ("gristmill", "gristmill_faulty"):
            assert (BUILD / name).exists(), f"no {name} in {BUILD}: build it, or set GRISTMILL_BUILD"
        self.folder = folder
        self.binary = BUILD / "gristmill"
        self.spill = folder / "spill"
        self.spill.mkdir(mode=0o777)
        self.spill.chmod(0o777)

    def start(self, *words, hooks=None, variables=None, wrap=(), **options) -> subprocess.Popen:
        """Starts the command; `wrap` are the words of a command that starts it in turn."""
        binary = BUILD / ("gristmill_faulty" if hooks else "gristmill")
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("cwd", self.folder)
        return subprocess.Popen(
            [*wrap, str(binary), *map(str, words)], stdin=subprocess.DEVNULL,
            env=environment(hooks, {"TMPDIR": str(self.spill), **(variables or {})}), **options)

    def __call__(self, *words, timeout=900, **options) -> Outcome:
        """Runs the command to its end."""
        with self.start(*words, **options) as process:
            return self.finish(process, timeout)

    def finish(self, process: subprocess.Popen, timeout=900) -> Outcome:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
        return Outcome(process.returncode, (stdout or b"").decode("utf-8", "replace"),
                       (stderr or b"").decode("utf-8", "replace"))

    def run(self, collections=(), predictions=(), output="out", *words, **options) -> Outcome:
        """`gristmill run` on these inputs (a path or several)."""
        return self(*self.run_words(collections, predictions, output, *words), **options)

    def run_words(self, collections=(), predictions=(), output="out", *words) -> list:
        """The words of `gristmill run`."""
        inputs = []
        for flag, paths in (("--collections", collections), ("--predictions", predictions)):
            for path in [paths] if isinstance(paths, (str, Path)) else paths:
                inputs += [flag, path]
        return ["run", *inputs, "--output", output, *words]

    def measured(self, *words, limits=(), **options) -> Outcome:
        """Runs the command and measures its peak memory; `limits` are shell words such as `ulimit -n 256`."""
        peak = self.folder / "peak"
        wrap = [sys.executable, "-I", "-S", "-c", MEASURE, str(peak)]
        if limits:
            wrap = ["sh", "-c", " ".join(limits) + '; exec "$@"', "sh", *wrap]
        outcome = self(*words, wrap=wrap, **options)
        outcome.peak = int(peak.read_text())
        peak.unlink()
        return outcome
