"""Rows as a table of a schema that is known beforehand, so that an empty one has its columns too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa


def table_of(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """A row for each dict; what the schema does not name is left out, what a dict does not have is null."""
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)
