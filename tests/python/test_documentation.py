"""Docstrings: their examples run, and everything public has one."""

from __future__ import annotations

import doctest
import importlib
import inspect

import gristmill as gm
import pytest


@pytest.mark.parametrize("name", ["gristmill", "gristmill.recipe", "gristmill.result", "gristmill.errors", "gristmill.credentials"])
def test_examples_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_everything_public_is_described():
    for name in gm.__all__:
        thing = getattr(gm, name)
        assert inspect.getdoc(thing), name
        for member, value in vars(thing).items() if inspect.isclass(thing) else ():
            if not member.startswith("_") and callable(value):
                assert inspect.getdoc(value) or member == "values_for_engine", f"{name}.{member}"
