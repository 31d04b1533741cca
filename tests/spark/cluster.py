"""A standalone Spark cluster on this machine, from pyspark as pip installs it: a master and workers, and what runs below them.

Each worker has an address of its own, 127.0.0.1, 127.0.0.2 and so on: a copy of a slow task never goes to the same host.

Each daemon has a session of its own (as setsid makes it), in which everything stays that it starts: executors, and
their Python workers. So what belongs to the cluster is told by /proc, and can be ended to the last process.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
prctl = ctypes.CDLL(None).prctl
PR_SET_PDEATHSIG = 1
STARTS_WITHIN = 90.0  # seconds
KEPT_VARIABLES = ("PATH", "JAVA_HOME", "TZ", "TMPDIR")


def wait_for(condition, what: str, seconds: float = STARTS_WITHIN, every: float = 0.02):
    """The first value of `condition()` that is true."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(every)
    return value


# ---- processes

@dataclass(frozen=True)
class Process:
    """A live process, as /proc tells it."""

    pid: int
    parent: int
    session: int
    state: str
    command: str

    @property
    def is_executor(self) -> bool:
        return "CoarseGrainedExecutorBackend" in self.command

    @property
    def is_python(self) -> bool:
        return bool(re.search(r"python[\d.]*( -\S+)* -m \S*(daemon|worker)", self.command))

    def memory(self, name: str = "VmHWM") -> int:
        """Bytes of a line of /proc/PID/status: VmHWM is the peak of what was resident. 0 once it is gone."""
        try:
            found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        except OSError:
            return 0
        return int(found[1]) * 1024 if found else 0

    def nameless_bytes(self) -> int:
        """Room on disk of files that were deleted and are still open."""
        total = 0
        for each in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                found = each.stat()
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                total += found.st_blocks * 512
        return total

    def forget_peak(self) -> None:
        """Has the peak begin anew from now on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def send(self, number: int) -> None:
        os.kill(self.pid, number)

    @property
    def lives(self) -> bool:
        found = process(self.pid)
        return found is not None and found.command == self.command


def process(pid: int) -> Process | None:
    """None where there is none, or only what the parent has not yet asked about."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return None
    state, parent, _, session = status.rpartition(")")[2].split()[:4]
    return None if state in "ZX" else Process(pid, int(parent), int(session), state, command)


def processes(sessions) -> list[Process]:
    """All live processes of these sessions, by pid."""
    every = (process(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return sorted((each for each in every if each and each.session in sessions), key=lambda each: each.pid)


def below(parent: Process, every: list[Process]) -> list[Process]:
    """Children and their children, among `every`."""
    children = [each for each in every if each.parent == parent.pid]
    return [found for child in children for found in (child, *below(child, every))]


class Running:
    """What runs in a cluster, told by the sessions of its daemons; usable from any process."""

    def __init__(self, sessions):
        self.sessions = set(sessions)

    def executors(self) -> list[Process]:
        return [each for each in processes(self.sessions) if each.is_executor]

    def python_workers(self, executor: Process | None = None) -> list[Process]:
        """Those that run tasks or wait for one: the children of the daemon that each executor has."""
        every = processes(self.sessions)
        executors = [each for each in every if each.is_executor and executor in (None, each)]
        daemons = [each for one in executors for each in every if each.parent == one.pid and each.is_python]
        return [worker for daemon in daemons for worker in every if worker.parent == daemon.pid]

    def python(self) -> list[Process]:
        """Every Python process: daemons and workers."""
        every = processes(self.sessions)
        return [each for one in every if one.is_executor for each in below(one, every) if each.is_python]


def kill(which: Process) -> None:
    """Kills this process; returns once it is gone."""
    which.send(signal.SIGKILL)
    wait_for(lambda: not which.lives, f"the end of process {which.pid}", 10)


def dies_with_its_parent() -> None:
    """For the beginning of a child process."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


# ---- the cluster

def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def pyspark_home(python: Path) -> Path:
    """The folder of pyspark in an environment, by its interpreter."""
    found = subprocess.run([python, "-c", "import pyspark; print(pyspark.__path__[0])"], capture_output=True, encoding="utf-8",
                           check=True)
    return Path(found.stdout.strip())


def spark_variables(python: Path, package: Path | None, home: Path) -> dict[str, str]:
    """The environment of whatever has to do with Spark: nothing of AWS's and gristmill's, a home without any settings."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    kept.update(SPARK_LOCAL_IP=HOST, PYSPARK_PYTHON=str(python), PYSPARK_DRIVER_PYTHON=str(python), HOME=str(home),
                LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1")
    if package:
        kept["PYTHONPATH"] = str(package)
    return kept


def confs(package: Path | None, memory: str = "512m", cores: int = 2) -> dict[str, str]:
    """What an application needs that runs on the cluster, in so many executors of one core."""
    kept = {"spark.driver.host": HOST, "spark.driver.bindAddress": HOST, "spark.ui.enabled": "false",
            "spark.driver.memory": "512m", "spark.executor.memory": memory, "spark.executor.cores": "1",
            "spark.cores.max": str(cores), "spark.ui.showConsoleProgress": "false",
            "spark.driver.extraJavaOptions": "-Xss2m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    if package:
        kept["spark.executorEnv.PYTHONPATH"] = str(package)
    return kept


class Cluster:
    """Runs until `stop`, or until the process that made it is gone.

    `python` is the interpreter of an environment with pyspark, `package` the folder that gristmill is imported from;
    `private` one that every worker has another one of.
    """

    def __init__(self, python: Path, package: Path | None = None, workers: int = 2, cores: int = 1, memory: str = "1g",
                 variables: dict[str, str] | None = None, private: str | None = None):
        self.python, self.package, self.private = Path(python), package, private
        self.spark = pyspark_home(self.python)
        self.folder = Path(tempfile.mkdtemp(prefix="gristmill-spark-"))
        self.home, self.scratch = self.folder / "home", self.folder / "scratch"
        self.home.mkdir()
        self.scratch.mkdir()
        self.variables = {**spark_variables(self.python, package, self.home), "SPARK_DAEMON_MEMORY": "256m",
                          "TMPDIR": str(self.scratch),
                          "SPARK_NO_DAEMONIZE": "1", "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
                          **(variables or {})}
        self.daemons: list[subprocess.Popen] = []
        try:
            self._start(workers, cores, memory)
        except BaseException:
            self.stop()
            raise

    def _start(self, workers: int, cores: int, memory: str) -> None:
        port = free_port()
        self.url = f"spark://{HOST}:{port}"
        self._daemon(HOST, "master", "master.Master", "--host", HOST, "--port", str(port), "--webui-port", "0")
        for number in range(workers):
            host = f"127.0.0.{number + 1}"
            self._daemon(host, f"worker-{number}", "worker.Worker", "--host", host, "--webui-port", "0", "--cores", str(cores),
                         "--memory", memory, "--work-dir", str(self.folder / f"work-{number}"), self.url)
        # All of them, so that executors are spread over them.
        wait_for(lambda: all("Successfully registered with master" in self._log(f"worker-{number}") for number in range(workers)),
                 "the workers of the cluster")

    def _log(self, name: str) -> str:
        assert all(daemon.poll() is None for daemon in self.daemons), f"a daemon ended:\n{self.logs()}"
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _daemon(self, host: str, name: str, kind: str, *words: str) -> None:
        local = self.folder / f"local-{name}"
        local.mkdir()
        with (self.folder / f"{name}.log").open("wb") as log:
            self.daemons.append(subprocess.Popen(
                [*self._with_own_folder(kind), self.spark / "bin/spark-class", f"org.apache.spark.deploy.{kind}", *words],
                env={**self.variables, "SPARK_LOCAL_IP": host, "SPARK_LOCAL_DIRS": str(local)}, cwd=local,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=dies_with_its_parent))

    def _with_own_folder(self, kind: str) -> list[str]:
        """Before the command of a worker: `private` is a folder of its own there, as on another machine."""
        if not self.private or kind != "worker.Worker":
            return []
        return ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', self.private]

    @property
    def running(self) -> Running:
        return Running(daemon.pid for daemon in self.daemons)

    def session(self, name: str = "a test", **more: str):
        """A Spark session on this cluster, in this process, which must be of the cluster's environment."""
        for variable, value in self.variables.items():
            os.environ[variable] = value
        os.environ["SPARK_LOCAL_DIRS"] = str(self.folder / "local-driver")
        from pyspark.sql import SparkSession  # only here: who starts the cluster need not have it
        builder = SparkSession.builder.master(self.url).appName(name)
        for key, value in {**confs(self.package), **more}.items():
            builder = builder.config(key, value)
        return builder.getOrCreate()

    def logs(self) -> str:
        """The ends of all logs, of the executors too."""
        paths = [*sorted(self.folder.glob("*.log")), *sorted(self.folder.glob("work-*/*/*/stderr"))]
        return "\n".join(f"---- {path}\n{path.read_text(errors='replace')[-3000:]}" for path in paths)

    def stop(self) -> None:
        """Ends all that runs in the cluster and removes its files."""
        sessions = self.running.sessions
        for daemon in reversed(self.daemons):
            daemon.kill()
        for _ in range(100):  # what an executor starts while it is looked for is found the next time
            left = processes(sessions)
            for each in left:
                try:
                    each.send(signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if not left:
                break
            time.sleep(0.02)
        for daemon in self.daemons:
            daemon.wait()
        self.daemons = []
        shutil.rmtree(self.folder, ignore_errors=False)
        assert not left, f"still running: {left}"

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_) -> None:
        self.stop()
