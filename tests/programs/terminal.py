"""A terminal for the command to write to."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import time

from command import OK


def seen_on_terminal(gristmill, *words, stream, columns, **options) -> str:
    """What a successful command writes to `stream` ("stdout" or "stderr") where that is a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = gristmill.start(*words, **{stream: theirs}, **options)
    os.close(theirs)
    seen = bytearray()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.05)[0]:
            try:
                data = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            seen += data
    os.close(ours)
    gristmill.finish(process).must(OK)
    return seen.decode("utf-8", "replace").replace("\r\n", "\n")
