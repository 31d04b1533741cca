"""Recorded app behaviour to tables: partitions by profile, session aggregates, and a verdict on the data.

    import gristmill as gm
    result = gm.run(collections="data/collections", predictions="data/predictions", output="out")
    result.sessions.to_pandas()

    gm.open("out").labels("amara").to_pandas()

Inputs are files, folders, globs and ``s3://`` URIs, or records from memory. What happens to the data is told in
docs/guide/data-contract.md, every setting in docs/guide/settings.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from . import _native
from .arrow import pa
from .credentials import as_keys
from .errors import CancelledError, GristmillError, InputError, InternalError, NoInputError, OutputError, UsageError
from .explanation import Explanation
from .inputs import Source, as_paths, is_paths
from .inspection import Inspection
from .progress import run_with_progress
from .recipe import Recipe, RecipeLike, as_recipe
from .result import Result, result_of_output, result_of_run
from .tables import table_of
from .verification import Verification

if TYPE_CHECKING:
    import pyarrow

__all__ = ["CancelledError", "Explanation", "GristmillError", "InputError", "Inspection", "InternalError", "NoInputError", "OutputError", "Recipe", "Result",
           "UsageError", "Verification", "explain", "forget", "generate", "inspect", "open", "publish", "replay", "run", "update", "validate", "verify"]
__version__ = _native.__version__
_SETTINGS_OF_A_REPLAY = ("threads", "memory", "spill_directory", "publish_anyway", "fsync", "require_new", "s3")
__arrow_version__ = _native.arrow_version  # of the Arrow that writes Parquet, which is gristmill's own


def _engine(recipe: RecipeLike, keywords: dict[str, Any], credentials: Any, stack: ExitStack) -> _native.Engine:
    for name in ("collections", "predictions"):
        source = keywords.pop(name, None)
        if source is not None:
            keywords[name] = as_paths(name, source, stack) or None
    return _native.Engine(settings=as_recipe(recipe, keywords).as_flags(), environment=dict(os.environ),
                          working_directory=os.getcwd(), keys=as_keys(credentials))


def run(*, collections: Source = None, predictions: Source = None, output: str | os.PathLike[str] | None = None,
        recipe: RecipeLike = None, credentials: Any = None, progress: bool | None = None, **settings: Any) -> Result:
    """Partition, aggregate, check and publish both data sets.

    Parameters
    ----------
    collections, predictions
        A path (file, folder, glob or ``s3://`` URI), several of them, or an iterable of records, for small work: dicts, or
        lines as `str` or `bytes`. A list of `str` is one of lines if the first begins with a bracket. Either may be left
        out.
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
        engine = _engine(recipe, keywords, credentials, stack)
        return result_of_run(engine, run_with_progress(engine, lambda: engine.run(write=True), progress))


def update(*, collections: Source = None, predictions: Source = None, output: str | os.PathLike[str] | None = None,
           recipe: RecipeLike = None, credentials: Any = None, progress: bool | None = None, **settings: Any) -> Result:
    """Add what is new to an output that grows, and make it where there is none.

    Inputs that the output holds are not read again: afterwards it is, byte for byte, what one run over all inputs makes.

    Parameters
    ----------
    collections, predictions
        A path (file, folder, glob or ``s3://`` URI), or several of them. Records from memory cannot be added: a later run could
        not read them again.
    output, recipe, credentials, progress, **settings
        As for `run`; ``changed="ignore"``, ``require_new=True``.

    Returns
    -------
    Result
        Of the whole output; `Result.batches` tells what came when. If nothing is new, of the output as it is.

    Raises
    ------
    UsageError, InputError, NoInputError, OutputError, InternalError, KeyboardInterrupt
        As `run`; also where the output keeps no state, settings changed, or inputs that it holds have other bytes by now.
    """
    for name, source in (("collections", collections), ("predictions", predictions)):
        if source is not None and not is_paths(source):
            raise UsageError(f"argument {name}: records from memory cannot be added to an output that grows",
                             "write them to a file, and give its path", key=name)
    with ExitStack() as stack:
        keywords = {"collections": collections, "predictions": predictions, "output": output, **settings}
        engine = _engine(recipe, keywords, credentials, stack)
        return result_of_run(engine, run_with_progress(engine, engine.update, progress))


def replay(output: str | os.PathLike[str], *, collections: Source = None, predictions: Source = None, credentials: Any = None,
           progress: bool | None = None, **settings: Any) -> Result:
    """Add lines to an output that grows which were rejected, and are mended now (docs/guide/replay.md).

    Parameters
    ----------
    output
        The folder or ``s3://`` prefix of an output that grows.
    collections, predictions
        Lines of its quarantine whose ``raw`` is mended: a path, several of them, or an iterable of dicts or of lines.
    credentials, progress
        As for `run`.
    **settings
        Of the run, not of the data, which are those of the output: ``threads``, ``memory``, ``publish_anyway``, ``require_new``.

    Returns
    -------
    Result
        Of the whole output. If no line is accepted, of the output as it is. Those that are rejected again are told to the logger
        ``gristmill``.

    Raises
    ------
    UsageError, InputError, NoInputError, OutputError, InternalError, KeyboardInterrupt
        As `update`; `InputError` names a line that stands for none in quarantine, or for one that was resolved before.
    """
    for name in settings:
        if name not in _SETTINGS_OF_A_REPLAY:
            raise UsageError(f"argument {name}: settings that change the data are those of the output",
                             f"a replay takes {', '.join(_SETTINGS_OF_A_REPLAY)}", key=name)
    with ExitStack() as stack:
        keywords = {"collections": collections, "predictions": predictions, "output": output, **settings}
        engine = _engine(None, keywords, credentials, stack)
        return result_of_run(engine, run_with_progress(engine, engine.replay, progress))


def forget(output: str | os.PathLike[str], profiles: str | Iterable[str], *, key_file: str | os.PathLike[str], remember: bool = False,
           dry_run: bool = False, credentials: Any = None, progress: bool | None = None, **settings: Any) -> dict[str, Any]:
    """Take people who ask to be erased out of an output that grows (docs/guide/forget.md).

    Parameters
    ----------
    output
        The folder or ``s3://`` prefix of an output that grows.
    profiles
        A profile id, or several: as lines have them, white space at their ends left out.
    key_file
        The key by which ids are known from now on, as ``gristmill init --key FILE`` makes one.
    remember
        Ids of which there is nothing are left out of later lines too.
    dry_run
        Nothing is changed.
    credentials, progress
        As for `run`.
    **settings
        Of the run, not of the data: ``threads``, ``memory``, ``fsync``, ``spill_directory``, ``s3``.

    Returns
    -------
    dict
        The receipt: ``output``, ``time``, ``run_id``, ``people`` (the keyed hash of each id, in the order of `profiles`, and whether
        there was something), ``removed`` (counts), ``shared_files`` and ``own_files``.

    Raises
    ------
    UsageError
        An id is missing or blank, the key is none or another one, the output does not grow.
    OutputError, InternalError, KeyboardInterrupt
        As `update`.
    """
    ids = [each.strip(" \t\n\v\f\r") for each in ([profiles] if isinstance(profiles, str) else profiles)]
    if not ids or not all(ids):
        raise UsageError("argument profiles: " + ("an id is blank" if ids else "nobody is named"), "name people by the profile ids of their lines",
                         key="profiles")
    with ExitStack() as stack:
        keywords = {"output": output, "forget": {"key_file": os.fspath(key_file)}, **settings}
        engine = _engine(None, keywords, credentials, stack)
        return json.loads(run_with_progress(engine, lambda: engine.forget(profiles=ids, remember=remember, dry_run=dry_run), progress))


def validate(*, collections: Source = None, predictions: Source = None, recipe: RecipeLike = None, credentials: Any = None,
             progress: bool | None = None, **settings: Any) -> Result:
    """Check both data sets and write nothing.

    Parameters
    ----------
    collections, predictions, recipe, credentials, progress, **settings
        As for `run`.

    Returns
    -------
    Result
        With the report and its verdict, and nothing that would have been written.

    Raises
    ------
    UsageError, InputError, OutputError, InternalError, KeyboardInterrupt
        As `run`.
    """
    with ExitStack() as stack:
        keywords = {"collections": collections, "predictions": predictions, **settings}
        engine = _engine(recipe, keywords, credentials, stack)
        return result_of_run(engine, run_with_progress(engine, lambda: engine.run(write=False), progress))


def explain(*, collections: Source = None, predictions: Source = None, output: str | os.PathLike[str] | None = None,
            recipe: RecipeLike = None, credentials: Any = None, **settings: Any) -> Explanation:
    """Tell what `run` would do with the same arguments, and do nothing.

    Parameters
    ----------
    collections, predictions, output, recipe, credentials, **settings
        As for `run`.

    Returns
    -------
    Explanation

    Raises
    ------
    UsageError, InputError, OutputError, InternalError
        Those that `run` would raise before it reads a line.
    """
    with ExitStack() as stack:
        keywords = {"collections": collections, "predictions": predictions, "output": output, **settings}
        return Explanation(_engine(recipe, keywords, credentials, stack))


def inspect(*paths: str | os.PathLike[str], collections: Source = None, predictions: Source = None, shapes: int = 20,
            fields: int = 100, recipe: RecipeLike = None, credentials: Any = None, progress: bool | None = None,
            **settings: Any) -> Inspection:
    """Look into files that nobody knows yet, and write nothing (docs/guide/inspect.md).

    Parameters
    ----------
    *paths
        Files, folders, globs or ``s3://`` URIs, each file of which is taken for the data set that it looks like.
    collections, predictions
        In the place of `paths`: as for `run`, each for its data set.
    shapes, fields
        How many of each data set, those in most lines; at most 10,000.
    recipe, credentials, progress, **settings
        As for `run`.

    Returns
    -------
    Inspection

    Raises
    ------
    UsageError, InputError, InternalError, KeyboardInterrupt
        As `run`.

    Examples
    --------
    >>> import gristmill as gm
    >>> found = gm.inspect(collections=[{"metadata": {"user": "p", "session_id": "s"}, "behaviour": {}}])
    >>> found.fields.select(["path", "lines"]).to_pylist()[-1]
    {'path': 'metadata.user', 'lines': 1}
    """
    if paths and not (collections is None and predictions is None):
        raise UsageError("files are named both by place and as collections or predictions",
                         "name all of them by place, and each is taken for what it holds; or none")
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise UsageError(f"a path is of type {type(path).__name__}", "give paths as str or pathlib.Path, records as collections or "
                             "predictions")
    for name, number in (("shapes", shapes), ("fields", fields)):
        if not 0 <= number <= 10_000:
            raise UsageError(f"argument {name}: {number} is not between 0 and 10,000", "write how many to show; 0: none", key=name)
    with ExitStack() as stack:
        keywords = {"collections": collections, "predictions": predictions, **settings}
        engine = _engine(recipe, keywords, credentials, stack)
        named = [os.fspath(path) for path in paths]
        return Inspection(run_with_progress(engine, lambda: engine.inspect(paths=named, shapes=shapes, fields=fields), progress))


def _engine_at(output: str | os.PathLike[str], recipe: RecipeLike, credentials: Any, settings: dict[str, Any]) -> _native.Engine:
    """For an output that is there already."""
    with ExitStack() as stack:
        return _engine(recipe, {"output": output, **settings}, credentials, stack)


def open(output: str | os.PathLike[str], *, kept: bool = False, recipe: RecipeLike = None, credentials: Any = None,
         **settings: Any) -> Result:
    """Read an output that is there. It changes nothing and takes no lock.

    Parameters
    ----------
    output
        Its folder or ``s3://`` prefix. Where nothing is published but a failed check kept an output back, that one is
        opened: `published` is False, and `notes` say so.
    kept
        True: the one that a failed check kept back, also beside a published one.
    recipe, credentials, **settings
        As for `run`; of settings, those of S3 count.

    Returns
    -------
    Result
        As that of the run, with tables that are read when they are asked for; all of one run: where another one replaces
        the output meanwhile, they raise OutputError.

    Raises
    ------
    InputError
        There is no output.
    UsageError
        With `kept`: none is kept back.
    OutputError
        It is no complete output, damaged, or a publication is unfinished.

    Examples
    --------
    >>> import gristmill as gm, tempfile
    >>> record = {"metadata": {"profile_id": "p", "session_id": "s", "collection_id": "c", "timestamp": 1747299119000},
    ...           "behaviour": {"mobile": {"swipes": [{"x": 1.5}, {"x": 2}]}}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gm.run(collections=[record], output=folder + "/out").published
    ...     gm.open(folder + "/out").labels("p").select(["behaviour_type", "x"]).to_pylist()
    True
    [{'behaviour_type': 'swipes', 'x': 1.5}, {'behaviour_type': 'swipes', 'x': 2.0}]
    """
    return result_of_output(_engine_at(output, recipe, credentials, settings), kept)


def verify(output: str | os.PathLike[str], *, recipe: RecipeLike = None, credentials: Any = None,
           **settings: Any) -> Verification:
    """Read all of a published output, and compare it with its manifest: presence, sizes, checksums, and no other files.

    Parameters
    ----------
    output, recipe, credentials, **settings
        As for `open`.

    Returns
    -------
    Verification
        Also of an output that differs: then `intact` is False.

    Raises
    ------
    InputError
        There is no published output.
    OutputError
        Its manifest is broken, a publication is unfinished, or a file cannot be read.
    UsageError, KeyboardInterrupt
        As `run`.
    """
    engine = _engine_at(output, recipe, credentials, settings)
    found = run_with_progress(engine, engine.verify, False)
    examples = [{"kind": each.kind, "path": each.path, "detail": each.detail} for each in found.examples]
    return Verification(intact=found.differences == 0, run_id=found.run_id, files=found.files, bytes=found.bytes,
                        differences=found.differences, found=examples)


def publish(output: str | os.PathLike[str], *, recipe: RecipeLike = None, credentials: Any = None, **settings: Any) -> Result:
    """Publish the output that a failed check kept back.

    Parameters
    ----------
    output, recipe, credentials, **settings
        As for `open`; ``fsync=True`` counts too.

    Returns
    -------
    Result
        What is published now, as by `open`; `notes` say what could not be cleaned up.

    Raises
    ------
    UsageError
        None is kept back.
    OutputError, KeyboardInterrupt
        As `run`.
    """
    engine = _engine_at(output, recipe, credentials, settings)
    notes = run_with_progress(engine, engine.publish_kept, False)
    result = result_of_output(engine, False)
    result.notes[:0] = notes
    return result


def generate(output: str | os.PathLike[str], *, profiles: int = 1000, sessions: int = 10, collections: int = 5,
             behaviours: int = 60, predictions: int | None = None, zipf_exponent: float = 0.0,
             anomalies: Mapping[str, float] | None = None, spaced: bool = False, form: str = "lines", files: int = 1,
             compression: str | None = None, plain_names: bool = False, seed: int = 1, threads: int | None = None, force: bool = False) -> pyarrow.Table:
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
    spaced
        White space in the JSON as Python's `json.dumps` writes it.
    form
        How records stand in a file: "lines", "array", "glued", "sequence", "pretty", "wrapped" or "utf16".
    files
        Files of each data set.
    compression
        None, "gz" or "zst".
    plain_names
        Leave ``.gz`` and ``.zst`` out of the files' names.
    seed
        The same arguments with the same seed give the same bytes.
    threads
        Without it, one for each processor; they change no byte.
    force
        Replace data that was generated into the folder before.

    Returns
    -------
    pyarrow.Table
        A row for each data set: lines, bytes, and the lines with each anomaly.

    Raises
    ------
    UsageError
        Arguments that cannot be, such as an unknown anomaly.
    OutputError
        The folder holds other things, or cannot be written.
    """
    if compression not in (None, "gz", "zst"):
        raise UsageError(f"argument compression: {compression!r} is not known", "write 'gz', 'zst' or None",
                         key="compression")
    pa.Table  # where there is no pyarrow, nothing is written  # noqa: B018
    datasets = _native.generate(
        output=os.fspath(output), profiles=profiles, sessions=sessions, collections=collections, behaviours=behaviours,
        predictions=collections if predictions is None else predictions, zipf_exponent=zipf_exponent,
        anomalies=[_native.AnomalyShare(name, share) for name, share in (anomalies or {}).items()], spaced=spaced, form=form,
        files=files, compression=compression or "", plain_names=plain_names, seed=seed, threads=threads, force=force)
    rows = [{"dataset": each.dataset, "lines": each.lines, "bytes": each.bytes,
             "anomalies": [(anomaly.name, anomaly.lines) for anomaly in each.anomalies]} for each in datasets]
    return table_of(rows, {"dataset": "string", "lines": "int64", "bytes": "int64", "anomalies": "map<string, int64>"})
