"""Inputs as a program gives them: paths of several kinds, or lines from memory, which are written to a file first.

The engine reads files only, so that lines from memory take the same way as all others and their places can be reported.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Union

from .errors import UsageError

Source = Union[str, os.PathLike, Iterable[Union[str, bytes, os.PathLike]], None]


def looks_like_a_line(value: str | bytes) -> bool:
    """Whether a text is rather a line than a path: it begins with a bracket, or is blank."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text.lstrip("\ufeff \t\r\n").startswith(("{", "[")) or text.strip() == ""


def as_paths(name: str, source: Source, stack: ExitStack) -> list[str]:
    """The paths of an argument of `gristmill.run`.

    Parameters
    ----------
    name : str
        Of the argument, for messages and for the file of lines from memory.
    source
        What was given.
    stack : contextlib.ExitStack
        The file of lines lasts as long as it.
    """
    if source is None:
        return []
    if isinstance(source, (str, os.PathLike)):
        return [os.fspath(source)]
    items = iter(source)
    first = next(items, None)
    if first is None:
        return []
    # Of a list of texts the first one tells; what can be read only once is lines.
    several = isinstance(source, Sequence) and isinstance(first, str) and not looks_like_a_line(first)
    if isinstance(first, os.PathLike) or several:
        return [os.fspath(each) for each in (first, *items)]
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gristmill-"))
    path = Path(folder, f"{name}.jsonl")
    with path.open("wb") as file:
        for line in (first, *items):
            if not isinstance(line, (str, bytes)):
                raise UsageError(f"argument {name}: a line is of type {type(line).__name__}", "give lines as str or bytes",
                                 key=name)
            data = line.encode() if isinstance(line, str) else line
            file.write(data if data.endswith(b"\n") else data + b"\n")
    return [str(path)]


def as_shared_paths(name: str, source: Source) -> list[str] | None:
    """The paths of an argument of `gristmill.spark.run`, which other machines can read; lines from memory they cannot."""
    if source is None:
        return None
    paths = [source] if isinstance(source, (str, os.PathLike)) else list(source)
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise UsageError(f"argument {name}: a path is of type {type(path).__name__}", "give paths as str or pathlib.Path",
                             key=name)
        if looks_like_a_line(os.fspath(path)):
            raise UsageError(f"argument {name}: lines from memory cannot go to a cluster",
                             "write them to a file that all executors can read, or use gristmill.run", key=name)
    return [os.fspath(path) for path in paths]
