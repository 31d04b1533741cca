"""Rows of one profile, as they lie in its partition, to a table.

Rows are what the input held: a field may be a number here and a text there, a number may have more digits than any type of
Arrow's, and a name may occur twice. Arrow's own reader of JSON refuses these, and takes texts that look like times for
times. So rows are read by Python, and what no type of Arrow's holds as it stands becomes a column of JSON text.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _native
from .arrow import pa
from .tables import type_named

if TYPE_CHECKING:
    import pyarrow

# Types of the columns that every row has. Others have the type of their values.
LABELS = {"profile_id": "string", "session_id": "string", "collection_id": "string", "col_timestamp": "int64",
          "platform": "string", "behaviour_type": "string"}
PREDICTIONS = {"profile_id": "string", "session_id": "string", "collection_id": "string", "timestamp": "int64",
               "model_name": "string", "score": "double", "confidence": "double"}

IS_JSON = {"content": "json"}  # metadata of a column of JSON text
BLOCK = 10_000  # rows that are held as objects of Python's, which are ten times as large
LONGEST_FOLDER = 255  # bytes of its name


def partition_name(profile: str | None) -> str | None:
    """The folder of a profile (src/record/hive_name.cc says why so); None if no row can have this id.

    That is so of one with a lone surrogate, and where the folder's name would have more than 255 bytes.

    Examples
    --------
    >>> partition_name("a/b"), partition_name(None), partition_name("Null")
    ('profile-id=a%2Fb', 'profile-id=__HIVE_DEFAULT_PARTITION__', 'profile-id=%4Eull')
    """
    profile = profile or ""
    try:
        profile.encode()
    except UnicodeEncodeError:
        return None
    folder = _native.partition_name(profile=profile)
    return folder if len(folder.encode()) <= LONGEST_FOLDER else None


class _Unfit:
    """A number that neither int64 nor a double holds."""


UNFIT = _Unfit()
ACCEPTED = {"string": {str}, "int64": {int}, "double": {int, float}}


def _integer(digits: str) -> Any:
    value = int(digits) if len(digits) <= 20 else None
    return value if value is not None and -(2**63) <= value < 2**63 else UNFIT


def _fraction(digits: str) -> Any:
    value = float(digits)
    return UNFIT if value in (float("inf"), float("-inf")) else value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members; the further ones of a name get _2, _3, ... at its end, the first that is free."""
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    taken = {name for name, _ in pairs}
    members = {}
    for name, value in pairs:
        free, number = name, 1
        while free in members or (number > 1 and free in taken):
            number += 1
            free = f"{name}_{number}"
        members[free] = value
    return members


_decoder = json.JSONDecoder(object_pairs_hook=_members, parse_int=_integer, parse_float=_fraction)


def _spelled(row: str) -> dict[str, str | None]:
    """The values of a row as they are spelled in it; of a null, None. Rows have no white space between tokens."""
    pairs: list[tuple[str, str | None]] = []
    at = 1
    while row[at - 1] != "}" and row[at] != "}":
        name, colon = _decoder.raw_decode(row, at)
        value, end = _decoder.raw_decode(row, colon + 1)
        pairs.append((name, None if value is None else row[colon + 1:end]))
        at = end + 1
    return _members(pairs)


def _visible(text: str) -> str:
    """A text that is valid Unicode: lone surrogates become U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _holds(held: Any, value: Any) -> bool:
    """Whether what Arrow holds is the value: true among fractions it would take for 1.0."""
    if isinstance(value, dict):
        return all(_holds(held[name], each) for name, each in value.items())
    if isinstance(value, list):
        return all(map(_holds, held, value))
    return isinstance(held, bool) == isinstance(value, bool)


def _column(values: list[Any], wanted: str | None) -> pyarrow.Array | None:
    """The values in a type of Arrow's; None where none holds them as they are."""
    kinds = {type(value) for value in values} - {type(None)}
    if len(kinds) > 1 and kinds != {int, float}:  # Arrow takes some such for one
        return None
    if kinds == {str}:
        values = [value and _visible(value) for value in values]
    try:
        column = pa.array(values, type_named(wanted) if wanted is not None and kinds <= ACCEPTED[wanted] else None)
    except (pa.ArrowException, UnicodeEncodeError):  # different types, or such a number, further inside; UNFIT
        return None
    return column if not kinds & {dict, list} or _holds(column.to_pylist(), values) else None


def _blocks(data: bytes) -> Iterator[list[str]]:
    lines = io.BytesIO(data)
    while block := [line.decode().rstrip("\n") for line in islice(lines, BLOCK)]:
        yield block


class _Part(NamedTuple):
    """Columns of some rows; one is None that no type of Arrow's holds."""

    names: list[str]
    columns: dict[str, pyarrow.Array | None]
    rows: int


def _columns(rows: list[dict[str, Any]], known: dict[str, str]) -> _Part:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _Part(names, {name: _column([row.get(name) for row in rows], known.get(name)) for name in names}, len(rows))


def _joined(chunks: list[pyarrow.Array | None]) -> pyarrow.ChunkedArray | None:
    """One column of one type; None where no type holds all."""
    if any(chunk is None for chunk in chunks):
        return None
    try:
        return pa.concat_tables([pa.table({"": chunk}) for chunk in chunks], promote_options="permissive").column(0)
    except pa.ArrowException:
        return None


def as_table(data: bytes, known: dict[str, str]) -> pyarrow.Table:
    """A row for each line, a column for each field, in the order in which they first occur.

    Parameters
    ----------
    data : bytes
        JSON Lines, as they lie in a partition.
    known : dict
        Types of columns that hold whatever the values are: `LABELS` or `PREDICTIONS`. One whose values do not have its type
        all the same gets that of its values.

    Raises
    ------
    ValueError
        These are no JSON Lines.

    Examples
    --------
    >>> as_table(b'{"x":1,"y":"a"}\\n{"x":1.0,"y":[1.50]}\\n', {}).to_pylist()
    [{'x': 1.0, 'y': '"a"'}, {'x': 1.0, 'y': '[1.50]'}]
    """
    parts = [_columns([_decoder.decode(line) for line in lines], known) for lines in _blocks(data)]
    spelled: list[dict[str, str | None]] | None = None
    fields, columns = [], []
    for name in dict.fromkeys(name for part in parts for name in part.names):
        column = _joined([part.columns.get(name, pa.nulls(part.rows)) for part in parts])
        if column is None:
            spelled = spelled or [_spelled(line) for lines in _blocks(data) for line in lines]
            column = pa.chunked_array([pa.array([row.get(name) for row in spelled], pa.string())])
            fields.append(pa.field(_visible(name), pa.string(), metadata=IS_JSON))
        else:
            fields.append(pa.field(_visible(name), column.type))
        columns.append(column)
    return pa.table(columns, schema=pa.schema(fields))
