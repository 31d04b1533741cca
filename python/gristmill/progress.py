"""Runs a job in a thread of its own, shows how far it is, and stops it when Python is interrupted."""

from __future__ import annotations

import importlib.util
import logging
import threading
from typing import Any, Callable, TypeVar

from . import _native

Value = TypeVar("Value")
log = logging.getLogger("gristmill")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class _Bar:
    """tqdm's bar for the stage under way; a notebook gets its own kind. Nothing without tqdm."""

    def __init__(self, wanted: bool | None):
        self.bar: Any = None
        self.make: Callable[..., Any] | None = None
        self.stage = ""
        if wanted is False:
            return
        try:
            if importlib.util.find_spec("ipywidgets"):
                from tqdm.auto import tqdm
            else:  # a notebook's bar could not be shown
                from tqdm import tqdm
        except ImportError:
            if wanted:
                raise
            return
        # Without a wish: on terminals and in notebooks only (`disable=None` is tqdm's word for that).
        self.make = lambda **words: tqdm(disable=None if wanted is None else False, **words)

    def show(self, stage: str, done: int, total: int) -> None:
        if self.make is None or total == 0:
            return
        if self.bar is None or stage != self.stage:  # an interrupt may have come before it was made
            self.close()
            self.stage = stage
            self.bar = self.make(desc=stage, total=total, unit="B", unit_scale=True, leave=False)
        self.bar.update(min(done, total) - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def carried_out(job: _native.Job, work: Callable[[], Value], progress: bool | None) -> Value:
    """What `work` returns, which runs `job` in another thread; its messages go to the logger "gristmill".

    KeyboardInterrupt, from a terminal or a notebook's stop button, stops the job and is raised once it has ended.
    """
    outcome: dict[str, Any] = {}
    ended = threading.Event()  # an interrupted Thread.join takes the thread for ended (Python 3.11)

    def call() -> None:
        try:
            outcome["value"] = work()
        except BaseException as exception:  # noqa: BLE001: handed over to the caller's thread
            outcome["exception"] = exception
        ended.set()

    thread = threading.Thread(target=call, name="gristmill")
    bar = _Bar(progress)
    thread.start()
    interrupted = False
    while not ended.is_set():
        try:
            ended.wait(0.05)
            bar.show(*job.progress())
        except KeyboardInterrupt:
            interrupted = True
            job.interrupt()
    thread.join()
    bar.close()
    for level, message in job.messages():
        log.log(LEVELS[level], message)
    if interrupted:
        raise KeyboardInterrupt
    if "exception" in outcome:
        raise outcome["exception"]
    return outcome["value"]
