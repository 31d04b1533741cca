"""What is in files that nobody has looked at yet, as tables; docs/guide/inspect.md says what each figure means."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from .tables import table_of

COUNTS = pa.map_(pa.string(), pa.int64())
FILES = pa.schema([("path", pa.string()), ("name", pa.string()), ("data_set", pa.string()), ("said", pa.bool_()),
                   ("bytes", pa.int64()), ("compression", pa.string()), ("framing", pa.string()), ("lines", pa.int64()),
                   ("collections", pa.int64()), ("predictions", pa.int64()), ("both", pa.int64()), ("neither", pa.int64()),
                   ("unreadable", pa.int64()), ("blank", pa.int64()), ("accepted", pa.int64())])
SHAPES = pa.schema([("data_set", pa.string()), ("shape", pa.string()), ("lines", pa.int64()), ("share", pa.float64()),
                    ("file", pa.string()), ("line", pa.int64()), ("example", pa.string())])
FIELDS = pa.schema([("data_set", pa.string()), ("path", pa.string()), ("lines", pa.int64()), ("share", pa.float64()),
                    ("types", COUNTS), ("distinct", pa.int64()), ("distinct_exact", pa.bool_()),
                    ("samples", pa.list_(pa.string()))])
ISSUES = pa.schema([("data_set", pa.string()), ("name", pa.string()), ("lines", pa.int64()), ("file", pa.string()),
                    ("line", pa.int64()), ("begins", pa.string())])
MODELS = pa.schema([("name", pa.string()), ("predictions", pa.int64())])


class Inspection:
    """What is in files: their shapes and fields, what a run would repair and reject, and a recipe to start from.

    Attributes
    ----------
    files : pyarrow.Table
        A row for each file: ``path``, ``name``, its ``data_set`` (``collections``, ``predictions`` or ``neither``), whether
        that was ``said``, stored ``bytes``, ``compression``, ``framing``, and lines by what they are.
    shapes, fields : pyarrow.Table
        Those in most lines of each data set, with the ``share`` (0 to 1) of its readable lines. Of a field: ``types``, lines
        by type; ``distinct`` values, an estimate unless ``distinct_exact``; ``samples``: the first different values, as texts.
    repairs, rejections : pyarrow.Table
        Those that a run would make: lines by data set and name, and where the first one is.
    models : pyarrow.Table
        The most frequent models with their predictions.
    remarks : list of str
        What should be known before a run.
    recipe : str
        YAML to start from; `Recipe.from_yaml` reads it from a file.
    report : dict
        All of it, as the command's ``--format json`` writes it.
    """

    def __init__(self, inspection_json: str):
        self.report: dict[str, Any] = json.loads(inspection_json)
        self.remarks: list[str] = self.report["remarks"]
        self.recipe: str = self.report["recipe"]
        groups = self.report["data_sets"]
        self.files = table_of(self.report["files"], FILES)
        self.shapes = table_of(({"data_set": name, **shape, **shape["first"]} for name, group in groups.items()
                              for shape in group["shapes"]), SHAPES)
        self.fields = table_of(({"data_set": name, **field, "types": list(field["types"].items())}
                              for name, group in groups.items() for field in group["fields"]), FIELDS)
        self.repairs, self.rejections = (
            table_of(({"data_set": name, "name": issue, "lines": found["lines"], **(found["examples"] or [{}])[0]}
                    for name, group in groups.items() for issue, found in group[kind].items()), ISSUES)
            for kind in ("repairs", "rejections"))
        self.models = table_of(groups["predictions"]["models"], MODELS)

    def __repr__(self) -> str:
        groups = self.report["data_sets"].items()
        figures = [f"{group['lines']:,} lines of {name}" for name, group in groups if group["lines"]]
        return f"<gristmill.Inspection: {self.files.num_rows} files, {', '.join(figures) or 'no line'}>"
