"""What a run would do, found out without doing it: settings, files, resources, publication, credentials."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from . import _native


def _table(objects: Iterable[Any], attributes: dict[str, str]) -> pa.Table:
    """A row for each object; `attributes` by column."""
    rows = list(objects)
    return pa.table({column: [getattr(row, attribute) for row in rows] for column, attribute in attributes.items()})


class Explanation:
    """What a run would do.

    Attributes
    ----------
    settings : pyarrow.Table
        Every setting: ``key``, ``value``, ``origin``.
    files : pyarrow.Table
        Every input file, in the order of reading: ``dataset``, ``path``, ``name``, ``bytes``.
    threads : int
    memory : int
        Budget, in bytes.
    output : dict
        ``root``, ``way`` of publishing and ``reason``, ``staging`` folder, ``published_run`` that is there now, and whether
        it is ``busy``; empty without an output.
    credentials : dict
        Where those for each bucket come from; never a secret.
    """

    def __init__(self, engine: _native.Engine):
        settings = engine.settings()
        files = engine.files()
        resources = engine.resources()
        output = next(setting.value for setting in settings if setting.key == "output")
        self.settings = _table(settings, {"key": "key", "value": "value", "origin": "origin"})
        self.files = _table(files, {"dataset": "dataset", "path": "path", "name": "name", "bytes": "size"})
        self.threads = resources.threads
        self.memory = resources.memory
        self.output: dict[str, Any] = {}
        if output:
            plan = engine.plan_publication()
            self.output = {"root": plan.root, "way": plan.way, "reason": plan.way_reason, "staging": plan.staging_folder,
                           "published_run": plan.published_run, "busy": plan.busy}
        buckets = {path.split("/")[2] for path in (output, *(file.path for file in files)) if path.startswith("s3://")}
        self.credentials = {bucket: engine.describe_credentials(f"s3://{bucket}/") for bucket in sorted(buckets)}

    def __repr__(self) -> str:
        return f"<gristmill.Explanation: {self.files.num_rows} files, {self.threads} threads, {self.memory} bytes of memory>"
