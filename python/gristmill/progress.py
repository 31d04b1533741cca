"""Runs the engine in a thread of its own, shows how far it is, and stops it when Python is interrupted.

Python delivers Ctrl-C to the main thread between two steps of the interpreter only: so the caller's thread must be one that
waits in short steps, not the one that works.
"""

from __future__ import annotations

import importlib.util
import logging
import threading
from typing import Any, Callable, TypeVar

from . import _native

Value = TypeVar("Value")
log = logging.getLogger("gristmill")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Bar:
    """tqdm's bar for the stage under way; a notebook gets its own kind. Nothing without tqdm."""

    def __init__(self, wanted: bool | None, unit: str = "B"):
        self.unit = unit
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

    def show(self, now: Any) -> None:
        """`now` has stage, done and total."""
        if self.make is None or now.total == 0:
            return
        if self.bar is None or now.stage != self.stage:  # an interrupt may have come before it was made
            self.close()
            self.stage = now.stage
            self.bar = self.make(desc=now.stage, total=now.total, unit=self.unit, unit_scale=self.unit == "B", leave=False)
        self.bar.update(min(now.done, now.total) - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def run_with_progress(engine: _native.Engine, work: Callable[[], Value], progress: bool | None) -> Value:
    """Do some work of the engine in another thread, and log its messages to "gristmill".

    Parameters
    ----------
    engine
        Whose progress is shown, and which is interrupted.
    work
        What is called there.
    progress
        As for `gristmill.run`.

    Returns
    -------
    What `work` returned.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C or a notebook's stop button, once the work has ended.
    BaseException
        What `work` raised.
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
    bar = Bar(progress)
    thread.start()
    interrupted = False
    while not ended.is_set():
        try:
            ended.wait(0.05)
            bar.show(engine.progress())
        except KeyboardInterrupt:
            interrupted = True
            engine.interrupt()
    thread.join()
    bar.close()
    for message in engine.messages():
        log.log(LEVELS[message.level], message.text)
    if interrupted:
        raise KeyboardInterrupt
    if "exception" in outcome:
        raise outcome["exception"]
    return outcome["value"]
