"""Docstrings: their examples run, and everything public has one."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import json

from built_package import PACKAGE, REPOSITORY
import gristmill as gm
import gristmill.spark
import pytest


@pytest.mark.parametrize("name", ["gristmill", "gristmill.recipe", "gristmill.result", "gristmill.rows", "gristmill.errors", "gristmill.credentials"])
def test_examples_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def blocks_of(page) -> list[str]:
    """The blocks marked `python`, in their order."""
    return [block.partition("\n```")[0] for block in page.read_text(encoding="utf-8").split("\n```python\n")[1:]]


PAGES = [page for page in (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))) if blocks_of(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_hold(page, tmp_path, monkeypatch):
    """Every block runs as it stands, in the order of its page, in a folder with the sample."""
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE))  # of Spark's workers
    names: dict = {}
    for block in blocks_of(page):
        exec(compile(block, str(page), "exec"), names)
    if page == REPOSITORY / "README.md":  # whose blocks are tried in a clone, and must not litter it
        assert {path.name for path in tmp_path.iterdir()} == {"examples", "output"}


def test_inputs_id_is_what_the_formats_say():
    names: dict = {}
    for block in blocks_of(REPOSITORY / "docs/guide/formats.md"):
        exec(block, names)
    folders = {name: sorted((REPOSITORY / "examples" / name).iterdir()) for name in ("collections", "predictions")}
    files = [(name, path.name, path.read_bytes()) for name, paths in folders.items() for path in paths]
    report = gm.validate(**{name: REPOSITORY / "examples" / name for name in folders}).report
    recipe = json.dumps(report["recipe"], ensure_ascii=False, separators=(",", ":"))
    assert names["inputs_id"](files, recipe) == report["inputs_id"]


def public_functions():
    """With the names that they have for users."""
    for module in (gm, gristmill.spark):
        for name in module.__all__:
            thing = getattr(module, name)
            if not inspect.isclass(thing):
                yield f"{module.__name__}.{name}", thing
            else:
                yield from ((f"{name}.{member}", getattr(thing, member)) for member, value in vars(thing).items()
                            if not member.startswith("_") and (callable(value) or isinstance(value, classmethod)))


def test_everything_public_is_described():
    for name in gm.__all__:
        assert inspect.getdoc(getattr(gm, name)), name
        for member, value in vars(getattr(gm, name)).items() if inspect.isclass(getattr(gm, name)) else ():
            assert member.startswith("_") or not callable(value) or inspect.getdoc(value), f"{name}.{member}"


@pytest.mark.parametrize("function", [pytest.param(function, id=name) for name, function in public_functions()])
def test_every_parameter_is_described(function):
    """In NumPy's style: a line of names at the margin, then words below it."""
    text = inspect.getdoc(function)
    assert text, function
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    if names:
        section = text.split("\nParameters\n----------\n")[1].split("\n\n")[0]
        heads = [line.partition(" : ")[0] for line in section.splitlines() if not line.startswith(" ")]
        assert sorted(name.strip("*") for head in heads for name in head.split(", ")) == sorted(names)


def test_every_module_opens_with_its_idea():
    for path in sorted((REPOSITORY / "python/gristmill").rglob("*.py*")):
        if path.suffix in (".py", ".pyi"):
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
