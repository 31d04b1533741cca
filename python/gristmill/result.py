"""What a run or a check of data came to: its verdict and report, and its tables, each read when it is first asked for.

Tables of what was written are read through the engine's storage, so that an output on S3 needs no other way to it. Their
schemas stand here, so that an empty table has its columns too. All tables of a result are of one run: when another one has
replaced the output, reading says so.
"""

from __future__ import annotations

import difflib
import io
import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import _native, display, rows
from .arrow import pa
from .errors import OutputError, UsageError
from .tables import table_of

if TYPE_CHECKING:
    import pyarrow

ACCOUNTING = {"dataset": "string", "file": "string", "lines": "int64", "accepted": "int64",
              "rejected": "int64", "repaired": "int64", "blank": "int64",
              "bytes": "int64", "stored_bytes": "int64"}
BATCHES = {"batch": "int64", "run_id": "string", "started": "string", "files": "int64",
           **{f"{dataset}_{name}": "int64" for dataset in ("collections", "predictions")
             for name in ("lines", "accepted", "rejected", "blank", "rows")},
           "new_sessions": "int64", "touched_sessions": "int64", "passed": "bool"}
HISTORY = {"run_id": "string", "started": "string", "files": "int64",
           **{f"{dataset}_{name}": "int64" for dataset in ("collections", "predictions")
             for name in ("lines", "accepted", "rejected", "blank", "rows")},
           "sessions": "int64", "passed": "bool", "drift": "list<string>", "accepted": "bool"}
CHECKS = {"number": "int64", "name": "string", "status": "string", "severity": "string",
          "collections": "int64", "predictions": "int64", "fail_above": "double",
          "unit": "string"}
CULPRITS = {"check": "string", "dataset": "string", "file": "string", "line": "int64",
            "session": "string", "what": "string"}
QUARANTINE = {"dataset": "string", "file": "string", "line": "int64", "offset": "int64",
              "reason": "string", "message": "string", "raw": "string", "raw_base64": "string"}
MODELS = {"profile_id": "string", "session_id": "string", "model_name": "string",
          "predictions": "int64", "scored": "int64", "failed": "int64", "mean_score": "double",
          "weighted_mean_score": "double", "min_score": "double", "max_score": "double"}
MOST_SESSIONS_SEARCHED = 10_000  # for profiles that are spelled nearly as one that is not there


def flat(run: dict) -> dict:
    """A line of a history with the counts of its data sets as members of its own."""
    return {**run, **{f"{dataset}_{name}": run[dataset][name] for dataset in ("collections", "predictions")
                      for name in ("lines", "accepted", "rejected", "blank", "rows")}}


class Result:
    """What a run or a check of data came to, or an output that was opened.

    Tables are `pyarrow.Table`; pandas, Polars and DuckDB take them as they are.

    Attributes
    ----------
    passed : bool
        No check failed.
    published : bool
        The output is there for readers. False for `validate`, and where a check failed.
    output : str or None
        The folder or ``s3://`` prefix: published, or staged where a check failed. None for `validate`.
    run_id : str
        Of the run that wrote it.
    notes : list of str
        What was kept or could not be cleaned up; of an output that was opened, which one it is where there are two.
    report : dict
        ``validation/report.json`` (docs/guide/report.md).

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

    def __init__(self, engine: _native.Engine, *, published: bool, output: str | None, notes: list[str], report_json: str,
                 html: str | None = None):
        self._engine = engine
        self._report_json = report_json
        self._html = html
        self.published = published
        self.output = output
        self.notes = notes
        self.report: dict[str, Any] = json.loads(report_json)
        self.run_id: str = self.report["run"]["run_id"]
        volume = self.report["run"].get("volume", {})  # depends on what is replaced, and so is not in the verdict
        batch = self.report["run"].get("batch")  # an update is judged by what it added
        self.passed: bool = (batch["passed"] if batch else self.report["verdict"]["passed"]) and all(one["status"] != "failed" for one in volume.values())

    def _find(self, name: str) -> bytes | None:
        """The bytes of a file of the output; None if there is none."""
        data = self._engine.read(f"{self.output}/{name}")
        if self.published:
            now = self._engine.find_output(kept=False).run_id
            if now != self.run_id:
                raise OutputError(f"'{self.output}' holds the output of run {now} now, and no more that of run {self.run_id}",
                                  "open it again", file=self.output)
        return data

    def _read(self, name: str) -> bytes:
        data = self._find(name)
        if data is None:
            advice = "run again to write it anew" if self.published else "it was published or removed meanwhile: open the output again"
            raise OutputError(f"'{self.output}/{name}' is missing", advice, file=f"{self.output}/{name}")
        return data

    def _read_parquet(self, name: str) -> pyarrow.Table:
        try:
            return pa.parquet.read_table(pa.BufferReader(pa.py_buffer(self._read(name))))
        except pa.ArrowException as error:
            raise OutputError(f"'{self.output}/{name}' is damaged: {error}", "run again to write it anew",
                              file=f"{self.output}/{name}") from None

    @cached_property
    def html(self) -> str:
        """``validation/report.html``."""
        return self._read("validation/report.html").decode() if self._html is None else self._html

    @cached_property
    def sessions(self) -> pyarrow.Table:
        """A row for each session, from ``aggregated-result/data.parquet``; of `validate` an empty table."""
        return self._read_parquet("aggregated-result/data.parquet") if self.output else pa.table({})

    @cached_property
    def models(self) -> pyarrow.Table:
        """A row for each session and model, from ``aggregated-models/data.parquet``; of `validate` an empty table.

        ``profile_id``, ``session_id``, ``model_name`` (null: a missing one); ``predictions``, of which ``scored`` and
        ``failed``; ``mean_score``, ``weighted_mean_score`` (by confidence), ``min_score``, ``max_score``, null where nothing
        is scored. Sorted by the first three.
        """
        return self._read_parquet("aggregated-models/data.parquet") if self.output else table_of([], MODELS)

    def labels(self, profile: str | None, session: str | None = None) -> pyarrow.Table:
        """The rows of one profile's collections: one for each entry. Only its file is read, and held in memory.

        Parameters
        ----------
        profile : str or None
            Its id; None: the rows without one.
        session : str, optional
            Only the rows of this session.

        Returns
        -------
        pyarrow.Table
            A column for each field, in the order in which they first occur. A field whose values are of different JSON
            types, or a number that no type of Arrow's holds, is text: each value as JSON, as it is spelled in the file; its
            field has the metadata ``content: json``.

        Raises
        ------
        UsageError
            The profile has no such rows, or nothing was written (`validate`).
        OutputError
            The file is damaged, or another run has replaced the output.
        """
        return self._rows("labels", "collections", rows.LABELS, profile, session)

    def predictions(self, profile: str | None, session: str | None = None) -> pyarrow.Table:
        """The rows of one profile's predictions: one for each. Otherwise as `labels`.

        Parameters
        ----------
        profile, session
            As for `labels`.

        Returns
        -------
        pyarrow.Table

        Raises
        ------
        UsageError, OutputError
            As `labels`.
        """
        return self._rows("predictions", "predictions", rows.PREDICTIONS, profile, session)

    def _rows(self, folder: str, file: str, known: dict[str, str], profile: str | None, session: str | None) -> pyarrow.Table:
        if self.output is None:
            raise UsageError("nothing was written, so no profile has rows", "use gristmill.run, or open an output")
        if profile == "":
            raise UsageError("argument profile: it is empty", "give None for the rows without a profile", key="profile")
        for name, value in (("profile", profile), ("session", session)):
            if not isinstance(value, (str, type(None))):
                raise UsageError(f"argument {name}: {value!r} is of type {type(value).__name__}", "give its id as str", key=name)
        partition = rows.partition_name(profile)
        path = f"{folder}/{partition}"
        names = self._engine.list(f"{self.output}/{path}") if partition is not None else []
        # One file, or one a batch of an output that grows.
        found = [self._find(f"{path}/{name}") for name in names if re.fullmatch(rf"{file}(-[0-9-]+)?\.jsonl", name)]
        data = b"".join(part for part in found if part is not None)
        if not found:
            self._find(f"{path}/{file}.jsonl")  # another run may have published meanwhile
            what = "no row is without a profile" if profile is None else f"there is no profile {profile!r}"
            raise UsageError(f"argument profile: {what} in '{self.output}/{folder}'", self._near(profile), key="profile")
        try:
            table = rows.as_table(data, known)
        except ValueError as error:
            damaged = f"{self.output}/{path}/{names[0]}" if len(found) == 1 else f"{self.output}/{path}"
            raise OutputError(f"'{damaged}' is damaged: {error}", "gristmill.verify tells what else is", file=damaged) from None
        return table if session is None else table.filter(pa.compute.equal(table["session_id"], session))

    def _near(self, profile: str | None) -> str:
        """Advice about a profile that is not there; without reading a large table for it."""
        if profile is None or self.report["accounting"]["rows"].get("sessions", 0) > MOST_SESSIONS_SEARCHED:
            return "sessions['profile_id'] has those that there are"
        near = difflib.get_close_matches(profile, self.sessions["profile_id"].unique().to_pylist())
        return f"did you mean {' or '.join(map(repr, near))}?" if near else "sessions['profile_id'] has those that there are"

    @cached_property
    def accounting(self) -> pyarrow.Table:
        """A row for each input file: its lines, each of which was accepted, rejected or blank."""
        return table_of(self.report["accounting"]["files"], ACCOUNTING)

    @cached_property
    def batches(self) -> pyarrow.Table:
        """A row for each batch of an output that grows: when it came, its files, lines, sessions and verdict.

        Raises
        ------
        UsageError
            The output does not grow.
        """
        data = self._find("validation/batches.jsonl") if self.output else None
        if data is None:
            raise UsageError("the output does not grow, so that it has no batches", "gristmill.run(..., accumulate=True) makes one")
        return table_of([flat(batch) for batch in map(json.loads, data.splitlines())], BATCHES)

    @cached_property
    def history(self) -> pyarrow.Table:
        """A row for each run before, oldest first, and for this one: its counts, and the measures that differed then (`drift`).

        Raises
        ------
        UsageError
            The output has no history: nothing was written, or by a version of gristmill that left none.
        """
        names = ("validation/batches.jsonl", "validation/history.jsonl")
        data = next(filter(None, map(self._find, names)), None) if self.output else None
        if data is None:
            raise UsageError("the output has no history", "the next gristmill.run(...) into it begins one")
        return table_of([{"sessions": run.get("touched_sessions"), "accepted": False, **flat(run)}
                         for run in map(json.loads, data.splitlines())], HISTORY)

    @cached_property
    def validation(self) -> pyarrow.Table:
        """A row for each check: findings by data set, verdict, and the threshold that it was held against."""
        checks = self.report["checks"]
        return table_of([{**check, **check["findings"], **(check.get("threshold") or {})} for check in checks], CHECKS)

    @cached_property
    def culprits(self) -> pyarrow.Table:
        """The first findings of each check, with file and line."""
        return table_of([{"check": check["name"], **culprit} for check in self.report["checks"]
                       for culprit in check.get("culprits", [])], CULPRITS)

    @cached_property
    def quarantine(self) -> pyarrow.Table:
        """A row for each rejected line, as it came; of `validate` none, since it writes nothing."""
        lines: list[dict[str, Any]] = []
        for dataset in ("collections", "predictions") if self.output else ():
            data = self._find(f"quarantine/{dataset}.jsonl") or b""
            lines += [json.loads(line) for line in io.BytesIO(data)]
        return table_of(lines, QUARANTINE)

    def __repr__(self) -> str:
        verdict = "published" if self.published else "passed" if self.passed else "failed"
        return f"<gristmill.Result {verdict}: {', '.join(display.key_figures(self.report))}>"

    def _repr_html_(self) -> str:
        return display.as_html(self._report_json)


def result_of_run(engine: _native.Engine, result: _native.RunResult) -> Result:
    """What `engine` has just come to."""
    if result.unchanged:
        return result_of_output(engine, kept=False)
    return Result(engine, published=result.published, output=result.output, notes=result.notes,
                  report_json=result.report_json, html=result.report_html)


def result_of_output(engine: _native.Engine, kept: bool) -> Result:
    """What lies at the output of `engine`; `kept`: what a failed check kept back there."""
    try:
        found = engine.find_output(kept=kept)
    except UsageError as error:
        if not kept:
            raise
        raise UsageError(error.message, "leave kept out to read what is published", file=error.file, key="kept") from None
    notes = []
    if found.kept and not kept:
        notes.append(f"nothing is published; this is the output of run {found.run_id}, kept back by a failed check")
    elif found.waiting_run:
        notes.append(f"a failed check keeps the output of run {found.waiting_run} back: kept=True opens it")
    path = f"{found.folder}/validation/report.json"
    report = engine.read(path)
    try:
        if report is None:
            raise OutputError(f"'{path}' is missing", "run again to write it anew", file=path)
        return Result(engine, published=not found.kept, output=found.folder, notes=notes, report_json=report.decode())
    except (ValueError, KeyError) as error:
        raise OutputError(f"'{path}' is damaged: {error}", "run again to write it anew", file=path) from None
