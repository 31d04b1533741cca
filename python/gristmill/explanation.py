"""What a run would do, found out without doing it: settings, files, resources, publication, credentials."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import _native
from .tables import table_of

if TYPE_CHECKING:
    import pyarrow


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
        self._settings = engine.settings()
        self._files = engine.files()
        resources = engine.resources()
        output = next(setting.value for setting in self._settings if setting.key == "output")
        self.threads = resources.threads
        self.memory = resources.memory
        self.output: dict[str, Any] = {}
        if output:
            plan = engine.plan_publication()
            self.output = {"root": plan.root, "way": plan.way, "reason": plan.way_reason, "staging": plan.staging_folder,
                           "published_run": plan.published_run, "busy": plan.busy}
        buckets = {path.split("/")[2] for path in (output, *(file.path for file in self._files)) if path.startswith("s3://")}
        self.credentials = {bucket: engine.describe_credentials(f"s3://{bucket}/") for bucket in sorted(buckets)}

    @cached_property
    def settings(self) -> pyarrow.Table:
        return table_of(({"key": each.key, "value": each.value, "origin": each.origin} for each in self._settings),
                        {"key": "string", "value": "string", "origin": "string"})

    @cached_property
    def files(self) -> pyarrow.Table:
        return table_of(({"dataset": each.dataset, "path": each.path, "name": each.name, "bytes": each.size} for each in self._files),
                        {"dataset": "string", "path": "string", "name": "string", "bytes": "int64"})

    def __repr__(self) -> str:
        return f"<gristmill.Explanation: {len(self._files)} files, {self.threads} threads, {self.memory} bytes of memory>"
