"""Runs gristmill on a Spark cluster from tests: one cluster with one session for all workers of pytest.

Whoever needs it first starts the process that keeps it (keeper.py), and it goes with the last.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from cluster import Running, dies_with_its_parent, kill, processes, pyspark_home, spark_variables, wait_for
from cluster import confs as cluster_confs
from command import BUILD, REPOSITORY
from command import Outcome as CommandOutcome

HERE = Path(__file__).resolve().parent
PACKAGE = Path(os.environ.get("GRISTMILL_PYTHON_PACKAGE", BUILD / "python"))
FIRST_SESSION = 120.0  # seconds
LONGEST_RUN = 300.0

# A core of each worker is the session's; the other is for applications of their own. What is under way is told at once.
SHARED = {"cores": 2, "memory": "1g", "confs": {"spark.ui.liveUpdate.period": "0"}}


def environment(version: int = 4) -> Path:
    """The interpreter of the environment with this Spark."""
    if version == 4 and importlib.util.find_spec("pyspark"):
        return Path(sys.executable)
    return REPOSITORY / f"build/spark{version}-venv/bin/python"


def missing(version: int = 4) -> str:
    """Why tests cannot run with this Spark; empty if they can."""
    python = environment(version)
    if not python.exists():
        return f"no environment with Spark {version}: {python} is not there"
    if not (PACKAGE / "gristmill/spark/__main__.py").exists():
        return f"no gristmill.spark in {PACKAGE}"
    return ""


@dataclass
class Outcome:
    """What a run returned, or raised."""

    reply: dict

    @property
    def error(self) -> dict | None:
        return self.reply.get("error")

    @property
    def report(self) -> dict:
        return self.reply["report"]

    def must_publish(self) -> Outcome:
        assert not self.error, self.error["trace"]
        assert self.reply["published"], self.reply["report"]["verdict"]
        return self

    def must_keep(self) -> Outcome:
        """Fails unless a check failed and the output waits."""
        assert not self.error, self.error["trace"]
        assert not self.reply["published"] and not self.reply["passed"]
        return self

    def must_fail(self, kind: str, *words: str) -> Outcome:
        """Fails unless it raised this exception of gristmill's, in one clear message with all of `words`."""
        assert self.error, f"it ended well: {self.reply.get('shown')}"
        assert self.error["kind"] == kind, self.error["trace"]
        missing_words = [word for word in words if word not in self.error["text"]]
        assert not missing_words, f"{missing_words} not in: {self.error['text']}"
        assert len(self.error["text"].strip().splitlines()) <= 2, f"more than a message and its advice: {self.error['text']}"
        for noise in ("Traceback", "Py4J", "org.apache.spark", "pyspark.errors", "Exception"):
            assert noise not in self.error["text"], self.error["text"]
        return self


class Connection:
    """A way to the keeper: one request at a time."""

    def __init__(self, place: Path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LONGEST_RUN)
        self.socket.connect(str(place))
        self.stream = self.socket.makefile("rwb")
        self.lock = threading.Lock()

    def ask(self, do: str, **words) -> dict:
        with self.lock:
            self.stream.write(json.dumps({"do": do, **words}).encode() + b"\n")
            self.stream.flush()
            line = self.stream.readline()
        assert line, "the keeper of the session has gone"
        return json.loads(line)

    def close(self) -> None:
        """Says goodbye; where nobody else is connected, all that the keeper started is gone then."""
        self.stream.write(b'{"do":"bye"}\n')
        self.stream.flush()
        assert self.stream.readline() == b""
        self.stream.close()
        self.socket.close()


class Spark:
    """A session on a cluster. `words` of a run are the arguments of gristmill.spark.run, or with `updates` of gristmill.spark.update; paths may be
    Path."""

    def __init__(self, place: Path, log: Path):
        self.place, self.log = place, log
        self.froze = self.is_alone = False
        self.connection = Connection(place)
        self.about = self.ask("hello")
        self.running = Running(self.about["sessions"])
        self.folder = Path(self.about["folder"])
        self.variables: dict[str, str] = {}

    def close(self) -> None:
        self.connection.close()

    def ask(self, do: str, **words) -> dict:
        reply = self.connection.ask(do, **words)
        assert "error" not in reply, reply["error"]["trace"]
        return reply

    # ---- runs

    def run(self, **words) -> Outcome:
        return self.start(**words).result()

    def start(self, *, variables=None, folder=None, in_thread=False, beside=False, **words) -> Pending:
        """Begins a run, with these variables of the environment besides, and perhaps in another working folder.

        In the main thread, one after the other; `in_thread`: in a thread of its own; `beside`: at once, whatever else runs.
        """
        request = {"words": {name: plain(value) for name, value in words.items()}, "in_thread": in_thread, "beside": beside,
                   "variables": {**self.variables, **(variables or {})}, "folder": folder and str(folder)}
        return Pending(self, request)

    @contextmanager
    def alone(self):
        """No other worker of pytest has a run meanwhile."""
        with turn(self.place):
            self.is_alone = True
            try:
                yield self
            finally:
                self.is_alone = False

    # ---- what is under way

    def thaw(self) -> None:
        """Lets Python workers go on that were stopped from here."""
        if self.froze:
            self.ask("thaw")
            self.froze = False

    def stage(self, number: int) -> dict:
        """What became of a stage."""
        return self.ask("stages", ids=[number])["stages"][0]

    def attempts(self, number: int) -> dict:
        """How many attempts at tasks a stage took: all, speculative, killed."""
        return self.ask("attempts", stage=number)

    def kill_python_workers(self) -> None:
        """Kills all there are, busy or not."""
        for each in self.running.python_workers():
            kill(each)

    def left_over(self) -> list[str]:
        """What lies in the folder that executors have for scratch files."""
        return [path.name for path in (self.folder / "scratch").iterdir() if not path.name.startswith(("hsperfdata", "pymp", "spark-"))]

    def scratch_in_use(self) -> int:
        """Bytes of files without a name that the Python workers hold."""
        return sum(each.nameless_bytes() for each in self.running.python_workers())

    def logs(self) -> str:
        return self.log.read_text(errors="replace")[-6000:] + self.ask("logs")["logs"]


class Pending:
    """A run that was begun, or waits for its turn: workers of pytest that share a session run one after the other."""

    def __init__(self, spark: Spark, request: dict):
        self.spark = spark
        self.reply: dict = {}
        self.begun = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(Connection(spark.place), request))
        self.thread.start()

    def _run(self, connection: Connection, request: dict) -> None:
        try:
            with nullcontext() if request["beside"] or self.spark.is_alone else turn(self.spark.place):
                self.begun.set()
                self.reply = connection.ask("run", **request)
        except BaseException as error:  # noqa: BLE001: told by `result`
            self.reply = {"error": {"kind": type(error).__name__, "text": str(error), "trace": repr(error)}}
        connection.close()

    def freeze(self, stage: str, completed: int = 0, seconds: float = 60) -> dict:
        """Stops all Python workers in the midst of a stage, after so many of its tasks; says what it met."""
        assert self.begun.wait(LONGEST_RUN)
        self.spark.froze = True
        return self.spark.ask("freeze", stage=stage, completed=completed, seconds=seconds)

    @property
    def ended(self) -> bool:
        return not self.thread.is_alive()

    def result(self) -> Outcome:
        self.thread.join()
        return Outcome(self.reply)


@contextmanager
def turn(place: Path):
    """Has the session that is kept there for oneself, as soon as nobody else has it."""
    with place.with_suffix(".turn").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def plain(value):
    """Paths as text, also within lists."""
    if isinstance(value, Path):
        return str(value)
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


# ---- starting it

def connected(folder: Path, version: int = 4, **changed) -> Spark:
    """The session that is kept for this folder; starts it where nobody has yet. `changed` is as SHARED."""
    place, log = folder / "spark.socket", folder / "spark.log"
    with (folder / "spark.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return Spark(place, log)
        except (OSError, AssertionError):  # nobody keeps one, or it ends just now
            place.unlink(missing_ok=True)
        configuration = {**SHARED, **changed, "socket": str(place), "package": str(PACKAGE)}
        configuration["confs"] = {**SHARED["confs"], **configuration["confs"]}
        python = environment(version)
        home = folder / "home"
        home.mkdir(exist_ok=True)
        with log.open("ab") as out:
            keeper = subprocess.Popen([python, HERE / "keeper.py", json.dumps(configuration)], stdin=subprocess.DEVNULL, stdout=out,
                                      stderr=out, cwd=home, env=spark_variables(python, None, home), start_new_session=True)
        until = time.monotonic() + FIRST_SESSION
        while not place.exists():
            assert keeper.poll() is None, f"no session:\n{log.read_text(errors='replace')[-6000:]}"
            if time.monotonic() > until:
                keeper.terminate()
                raise TimeoutError(f"no session in {FIRST_SESSION:.0f} s:\n{log.read_text(errors='replace')[-6000:]}")
            time.sleep(0.05)
        return Spark(place, log)


# ---- the command

class Submission:
    """`python -m gristmill.spark` on the cluster of a session, in a session of its own; or by spark-submit."""

    def __init__(self, spark: Spark, folder: Path, *words, version: int = 4, by: str = "module", variables=None, master: str = "",
                 confs: tuple[str, ...] = ()):
        python = environment(version)
        settings = {**cluster_confs(PACKAGE), **dict(each.split("=", 1) for each in confs)}
        given = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
        own = ["--master", master or spark.about["url"], *given]
        program = [python, "-m", "gristmill.spark", *own] if by == "module" else [
            pyspark_home(python) / "bin/spark-submit", *own, PACKAGE / "gristmill/spark/__main__.py"]
        home = folder / "home"
        home.mkdir(exist_ok=True)
        self.streams = [folder / "stdout", folder / "stderr"]  # files: a process that is left over would keep pipes open
        with self.streams[0].open("wb") as stdout, self.streams[1].open("wb") as stderr:
            self.process = subprocess.Popen(
                [*map(str, program), *map(str, words)], cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                start_new_session=True, preexec_fn=begin_anew,
                env={**spark_variables(python, PACKAGE, home), "SPARK_LOCAL_DIRS": str(home), **(variables or {})})

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def finish(self, seconds: float = 180) -> CommandOutcome:
        """How it ended; fails if it leaves a process behind."""
        try:
            code = self.process.wait(seconds)
            wait_for(lambda: not processes({self.process.pid}), "the end of all that it started", 15)
        finally:
            self.kill()
        stdout, stderr = (stream.read_text(errors="replace") for stream in self.streams)
        return CommandOutcome(code, stdout, stderr)

    def kill(self) -> None:
        """Kills all that is left of it."""
        for each in processes({self.process.pid}):
            each.send(signal.SIGKILL)
        self.process.wait()


def begin_anew() -> None:
    """Signals as a terminal has them, whatever pytest's are."""
    dies_with_its_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
