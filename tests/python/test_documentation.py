"""Docstrings: their examples run, and everything public has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import json

import gristmill as gm
import pytest
from conftest import PACKAGE, REPOSITORY


@pytest.mark.parametrize("name", ["gristmill", "gristmill.recipe", "gristmill.result", "gristmill.errors", "gristmill.credentials"])
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


def test_everything_public_is_described():
    for name in gm.__all__:
        thing = getattr(gm, name)
        assert inspect.getdoc(thing), name
        for member, value in vars(thing).items() if inspect.isclass(thing) else ():
            if not member.startswith("_") and callable(value):
                assert inspect.getdoc(value) or member == "values_for_engine", f"{name}.{member}"
