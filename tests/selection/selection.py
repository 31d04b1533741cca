#!/usr/bin/env python3
"""Runs the tests that a change can have reached, and no others.

    selection.py [--again] pytest FOLDER... [-- WORDS OF PYTEST]
    selection.py [--again] unit PROGRAM [--leave-out PATTERN]

A test file is run unless it passed before with all that it can reach as it is now: its own text, what it imports and
names (python_reach.py), the object files that it needs (object_reach.py), the programs that are built, and what tests
run in: tools, packages, settings. What passed is noted in build/passed.json. Whoever doubts says --again, which runs
everything and notes it too.

`./test` calls this for what it does by default; with a filter, and in the long parts, everything asked for is run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE), *(path for path in sys.path if Path(path or ".").resolve() != HERE)]

from object_reach import ObjectReach  # noqa: E402
from python_reach import PythonReach  # noqa: E402
from record import Record  # noqa: E402
from tree import Tree  # noqa: E402

REPOSITORY = HERE.parents[1]
PROGRAMS = ("gristmill", "gristmill_faulty")
READS_REPOSITORY = "GRISTMILL_SOURCE_DIR"  # the macro by which a unit test finds files
UNIT_SHARES = 3  # side by side: a good part of the tests waits for processes that are killed


def surroundings(tree: Tree) -> list[str]:
    """What every test runs in: how it is called, and what is installed."""
    build = tree.root / "build"
    installed = [*build.glob("*/installed"), *build.glob("go/bin/*.version"), Path("/var/lib/dpkg/status")]
    return ["test", "pyproject.toml", *tree.below("tools"), *tree.below("tests/selection"), *map(str, installed)]


def settings() -> str:
    """The variables that tests go by."""
    return json.dumps({name: value for name, value in sorted(os.environ.items()) if name.startswith("GRISTMILL_")})


def programs(folder: Path) -> list[str]:
    """The programs and libraries of a build that tests run. Those of `bench` are made of what is there and of its sources."""
    return [str(path) for path in (*(folder / name for name in PROGRAMS), *folder.glob("*.so"), *folder.glob("python/**/*.so"))]


def say(text: str) -> None:
    print(f"gristmill: {text}", file=sys.stderr, flush=True)


# ---- Python tests

class Outcomes:
    """A plugin of pytest, in the process that hears of every test: the files in which one failed."""

    def __init__(self):
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid.split("::")[0])

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid.split("::")[0])


def python_tests(tree: Tree, folders: list[str]) -> dict[str, set[str]]:
    """By name of a test file in these folders: its reach."""
    reach = PythonReach(tree)
    return {name: reach.of(name) for name in tree.files if name.startswith(tuple(folder.rstrip("/") + "/" for folder in folders))
            and name.split("/")[-1].startswith("test_") and name.endswith(".py")}


def digests_of(tree: Tree, tests: dict[str, set[str]], words: list[str]) -> dict[str, str]:
    """By name of a test file: the digest of all that it depends on."""
    build = Path(os.environ.get("GRISTMILL_BUILD", tree.root / "build/release"))
    around = [*surroundings(tree), *programs(build)]
    return {name: tree.digest_of([*reached, *around], settings(), *words) for name, reached in tests.items()}


def run_pytest(tree: Tree, record: Record, again: bool, folders: list[str], words: list[str]) -> int:
    import pytest

    tests = python_tests(tree, folders)
    digests = digests_of(tree, tests, words)
    chosen = [name for name in tests if again or not record.has(name, digests[name])]
    say(f"{len(chosen)} of {len(tests)} files of tests can have changed")
    if not chosen:
        return 0
    outcomes = Outcomes()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as told:
        json.dump({"files": tree.files, "reach": {name: sorted(tests[name]) for name in chosen}}, told)
        told.flush()
        os.environ["TESTS_REACH"] = told.name
        os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
        code = pytest.main(["-p", "watch", *words, *(str(tree.root / name) for name in chosen)], plugins=[outcomes])
    if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        record.note({name: digests[name] for name in chosen if name not in outcomes.failed})
    return 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else int(code)


# ---- Unit tests

def unit_tests(program: Path) -> dict[str, list[str]]:
    """By source: the full names of its tests."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "--gtest_list_tests", f"--gtest_output=json:{folder}/list.json"], check=True,
                       stdout=subprocess.DEVNULL)
        suites = json.loads(Path(folder, "list.json").read_bytes())["testsuites"]
    by_source: dict[str, list[str]] = {}
    for suite in suites:
        for test in suite["testsuite"]:
            source = str((program.parent / test["file"]).resolve())
            by_source.setdefault(source, []).append(f"{suite['name']}.{test['name']}")
    return by_source


def run_unit_tests(tree: Tree, record: Record, again: bool, program: Path, leave_out: str) -> int:
    build = program.parent
    tests = unit_tests(program)
    reach = ObjectReach(build)
    around = [*surroundings(tree), *tree.below("cmake"), "CMakeLists.txt", "src/CMakeLists.txt", "CMakePresets.json"]

    def digest(source: str) -> str:
        reached = [str(build / name) for name in reach.of(Path(source))]
        if READS_REPOSITORY in Path(source).read_text():
            reached += tree.files
        return tree.digest_of([*reached, *around], settings(), leave_out)
    key = {source: f"{build.name} {program.name} {Path(source).relative_to(tree.root)}" for source in tests}
    digests = {key[source]: digest(source) for source in tests}
    chosen = [source for source in tests if again or not record.has(key[source], digests[key[source]])]
    say(f"{len(chosen)} of {len(tests)} files of unit tests can have changed ({build.name})")
    if not chosen:
        return 0
    failed = run_shares(program, [name for source in chosen for name in tests[source]], leave_out)
    record.note({key[source]: digests[key[source]] for source in chosen if not failed.intersection(tests[source])})
    return 1 if failed else 0


def run_shares(program: Path, names: list[str], leave_out: str) -> set[str]:
    """Runs these tests, and says what failed; all of a share that did not come to its end counts as failed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shares = [names[share::UNIT_SHARES] for share in range(UNIT_SHARES)]
        running = []
        for number, share in enumerate(shares):
            (folder / f"{number}.flags").write_text(f"--gtest_filter={':'.join(share)}-{leave_out}\n")
            with open(folder / f"{number}.log", "wb") as log:
                running.append(subprocess.Popen(
                    [program, "--gtest_brief=1", f"--gtest_flagfile={folder}/{number}.flags",
                     f"--gtest_output=json:{folder}/{number}.json"], stdout=log, stderr=subprocess.STDOUT))
        failed: set[str] = set()
        for number, (process, share) in enumerate(zip(running, shares)):
            code = process.wait()
            here = failures(folder / f"{number}.json") if code else set()
            failed.update(here or share if code else ())
            log = (folder / f"{number}.log").read_text(errors="replace")
            print(log if code else log.splitlines()[-1], flush=True)
        return failed


def failures(path: Path) -> set[str]:
    """The tests that failed, from gtest's own report; none where it wrote no report."""
    try:
        suites = json.loads(path.read_bytes())["testsuites"]
    except (OSError, ValueError):
        return set()
    return {f"{suite['name']}.{test['name']}" for suite in suites for test in suite["testsuite"] if test.get("failures")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--again", action="store_true", help="run also what passed before and cannot have changed")
    kinds = parser.add_subparsers(dest="kind", required=True)
    python = kinds.add_parser("pytest")
    python.add_argument("folders", nargs="+", metavar="FOLDER")
    unit = kinds.add_parser("unit")
    unit.add_argument("program", type=Path)
    unit.add_argument("--leave-out", default="", metavar="PATTERN")
    mine, words = sys.argv[1:], []
    if "--" in mine:
        mine, words = mine[:mine.index("--")], mine[mine.index("--") + 1:]
    arguments = parser.parse_args(mine)
    tree, record = Tree(REPOSITORY), Record(REPOSITORY / "build/passed.json")
    if arguments.kind == "unit":
        return run_unit_tests(tree, record, arguments.again, arguments.program.resolve(), arguments.leave_out)
    return run_pytest(tree, record, arguments.again, arguments.folders, words)


if __name__ == "__main__":
    sys.exit(main())
