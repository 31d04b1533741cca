"""Recorded app behaviour to tables: partitions by profile, session aggregates, and a verdict on the data.

    import gristmill as gm
    result = gm.run(collections="data/collections", predictions="data/predictions", output="out")
    result.sessions.to_pandas()

Inputs are files, folders, globs and ``s3://`` URIs, or lines from memory. What happens to the data is told in
docs/guide/data-contract.md, every setting in docs/guide/settings.md.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Union

import pyarrow

from . import _native
from .credentials import as_keys
from .errors import GristmillError, InputError, InternalError, OutputError, UsageError
from .progress import carried_out
from .recipe import Recipe, as_recipe
from .result import Result

__all__ = ["Explanation", "GristmillError", "InputError", "InternalError", "OutputError", "Recipe", "Result", "UsageError",
           "explain", "generate", "run", "validate"]
__version__ = _native.__version__

ARROW = "26.0.1"
if pyarrow.__version__ != ARROW:
    raise ImportError(f"gristmill was built for pyarrow {ARROW}, and {pyarrow.__version__} is installed: "
                      f"pip install pyarrow=={ARROW}")

Source = Union[str, os.PathLike, Iterable[Union[str, bytes, os.PathLike]], None]
Recipes = Union[Recipe, Mapping[str, Any], str, os.PathLike, None]


def looks_like_a_line(value: str | bytes) -> bool:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text.lstrip("\ufeff \t\r\n").startswith(("{", "[")) or text.strip() == ""


def _paths(name: str, source: Source, stack: ExitStack) -> list[str]:
    """Paths as they are; lines in a file that lasts as long as `stack`."""
    if source is None:
        return []
    if isinstance(source, (str, os.PathLike)):
        return [os.fspath(source)]
    items = iter(source)
    first = next(items, None)
    if first is None:
        return []
    # Of a list of texts the first one tells; what can be read only once is lines.
    several = isinstance(source, Sequence) and isinstance(first, str) and not looks_like_a_line(first)
    if isinstance(first, os.PathLike) or several:
        return [os.fspath(each) for each in (first, *items)]
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gristmill-"))
    path = Path(folder, f"{name}.jsonl")
    with path.open("wb") as file:
        for line in (first, *items):
            if not isinstance(line, (str, bytes)):
                raise UsageError(f"argument {name}: a line is of type {type(line).__name__}", "give lines as str or bytes")
            data = line.encode() if isinstance(line, str) else line
            file.write(data if data.endswith(b"\n") else data + b"\n")
    return [str(path)]


def _job(recipe: Recipes, keywords: dict[str, Any], credentials: Any, stack: ExitStack) -> _native.Job:
    for name in ("collections", "predictions"):
        source = keywords.pop(name, None)
        if source is not None:
            keywords[name] = _paths(name, source, stack) or None
    values = as_recipe(recipe, keywords).values_for_engine()
    return _native.Job(values, dict(os.environ), os.getcwd(), as_keys(credentials))


def run(*, collections: Source = None, predictions: Source = None, output: str | os.PathLike[str] | None = None,
        recipe: Recipes = None, credentials: Any = None, progress: bool | None = None, **settings: Any) -> Result:
    """Partition, aggregate, check and publish both data sets.

    Parameters
    ----------
    collections, predictions
        A path (file, folder, glob or ``s3://`` URI), several of them, or an iterable of lines (`str` or `bytes`), for
        small work. A list of `str` is one of lines if the first begins with a bracket. Either may be left out.
    output
        The folder or ``s3://`` prefix that the output replaces as a whole.
    recipe
        A `Recipe`, a dict, or the path of a recipe file; what is given here besides wins over it.
    credentials
        For S3, before every other place: a `boto3.Session`, its credentials, or a dict with ``access_key``, ``secret_key``
        and perhaps ``token``. Without it they are found as by every AWS tool (docs/operate/s3.md).
    progress
        True: show a bar (needs tqdm); False: show none; None: on a terminal or in a notebook, if tqdm is there.
    **settings
        Further settings, as for `Recipe`: ``threads=2``, ``memory="512MiB"``, ``checks={"range": "ignore"}``.

    Returns
    -------
    Result
        Also where a check failed: then `passed` is False, nothing is published, and the output stays staged.

    Raises
    ------
    UsageError, InputError, OutputError, InternalError
        Nothing is published (the message says so where it is otherwise).
    KeyboardInterrupt
        After Ctrl-C or a notebook's stop button; nothing is published.
    """
    with ExitStack() as stack:
        keywords = {"collections": collections, "predictions": predictions, "output": output, **settings}
        job = _job(recipe, keywords, credentials, stack)
        return Result(job, *carried_out(job, lambda: job.run(True), progress))


def validate(*, collections: Source = None, predictions: Source = None, recipe: Recipes = None, credentials: Any = None,
             progress: bool | None = None, **settings: Any) -> Result:
    """Check both data sets and write nothing. Parameters, result and exceptions are those of `run`."""
    with ExitStack() as stack:
        keywords = {"collections": collections, "predictions": predictions, **settings}
        job = _job(recipe, keywords, credentials, stack)
        return Result(job, *carried_out(job, lambda: job.run(False), progress))


class Explanation:
    """What a run would do.

    Attributes
    ----------
    settings : pyarrow.Table
        Every setting with its value and origin.
    files : pyarrow.Table
        Every input file, in the order of reading.
    threads : int
    memory : int
        Budget, in bytes.
    output : dict
        Root, way of publishing and why, staging folder, the run that is published there now; empty without an output.
    credentials : dict
        Where those for each bucket come from; never a secret.
    """

    def __init__(self, job: _native.Job):
        def table(names: tuple[str, ...], rows: list[tuple]) -> pyarrow.Table:
            return pyarrow.table({name: [row[i] for row in rows] for i, name in enumerate(names)})
        settings = job.settings()
        files = job.files()
        self.settings = table(("key", "value", "origin"), settings)
        self.files = table(("dataset", "path", "name", "bytes"), files)
        self.threads, self.memory = job.resources()
        output = dict((key, value) for key, value, _ in settings)["output"]
        names = ("root", "way", "reason", "staging", "published_run", "busy")
        self.output = dict(zip(names, job.outlook())) if output else {}
        buckets = {path.split("/")[2] for path in [output, *(path for _, path, _, _ in files)] if path.startswith("s3://")}
        self.credentials = {bucket: job.describe(f"s3://{bucket}/") for bucket in sorted(buckets)}

    def __repr__(self) -> str:
        return f"<gristmill.Explanation: {self.files.num_rows} files, {self.threads} threads, {self.memory} bytes of memory>"


def explain(*, collections: Source = None, predictions: Source = None, output: str | os.PathLike[str] | None = None,
            recipe: Recipes = None, credentials: Any = None, **settings: Any) -> Explanation:
    """What `run` would do with the same arguments; does nothing."""
    with ExitStack() as stack:
        keywords = {"collections": collections, "predictions": predictions, "output": output, **settings}
        return Explanation(_job(recipe, keywords, credentials, stack))


def generate(output: str | os.PathLike[str], *, profiles: int = 1000, sessions: int = 10, collections: int = 5,
             behaviours: int = 60, predictions: int | None = None, zipf_exponent: float = 0.0,
             anomalies: Mapping[str, float] | None = None, spaced: bool = False, files: int = 1,
             compression: str | None = None, seed: int = 1, threads: int | None = None, force: bool = False) -> pyarrow.Table:
    """Write synthetic data of a chosen shape (docs/guide/generate.md).

    Parameters
    ----------
    output
        The folder that gets ``collections/`` and ``predictions/``.
    profiles, sessions, collections, behaviours, predictions
        Profiles in all; sessions of a profile; collections and predictions of a session; entries of a collection.
    zipf_exponent
        0: all profiles alike; above: one giant among many.
    anomalies
        Share of the lines (0 to 1) that carry an anomaly, by its name.
    compression
        None, "gz" or "zst".

    Returns
    -------
    pyarrow.Table
        A row for each data set: lines, bytes, and the lines with each anomaly.
    """
    if compression not in (None, "gz", "zst"):
        raise UsageError(f"argument compression: {compression!r} is not known", "write 'gz', 'zst' or None")
    shape = {"profiles": profiles, "sessions": sessions, "collections": collections, "behaviours": behaviours,
             "predictions": collections if predictions is None else predictions, "files": files, "seed": seed}
    if threads is not None:
        shape["threads"] = threads
    made = _native.generate(os.fspath(output), shape, zipf_exponent, list((anomalies or {}).items()), spaced, compression or "", force)
    rows = [{"dataset": name, "lines": lines, "bytes": size, "anomalies": list(carried.items())}
            for name, (lines, size, carried) in zip(("collections", "predictions"), made)]
    schema = pyarrow.schema([("dataset", pyarrow.string()), ("lines", pyarrow.int64()), ("bytes", pyarrow.int64()),
                             ("anomalies", pyarrow.map_(pyarrow.string(), pyarrow.int64()))])
    return pyarrow.Table.from_pylist(rows, schema=schema)
