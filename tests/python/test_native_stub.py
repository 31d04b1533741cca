"""_native.pyi describes the extension module as it is: every name, parameter and kind of member."""

from __future__ import annotations

import ast
import re

from built_package import REPOSITORY
from gristmill import _native

PACKAGE = REPOSITORY / "python/gristmill"
STUB_TEXT = (PACKAGE / "_native.pyi").read_text(encoding="utf-8")
STUB = ast.parse(STUB_TEXT)


def names_of(function: ast.FunctionDef) -> list[str]:
    """Its parameters in their order, with "*" before those that are given by name only."""
    positional = [each.arg for each in function.args.args if each.arg != "self"]
    return [*positional, *(["*"] if function.args.kwonlyargs else []), *(each.arg for each in function.args.kwonlyargs)]


def described(body: list[ast.stmt]) -> dict[str, object]:
    """What a module or class of the stub has: parameters of a function, members of a class, None for a value."""
    found: dict[str, object] = {}
    for each in body:
        if isinstance(each, ast.ClassDef):
            found[each.name] = described(each.body)
        elif isinstance(each, ast.FunctionDef):
            found[each.name] = None if each.decorator_list else names_of(each)
        elif isinstance(each, ast.AnnAssign):
            found[each.target.id] = None
    return found


def parameters(function) -> list[str]:
    signature = re.sub(r"\[[^()]*?\]", "", function.__nb_signature__[0][0])
    inside = re.search(r"\((.*)\) ->", signature)[1]
    return [name for each in inside.split(",") if (name := re.split(r"[:=]", each)[0].strip()) and name not in ("self", "/")]


def actual(thing) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in vars(thing).items():
        if isinstance(value, type):
            found[name] = actual(value)
        elif hasattr(value, "__nb_signature__"):
            found[name] = parameters(value)
        elif not name.startswith("__") or name == "__version__":
            found[name] = None
    return found


def test_it_names_what_there_is():
    assert described(STUB.body) == actual(_native)


def test_every_name_is_used():
    """By the package, or as what a function returns."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    for name in described(STUB.body):
        returned = re.search(rf"-> (list\[)?{name}\b", STUB_TEXT)
        assert returned or f"_native.{name}" in sources, name
