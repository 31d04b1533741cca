"""Inputs as a program gives them: paths of several kinds, or records from memory (lines, dicts), written to a file first.

The engine reads files only, so that lines from memory take the same way as all others and their places can be reported.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Union

from .errors import UsageError

Record = Union[str, bytes, Mapping[str, Any]]
Source = Union[str, os.PathLike, Iterable[Union[Record, os.PathLike]], None]

LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # can be written as an escape only


def looks_like_a_line(value: str | bytes) -> bool:
    """Whether a text is rather a line than a path: it begins with a bracket, or is blank."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text.lstrip("\ufeff \t\r\n").startswith(("{", "[")) or text.strip() == ""


def is_paths(source: Any) -> bool:
    """Whether an argument is a path or several, and not records; of what can be read only once: no."""
    if isinstance(source, (str, os.PathLike)):
        return True
    first = source[0] if isinstance(source, Sequence) and source else None
    return isinstance(first, os.PathLike) or (isinstance(first, str) and not looks_like_a_line(first))


def _as_dict(value: Any) -> Any:
    """Mappings of other kinds than dict, for json.dumps."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def as_line(name: str, number: int, record: Record) -> bytes:
    """A record from memory as a line of a file; the `number`-th, from 1, of the argument `name`."""
    if isinstance(record, Mapping):
        try:
            record = json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=_as_dict)
        except (TypeError, ValueError) as error:  # a value that JSON has no word for; one that holds itself
            raise UsageError(f"argument {name}: record {number} is no JSON: {error}",
                             "give dicts of str, int, float, bool, None, lists and dicts", key=name) from None
    if isinstance(record, str):
        record = LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", record).encode()
    if not isinstance(record, bytes):
        raise UsageError(f"argument {name}: record {number} is of type {type(record).__name__}",
                         "give records as dict, or lines as str or bytes", key=name)
    return record if record.endswith(b"\n") else record + b"\n"


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
    if isinstance(source, Mapping):
        source = [source]
    items = iter(source)
    nothing = object()
    first = next(items, nothing)
    if first is nothing:
        # Taken for none, it would let an output without this data set replace one that has it.
        raise UsageError(f"argument {name}: it holds no path and no record",
                         "leave it out, or give None, for a run without this data set", key=name)
    # Of a list of texts the first one tells; what can be read only once is lines.
    several = isinstance(source, Sequence) and isinstance(first, str) and not looks_like_a_line(first)
    if isinstance(first, os.PathLike) or several:
        return [os.fspath(each) for each in (first, *items)]
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gristmill-"))
    path = Path(folder, f"{name}.jsonl")
    with path.open("wb") as file:
        for number, record in enumerate(chain((first,), items), 1):
            file.write(as_line(name, number, record))
    return [str(path)]


def as_shared_paths(name: str, source: Source) -> list[str] | None:
    """The paths of an argument of `gristmill.spark.run`, which other machines can read; lines from memory they cannot."""
    if source is None:
        return None
    paths = [source] if isinstance(source, (str, os.PathLike, Mapping)) else list(source)
    for path in paths:
        if isinstance(path, (bytes, Mapping)) or isinstance(path, str) and looks_like_a_line(path):
            raise UsageError(f"argument {name}: lines from memory cannot go to a cluster",
                             "write them to a file that all executors can read, or use gristmill.run", key=name)
        if not isinstance(path, (str, os.PathLike)):
            raise UsageError(f"argument {name}: a path is of type {type(path).__name__}", "give paths as str or pathlib.Path",
                             key=name)
    return [os.fspath(path) for path in paths]
