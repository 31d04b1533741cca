"""What a run or a check of data came to: its verdict and report, and its tables, each read when it is first asked for.

Tables of what was written are read through the engine's storage, so that an output on S3 needs no other way to it. Their
schemas stand here, so that an empty table has its columns too.
"""

from __future__ import annotations

import io
import json
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from . import _native, display

ACCOUNTING = pa.schema([("dataset", pa.string()), ("file", pa.string()), ("lines", pa.int64()), ("accepted", pa.int64()),
                        ("rejected", pa.int64()), ("blank", pa.int64()), ("bytes", pa.int64()), ("stored_bytes", pa.int64())])
CHECKS = pa.schema([("number", pa.int64()), ("name", pa.string()), ("status", pa.string()), ("severity", pa.string()),
                    ("collections", pa.int64()), ("predictions", pa.int64()), ("fail_above", pa.float64()),
                    ("unit", pa.string())])
CULPRITS = pa.schema([("check", pa.string()), ("dataset", pa.string()), ("file", pa.string()), ("line", pa.int64()),
                      ("session", pa.string()), ("what", pa.string())])
QUARANTINE = pa.schema([("dataset", pa.string()), ("file", pa.string()), ("line", pa.int64()), ("offset", pa.int64()),
                        ("reason", pa.string()), ("message", pa.string()), ("raw", pa.string()), ("raw_base64", pa.string())])


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)


class Result:
    """What a run or a check of data came to. Tables are `pyarrow.Table`; pandas, Polars and DuckDB take them as they are.

    Attributes
    ----------
    passed : bool
        No check failed.
    published : bool
        The output is there for readers. False for `validate`, and where a check failed.
    output : str or None
        The folder or ``s3://`` prefix: published, or staged where a check failed. None for `validate`.
    notes : list of str
        What was kept or could not be cleaned up.
    report : dict
        ``validation/report.json`` (docs/guide/report.md).
    html : str
        ``validation/report.html``.

    Examples
    --------
    >>> import gristmill as gm
    >>> line = '{"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000},'
    >>> result = gm.validate(collections=[line + '"behaviour":{}}'])
    >>> result.passed
    True
    >>> result.accounting.select(["file", "lines", "accepted"]).to_pylist()
    [{'file': 'collections.jsonl', 'lines': 1, 'accepted': 1}]
    """

    def __init__(self, engine: _native.Engine, result: _native.RunResult):
        self._engine = engine
        self._report_json = result.report_json
        self.published = result.published
        self.output = result.output
        self.notes = result.notes
        self.html = result.report_html
        self.report: dict[str, Any] = json.loads(result.report_json)
        volume = self.report["run"].get("volume", {})  # depends on what is replaced, and so is not in the verdict
        self.passed: bool = self.report["verdict"]["passed"] and all(one["status"] != "failed" for one in volume.values())

    def _read(self, name: str) -> bytes | None:
        return self._engine.read(f"{self.output}/{name}") if self.output else None

    @cached_property
    def sessions(self) -> pa.Table:
        """A row for each session, from ``aggregated-result/data.parquet``; of `validate` an empty table."""
        data = self._read("aggregated-result/data.parquet")
        if data is None:
            return pa.table({})
        return pyarrow.parquet.read_table(pa.BufferReader(pa.py_buffer(data)))

    @cached_property
    def accounting(self) -> pa.Table:
        """A row for each input file: its lines, each of which was accepted, rejected or blank."""
        return _table(self.report["accounting"]["files"], ACCOUNTING)

    @cached_property
    def validation(self) -> pa.Table:
        """A row for each check: findings by data set, verdict, and the threshold that it was held against."""
        rows = [{**check, **check["findings"], **(check.get("threshold") or {})} for check in self.report["checks"]]
        return _table(rows, CHECKS)

    @cached_property
    def culprits(self) -> pa.Table:
        """The first findings of each check, with file and line."""
        rows = [{"check": check["name"], **culprit} for check in self.report["checks"] for culprit in check.get("culprits", [])]
        return _table(rows, CULPRITS)

    @cached_property
    def quarantine(self) -> pa.Table:
        """A row for each rejected line, as it came; of `validate` none, since it writes nothing."""
        rows = []
        for dataset in ("collections", "predictions"):
            data = self._read(f"quarantine/{dataset}.jsonl") or b""
            rows += [json.loads(line) for line in io.BytesIO(data)]
        return _table(rows, QUARANTINE)

    def __repr__(self) -> str:
        verdict = "published" if self.published else "passed" if self.passed else "failed"
        return f"<gristmill.Result {verdict}: {', '.join(display.key_figures(self.report))}>"

    def _repr_html_(self) -> str:
        return display.as_html(self._report_json)
