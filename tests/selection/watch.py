"""A plugin of pytest: a test fails that opens a file of the repository which is not in its reach.

A change of that file would not lead to the test. What other processes open is not seen; their programs and the folders
that they are given are named in the test as a rule. `selection.py` says in the file that TESTS_REACH names which files
each test file reaches.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = str(Path(__file__).resolve().parents[2]) + "/"
OPENING = {"open", "os.listdir", "os.scandir"}


class Watch:
    """Knows which test file is collected or run, and what has been opened for it."""

    def __init__(self, files: list[str], reach: dict[str, list[str]]):
        self.reach = {test: set(names) for test, names in reach.items()}
        self.files = set(files)
        self.beside: dict[str, set[str]] = defaultdict(set)  # by folder: the files in it
        for name in files:
            self.beside[os.path.dirname(name)].add(name)
        self.now: str | None = None
        self.outside: dict[str, set[str]] = defaultdict(set)  # by test file: what was opened and is not in its reach
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple) -> None:
        if event not in OPENING or self.now is None or not isinstance(arguments[0], (str, bytes, os.PathLike)):
            return
        path = os.path.abspath(os.fsdecode(arguments[0]))
        if not path.startswith(ROOT):
            return
        name = path.removeprefix(ROOT)
        if event == "open":
            opened = {name} & self.files
        elif path in map(os.path.abspath, sys.path):
            return  # Python looks there for modules and their metadata, whatever is imported
        else:
            opened = self.beside.get(name, set())
        self.outside[self.now] |= opened - self.reach[self.now]

    def turn_to(self, path: Path | None) -> None:
        name = str(path).removeprefix(ROOT) if path else None
        self.now = name if name in self.reach else None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector):
        self.turn_to(collector.path if isinstance(collector, pytest.Module) else None)
        yield
        self.turn_to(None)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        self.turn_to(item.path)
        yield
        self.turn_to(None)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = (yield).get_result()
        found = self.outside.pop(self.now, None) if call.when == "teardown" and self.now else None
        if found and report.passed:
            report.outcome = "failed"
            report.longrepr = (f"{self.now} opens what tests/selection does not take for its reach: {', '.join(sorted(found))}. "
                               "Name it in the text of the test.")


def pytest_configure(config):
    if place := os.environ.get("TESTS_REACH"):
        known = json.loads(Path(place).read_bytes())
        config.pluginmanager.register(Watch(known["files"], known["reach"]))
