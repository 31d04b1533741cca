"""The extension module: the engine, as python/native binds it. Not for users.

Every value that crosses is bytes, a number, a text, a list of these, or an object with named fields, which is a copy: it
stays as it is whatever the engine does next. Functions raise the exceptions of `gristmill.errors`. They let other Python
threads run; an object is for one thread at a time, but for `Engine.interrupt`, `progress` and `messages`.
"""

from collections.abc import Callable

__version__: str  # of gristmill
arrow_version: str  # of the Arrow that this was built with, and so of the pyarrow that it needs

# ---- settings

class FlagValue:
    """A setting as the command's flags would give it."""
    def __init__(self, key: str, values: list[str]) -> None: ...
    @property
    def key(self) -> str: ...  # "limits.line"
    @property
    def values(self) -> list[str]: ...

class AccessKeys:
    """Keys that a program hands over. They can be used, not read."""
    def __init__(self, access_key: str, secret_key: str, session_token: str = "") -> None: ...

class Setting:
    """What there is to set, for a command line."""
    @property
    def key(self) -> str: ...  # "limits.line"
    @property
    def flag(self) -> str: ...  # "--limits-line"
    @property
    def short_flag(self) -> str: ...  # "-o", or ""
    @property
    def value_shape(self) -> str: ...  # "PATH", "SIZE", "text|json"; "": a switch
    @property
    def repeatable(self) -> bool: ...
    @property
    def help(self) -> str: ...
    @property
    def group(self) -> str: ...  # its heading

class GivenSetting:
    """The value that a setting has in a run."""
    @property
    def key(self) -> str: ...
    @property
    def value(self) -> str: ...  # as a user would write it
    @property
    def origin(self) -> str: ...  # "argument threads", "gristmill.yaml line 7", "default"

def settings_table() -> list[Setting]: ...

# ---- a run

class RunResult:
    """What a run or a check of data came to."""
    @property
    def published(self) -> bool: ...
    @property
    def unchanged(self) -> bool: ...  # an update that found nothing new
    @property
    def output(self) -> str | None: ...  # where it lies, published or staged; None: nothing was to be written
    @property
    def report_json(self) -> str: ...
    @property
    def report_html(self) -> str: ...
    @property
    def notes(self) -> list[str]: ...  # sentences for the user

class StageProgress:
    """How far a run is."""
    @property
    def stage(self) -> str: ...  # "route", "grind", ...
    @property
    def done(self) -> int: ...  # bytes
    @property
    def total(self) -> int: ...  # bytes; 0: not known

class LogMessage:
    @property
    def level(self) -> str: ...  # "debug", "info", "warning" or "error"
    @property
    def text(self) -> str: ...

class InputFile:
    @property
    def dataset(self) -> str: ...  # "collections" or "predictions"
    @property
    def path(self) -> str: ...
    @property
    def name(self) -> str: ...  # in reports
    @property
    def size(self) -> int: ...  # bytes, as stored

class Resources:
    """What a run may take of the machine."""
    @property
    def threads(self) -> int: ...
    @property
    def memory(self) -> int: ...  # bytes

class PublicationPlan:
    """How the output would get to its place."""
    @property
    def root(self) -> str: ...  # resolved
    @property
    def way(self) -> str: ...  # "exchange", "journal" or "direct"
    @property
    def way_reason(self) -> str: ...  # why not exchange; "" where it is
    @property
    def staging_folder(self) -> str: ...
    @property
    def published_run(self) -> str: ...  # id of the run that is published there now, or ""
    @property
    def busy(self) -> bool: ...  # another run has the output now; nothing was found out

class FoundOutput:
    """A complete output that can be read."""
    @property
    def folder(self) -> str: ...
    @property
    def run_id(self) -> str: ...
    @property
    def kept(self) -> bool: ...  # a failed check kept it back; else it is the published one
    @property
    def waiting_run(self) -> str: ...  # beside a published one: the run of a kept one, or ""

class Difference:
    """Where an output is not as its manifest says."""
    @property
    def kind(self) -> str: ...  # "missing", "size", "checksum", "not listed"
    @property
    def path(self) -> str: ...  # relative to the output
    @property
    def detail(self) -> str: ...  # "1024 bytes instead of 2048", or ""

class VerifyReport:
    """An output, held against its manifest."""
    @property
    def run_id(self) -> str: ...
    @property
    def files(self) -> int: ...  # in the manifest
    @property
    def bytes(self) -> int: ...
    @property
    def differences(self) -> int: ...
    @property
    def examples(self) -> list[Difference]: ...  # the first 1,000 by path

class ClusterPlan:
    """What a run on a cluster is cut into."""
    @property
    def encoded(self) -> bytes: ...  # for every task; holds secrets
    @property
    def splits(self) -> int: ...  # tasks of route
    @property
    def partitions(self) -> int: ...  # tasks of grind
    @property
    def has_work(self) -> bool: ...  # False: an update found nothing new

class Engine:
    """One run, from its settings to its result.

    Raises UsageError where the settings are wrong. `as_command`: variables and files of the surroundings count too, and
    messages name flags.
    """
    def __init__(self, *, settings: list[FlagValue], environment: dict[str, str], working_directory: str,
                 keys: AccessKeys | None = None, as_command: bool = False) -> None: ...
    def run(self, *, write: bool) -> RunResult: ...
    def update(self) -> RunResult: ...
    def replay(self) -> RunResult: ...
    def inspect(self, *, paths: list[str], shapes: int, fields: int) -> str: ...  # JSON; in the place of `run`
    # Of the output that is there at `output`:
    def find_output(self, *, kept: bool) -> FoundOutput: ...
    def verify(self) -> VerifyReport: ...
    def publish_kept(self) -> list[str]: ...  # sentences for the user
    @property
    def interrupted(self) -> bool: ...
    def interrupt(self) -> None: ...  # `run` then raises KeyboardInterrupt as soon as it can
    def progress(self) -> StageProgress: ...
    def messages(self) -> list[LogMessage]: ...  # those since the last call
    # What a run would do:
    def settings(self) -> list[GivenSetting]: ...
    def files(self) -> list[InputFile]: ...
    def resources(self) -> Resources: ...
    def plan_publication(self) -> PublicationPlan: ...
    def describe_credentials(self, path: str) -> str: ...  # where they come from; "" for a local path
    # What came of it:
    def list(self, folder: str) -> list[str]: ...  # the names of files in a folder of an output, in order
    def read(self, path: str) -> bytes | None: ...  # a file of an output; None: there is none
    def tables(self, *, colour: bool, unicode: bool, width: int) -> str: ...  # what the command prints at its end
    def failed_checks(self) -> str: ...  # their names, with commas between
    def check_lines(self) -> list[str]: ...  # a line for each check that warned or failed
    # In the place of `run`, the driver of a cluster; the bytes are results of tasks. Dropped or abandoned before
    # finish_on_cluster has returned, it leaves nothing behind.
    def begin_on_cluster(self, *, updates: bool, tasks_at_once: int, slots: int, split_size: int,
                         partitions: int, rows_per_part: int) -> ClusterPlan: ...  # 0: chosen
    def forget(self, *, profiles: list[str], remember: bool, dry_run: bool) -> str: ...  # the receipt, as JSON
    def take_ground(self, ground: list[bytes]) -> bytes: ...  # the plan for settle_part
    # `move`: called by this thread with files for `move_files`; gives the results of its tasks, and raises nothing.
    def finish_on_cluster(self, settled: list[bytes], move: Callable[[bytes], list[bytes]]) -> RunResult: ...
    def finish_unchanged(self) -> RunResult: ...  # where the plan has no work
    def abandon(self) -> None: ...
    @property
    def unchanged(self) -> bool: ...  # the last update found nothing new

def partition_name(profile: str) -> str: ...  # the folder of its rows; "": of the rows without one
def report_glance(report: str) -> str: ...  # from report.json to a short page

# ---- the tasks of a cluster

SETTLE_PARTS: int

class Worker:
    """What the tasks of one process share."""

class RoutedRows:
    """Rows of route by columns, all of one length."""
    @property
    def partitions(self) -> list[int]: ...
    @property
    def files(self) -> list[int]: ...  # a partition's rows are sorted by file, offset and piece
    @property
    def offsets(self) -> list[int]: ...
    @property
    def pieces(self) -> list[int]: ...
    @property
    def data(self) -> list[bytes]: ...

class RouteTask:
    def __init__(self, worker: Worker, split: int) -> None: ...
    def next(self) -> RoutedRows: ...  # a few MiB at most, but for a longer line; without rows at the end

class GrindTask:
    """`attempt` names it among all attempts of the run."""
    def __init__(self, worker: Worker, partition: int, attempt: str) -> None: ...
    def take(self, *, file: int, offset: int, piece: int, data: bytes) -> None: ...  # rows in their order
    def finish(self) -> bytes: ...  # for Engine.take_ground

def make_worker(plan: bytes) -> Worker: ...  # ClusterPlan.encoded
def settle_part(*, worker: Worker, plan: bytes, part: int, attempt: str) -> bytes: ...  # for Engine.finish_on_cluster
def move_files(*, worker: Worker, files: bytes, part: int, parts: int) -> bytes: ...  # one of `parts` shares of the files

# ---- synthetic data

class AnomalyShare:
    def __init__(self, name: str, share: float) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def share(self) -> float: ...  # of the lines, 0 to 1

class AnomalyCount:
    @property
    def name(self) -> str: ...
    @property
    def lines(self) -> int: ...  # that carry it

class WrittenDataset:
    @property
    def dataset(self) -> str: ...
    @property
    def lines(self) -> int: ...
    @property
    def bytes(self) -> int: ...  # of the lines, before compression
    @property
    def anomalies(self) -> list[AnomalyCount]: ...  # those that some line carries

def generate(*, output: str, profiles: int, sessions: int, collections: int, behaviours: int, predictions: int,
             zipf_exponent: float, anomalies: list[AnomalyShare], spaced: bool, form: str, files: int, compression: str,
             plain_names: bool, seed: int, threads: int | None, force: bool) -> list[WrittenDataset]: ...  # as gristmill.generate; compression "": none
