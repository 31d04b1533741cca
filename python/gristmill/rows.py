"""Rows of one profile, as they lie in its partition, to a table.

Rows are what the input held: a field may be a number here and a text there, a number may have more digits than any type of
Arrow's, and a name may occur twice. Arrow's own reader of JSON refuses these, and takes texts that look like times for
times. So rows are read by Python, and what no type of Arrow's holds as it stands becomes a column of JSON text.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa

# Types of the columns that every row has. Others have the type of their values.
LABELS = {"profile_id": pa.string(), "session_id": pa.string(), "collection_id": pa.string(), "col_timestamp": pa.int64(),
          "platform": pa.string(), "behaviour_type": pa.string()}
PREDICTIONS = {"profile_id": pa.string(), "session_id": pa.string(), "collection_id": pa.string(), "timestamp": pa.int64(),
               "model_name": pa.string(), "score": pa.float64(), "confidence": pa.float64()}

IS_JSON = {"content": "json"}  # metadata of a column of JSON text
MISSING = "__HIVE_DEFAULT_PARTITION__"
ESCAPED = re.compile(rb"[\x00-\x1f\x7f\"#%'*/:=?\\{\[\]^]")


def partition_name(profile: str | None) -> str:
    """The folder of a profile (src/record/hive_name.cc says why so).

    Raises
    ------
    UnicodeEncodeError
        There is a lone surrogate in it.

    Examples
    --------
    >>> partition_name("a/b"), partition_name(None), partition_name("Null")
    ('profile-id=a%2Fb', 'profile-id=__HIVE_DEFAULT_PARTITION__', 'profile-id=%4Eull')
    """
    if profile is None:
        return f"profile-id={MISSING}"
    name = profile.encode()
    text = ESCAPED.sub(lambda found: b"%%%02X" % found[0][0], name)
    if name == MISSING.encode() or name.lower() == b"null":
        text = b"%%%02X" % name[0] + name[1:]
    return f"profile-id={text.decode()}"


class _Unfit:
    """A number that neither int64 nor a double holds."""


UNFIT = _Unfit()
ACCEPTED = {pa.string(): {str}, pa.int64(): {int}, pa.float64(): {int, float}}


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


def _column(values: list[Any], wanted: pa.DataType | None) -> pa.Array | None:
    """The values in a type of Arrow's; None where none holds them as they are."""
    kinds = {type(value) for value in values} - {type(None)}
    if len(kinds) > 1 and kinds != {int, float} or _Unfit in kinds:
        return None
    if kinds == {str}:
        values = [value and _visible(value) for value in values]
    try:
        return pa.array(values, wanted if wanted is not None and kinds <= ACCEPTED[wanted] else None)
    except (pa.ArrowException, UnicodeEncodeError):  # different types, or such a number, further inside
        return None


def as_table(data: bytes, known: dict[str, pa.DataType]) -> pa.Table:
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
    lines = [line for line in data.decode().split("\n") if line]
    rows = [_decoder.decode(line) for line in lines]
    spelled: list[dict[str, str | None]] | None = None
    fields, columns = [], []
    for name in dict.fromkeys(name for row in rows for name in row):
        column = _column([row.get(name) for row in rows], known.get(name))
        if column is None:
            spelled = spelled or [_spelled(line) for line in lines]
            texts = pa.array([row.get(name) for row in spelled], pa.string())
            columns.append(texts)
            fields.append(pa.field(_visible(name), pa.string(), metadata=IS_JSON))
        else:
            columns.append(column)
            fields.append(pa.field(_visible(name), column.type))
    return pa.table(columns, schema=pa.schema(fields))
