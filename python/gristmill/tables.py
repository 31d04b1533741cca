"""Rows as a table of columns that are known beforehand, so that an empty one has its columns too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .arrow import pa

if TYPE_CHECKING:
    import pyarrow

# The types of columns by their names: Arrow's own aliases, and these.
NESTED = {"list<string>": lambda: pa.list_(pa.string()), "map<string, int64>": lambda: pa.map_(pa.string(), pa.int64())}


def type_named(name: str) -> pyarrow.DataType:
    return NESTED[name]() if name in NESTED else pa.type_for_alias(name)


def table_of(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> pyarrow.Table:
    """A row for each dict; what `columns` (types by name) does not name is left out, what a dict does not have is null."""
    schema = pa.schema([(name, type_named(kind)) for name, kind in columns.items()])
    return pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows], schema=schema)
