"""What can go wrong, as exceptions: one for each exit code of the command (docs/guide/exit-codes.md).

Where Python has an exception of the same meaning (ValueError, OSError), ours is one too.
"""

from __future__ import annotations


class GristmillError(Exception):
    """Nothing was published, unless the message says so.

    Attributes
    ----------
    message : str
        What went wrong, where and why.
    advice : str
        What to do next; may be empty.
    file : str or None
        The file that the message names, if it names one.
    line : int or None
        The line of that file, counted from 1.
    key : str or None
        The setting that the message is about.
    exit_code : int
        That of the command for the same error.
    """

    exit_code = 1

    def __init__(self, message: str, advice: str = "", *, file: str | None = None, line: int | None = None,
                 key: str | None = None):
        super().__init__(message, advice)
        self.message = message
        self.advice = advice
        self.file = file
        self.line = line
        self.key = key

    def __str__(self) -> str:
        return f"{self.message}\n  {self.advice}" if self.advice else self.message


class InternalError(GristmillError):
    """A fault of gristmill, such as counts that do not add up."""

    exit_code = 1


class UsageError(GristmillError, ValueError):
    """Arguments or settings that cannot be."""

    exit_code = 2


class InputError(GristmillError, OSError):
    """An input is missing, unreadable, or changed while it was read."""

    exit_code = 3


class NoInputError(InputError):
    """An argument matches no input: a path that is not there, or a folder with nothing to read."""

    exit_code = 6


class OutputError(GristmillError, OSError):
    """The output cannot be written, or holds what gristmill did not write."""

    exit_code = 4


class CancelledError(GristmillError):
    """Somebody else cancelled a job of a run on Spark: in its web interface, or by the group that the caller's jobs are in."""

    exit_code = 130


def error_for_exit_code(exit_code: int, message: str, advice: str, file: str | None = None, line: int | None = None,
                        key: str | None = None) -> BaseException:
    """The exception of an error of the library, which has "" and 0 for what its message does not name."""
    if exit_code == 130:
        return KeyboardInterrupt(message)
    kinds = {each.exit_code: each for each in (InternalError, UsageError, InputError, NoInputError, OutputError)}
    return kinds.get(exit_code, InternalError)(message, advice, file=file or None, line=line or None, key=key or None)
