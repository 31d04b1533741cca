"""Runs one command from start to end and measures it.

The peak of memory comes from the kernel (`wait4`): that of the largest process among the command and the children
that it waited for. Where a command leaves its work to a process that it does not wait for, as PySpark does, the
whole tree is sampled instead, and the largest sum counts.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

SAMPLED_EVERY = 0.2  # seconds
PAGE = os.sysconf("SC_PAGE_SIZE")


class Failed(Exception):
    """A command that did not end well, with what it said."""


@dataclass(frozen=True)
class Measurement:
    """One run of a command."""

    seconds: float
    peak: int  # bytes


def resident(root: int) -> int:
    """The resident bytes of a process and all its descendants."""
    parents, pages = {}, {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            fields = Path("/proc", name, "stat").read_bytes().rpartition(b") ")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(name)], pages[int(name)] = int(fields[1]), int(fields[21])
    total = 0
    for process in pages:
        ancestor = process
        while ancestor not in (0, root):
            ancestor = parents.get(ancestor, 0)
        if ancestor == root:
            total += pages[process]
    return total * PAGE


def measured(command: list[str], log: Path, sampled: bool = False, variables: dict | None = None) -> Measurement:
    """Runs a command; its output goes to `log`. Raises `Failed` if its exit code is not 0."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
               (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
               (os.POSIX_SPAWN_DUP2, 1, 2)]
    largest = 0
    ended = threading.Event()

    def sample(root: int) -> None:
        nonlocal largest
        while not ended.wait(SAMPLED_EVERY):
            largest = max(largest, resident(root))

    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, {**os.environ, **(variables or {})}, file_actions=actions)
    sampler = threading.Thread(target=sample, args=(child,)) if sampled else None
    if sampler:
        sampler.start()
    try:
        _, status, usage = os.wait4(child, 0)
    except BaseException:  # interrupted: nothing may go on writing
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        ended.set()
    seconds = time.perf_counter() - start
    if sampler:
        sampler.join()
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise Failed(f"exit code {code}: {' '.join(command)}\n{log.read_text(errors='replace')[-3000:]}")
    return Measurement(seconds, max(largest, usage.ru_maxrss * 1024))
