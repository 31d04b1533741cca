"""The tree as the layout tests see it: paths and texts. A test of a rule makes a small one of its own."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CXX = (".h", ".cc")


@dataclass(frozen=True)
class TreeFile:
    path: str
    text: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The concept: x.h, x.cc and x_test.cc are one."""
        return re.sub(r"_test$", "", self.name.partition(".")[0])

    @property
    def room(self) -> str | None:
        """The folder of src/ that it is in."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    @property
    def is_cxx(self) -> bool:
        return self.path.endswith(CXX)

    @property
    def is_test(self) -> bool:
        """A test or what only tests use: it sees every room."""
        return self.name.endswith(("_test.cc", "_testing.h"))

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def includes(self) -> list[str]:
        """What it includes in quotes."""
        return re.findall(r'^#include "([^"]+)"', self.text, flags=re.MULTILINE)

    @cached_property
    def comments(self) -> str:
        """Of a C++ file its comments, of any other all of it."""
        if not self.is_cxx:
            return self.text
        return "\n".join(line[line.index("//"):] for line in self.lines if re.search(r"(^|\s)//", line))


class Tree:
    def __init__(self, files: dict[str, str], others: set[str] | None = None) -> None:
        """`files`: texts by path. `others`: paths that exist besides."""
        self.files = [TreeFile(path, text) for path, text in sorted(files.items())]
        self.paths = set(files) | (others or set())

    @property
    def cxx(self) -> list[TreeFile]:
        return [file for file in self.files if file.is_cxx]

    @property
    def sources(self) -> list[TreeFile]:
        """The engine and the command: src/ and include/."""
        return [file for file in self.cxx if file.path.startswith(("src/", "include/"))]

    def text(self, path: str) -> str:
        return next(file.text for file in self.files if file.path == path)


def of_repository() -> Tree:
    """What Git lists, or, where there is no Git, everything outside of build/ and output/."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=REPOSITORY,
                            capture_output=True, encoding="utf-8")
    if listed.returncode == 0:
        paths = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for path in REPOSITORY.rglob("*")
                 if not path.relative_to(REPOSITORY).parts[0].startswith(("build", "output"))]
    texts: dict[str, str] = {}
    others: set[str] = set()
    for path in paths:
        if path.is_symlink() or not path.is_file():
            continue
        name = path.relative_to(REPOSITORY).as_posix()
        if path.suffix in (*CXX, ".py", ".md", ".sh", ".cmake", ".txt", ".toml", "") and not name.startswith(
                ("tests/conformance/", "examples/", "bench/results/")):
            try:
                texts[name] = path.read_text(encoding="utf-8")
                continue
            except UnicodeDecodeError:
                pass
        others.add(name)
    return Tree(texts, others)
