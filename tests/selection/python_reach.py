"""Which files of the repository a Python test can reach.

Found in its text, on the side of too many:

- itself, `conftest.py` beside and above it, and what these import, from wherever in `tests` a module of that name lies;
- all that is no Python in its folder;
- what its strings name, and those of the modules that it imports: a page of `docs`, else the whole folder of the
  repository that a path begins with, else every file of that name beside `src`. So `REPOSITORY / "examples"` reaches
  all examples, and a test that never says `docs` reaches no page;
- the whole repository, where its root is used for anything else than to put a name behind it (`cwd=REPOSITORY`).

A path whose name stands nowhere in the text would be missed: write names out.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tree import Tree

ROOT_NAMES = {"REPOSITORY", "ROOT"}
PATH = re.compile(r"[\w.@%+*-]+(?:/[\w.@%+*-]+)*")
IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)
BY_FOLDER_ALONE = ("src/", "include/", "examples/", "tests/cases/")  # their files' names are too common to tell anything


@dataclass
class Mentions:
    """What the text of a module speaks of."""

    modules: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    whole_repository: bool = False


def mentions_of(text: str) -> Mentions:
    """The imports, the paths in strings (those of code in strings too), and how the root is used."""
    found = Mentions()
    module = ast.parse(text)
    beside = {id(node.left) for node in ast.walk(module) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "relative_to":
            beside.update(id(argument) for argument in node.args)
    notes = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found.modules.update(name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module else [name.name for name in node.names]
            found.modules.update(name.split(".")[0] for name in names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            found.paths.update(PATH.findall(node.value))
            found.modules.update(IMPORT.findall(node.value))
        elif isinstance(node, ast.Name) and node.id in ROOT_NAMES and isinstance(node.ctx, ast.Load) and id(node) not in beside:
            found.whole_repository = True
    return found


class PythonReach:
    """Finds the reach of Python tests in one tree."""

    def __init__(self, tree: Tree):
        self.tree = tree
        self._files = set(tree.files)
        self._top = {name.split("/")[0] for name in tree.files}
        self._by_name: dict[str, set[str]] = defaultdict(set)
        for name in tree.files:
            self._by_name[PurePosixPath(name).name].add(name)
        self._mentions: dict[str, Mentions] = {}
        self._module = functools.cache(self._files_of_module)
        self._path = functools.cache(self._files_of_path)

    def of(self, test: str) -> set[str]:
        """The files that this test file can reach, itself among them."""
        folder = PurePosixPath(test).parent
        reached, waiting, seen = set(), {test}, set()
        for above in (folder, *folder.parents):
            waiting.update({(above / "conftest.py").as_posix()} & self._files)
        reached.update(name for name in self.tree.below(folder.as_posix()) if not name.endswith(".py"))
        while waiting:
            name = waiting.pop()
            seen.add(name)
            mentions = self._mentioned(name)
            if mentions.whole_repository:
                return set(self.tree.files)
            for module in mentions.modules - {"conftest"}:  # the one in its own folder, which is there already
                reached |= self._module(module)
                waiting |= {file for file in self._module(module) if file.startswith("tests/")} - seen
            for path in mentions.paths:
                reached |= self._path(path)
                waiting |= {file for file in self._path(path) if path.endswith(".py") and file.startswith("tests/")} - seen
        return reached | seen

    def _mentioned(self, name: str) -> Mentions:
        if name not in self._mentions:
            try:
                self._mentions[name] = mentions_of((self.tree.root / name).read_text(encoding="utf-8"))
            except (OSError, SyntaxError, ValueError):
                self._mentions[name] = Mentions(whole_repository=True)
        return self._mentions[name]

    def _files_of_module(self, module: str) -> set[str]:
        """The files of a module of this name in `tests`; elsewhere, the whole folders that have one."""
        files = set(self._by_name[f"{module}.py"])
        files |= {name for name in self._by_name["__init__.py"] if name.endswith(f"/{module}/__init__.py")}
        here = {name for name in files if name.startswith("tests/")}
        if here or module in sys.stdlib_module_names:
            return here
        return {name for file in files for name in self.tree.below(file.split("/")[0])}

    def _files_of_path(self, path: str) -> set[str]:
        """The files that a path in a string can mean."""
        path = path.removeprefix("./").rstrip("/.")
        parts = path.split("/")
        if parts[0] in self._top and "*" not in parts[0]:
            return self._below_root(path, parts)
        if "." not in parts[-1]:
            return {name for name in self.tree.below(f"tests/{path}") if not name.endswith(".py")}
        return {name for name in self._by_name[parts[-1]] if not name.startswith(BY_FOLDER_ALONE)}

    def _below_root(self, path: str, parts: list[str]) -> set[str]:
        if path in self._files and (len(parts) == 1 or parts[0] in ("docs", "tests")):
            return {path}
        if parts[0] == "tests" and len(parts) > 1 and self.tree.below("/".join(parts[:2])):
            return set(self.tree.below("/".join(parts[:2])))
        return set(self.tree.below(parts[0])) or {parts[0]}
