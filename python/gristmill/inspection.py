"""What is in files that nobody has looked at yet, as tables; docs/guide/inspect.md says what each figure means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .tables import table_of

if TYPE_CHECKING:
    import pyarrow

FILES = {"path": "string", "name": "string", "data_set": "string", "said": "bool",
         "bytes": "int64", "compression": "string", "framing": "string", "lines": "int64",
         "collections": "int64", "predictions": "int64", "both": "int64", "neither": "int64",
         "unreadable": "int64", "blank": "int64", "accepted": "int64"}
SHAPES = {"data_set": "string", "shape": "string", "lines": "int64", "share": "double",
          "file": "string", "line": "int64", "example": "string"}
FIELDS = {"data_set": "string", "path": "string", "lines": "int64", "share": "double",
          "types": "map<string, int64>", "distinct": "int64", "distinct_exact": "bool",
          "samples": "list<string>"}
ISSUES = {"data_set": "string", "name": "string", "lines": "int64", "file": "string",
          "line": "int64", "begins": "string"}
MODELS = {"name": "string", "predictions": "int64"}


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

    def _found(self, kind: str) -> Iterator[tuple[str, Any]]:
        """What each data set has of a kind, with its name."""
        return ((name, each) for name, group in self.report["data_sets"].items() for each in group[kind])

    def _issues(self, kind: str) -> pyarrow.Table:
        return table_of(({"data_set": name, "name": issue, "lines": found["lines"], **(found["examples"] or [{}])[0]}
                         for name, group in self.report["data_sets"].items() for issue, found in group[kind].items()), ISSUES)

    @cached_property
    def files(self) -> pyarrow.Table:
        return table_of(self.report["files"], FILES)

    @cached_property
    def shapes(self) -> pyarrow.Table:
        return table_of(({"data_set": name, **shape, **shape["first"]} for name, shape in self._found("shapes")), SHAPES)

    @cached_property
    def fields(self) -> pyarrow.Table:
        return table_of(({"data_set": name, **field, "types": list(field["types"].items())}
                         for name, field in self._found("fields")), FIELDS)

    @cached_property
    def repairs(self) -> pyarrow.Table:
        return self._issues("repairs")

    @cached_property
    def rejections(self) -> pyarrow.Table:
        return self._issues("rejections")

    @cached_property
    def models(self) -> pyarrow.Table:
        return table_of(self.report["data_sets"]["predictions"]["models"], MODELS)

    def __repr__(self) -> str:
        groups = self.report["data_sets"].items()
        figures = [f"{group['lines']:,} lines of {name}" for name, group in groups if group["lines"]]
        return f"<gristmill.Inspection: {len(self.report['files'])} files, {', '.join(figures) or 'no line'}>"
