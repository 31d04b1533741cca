"""`gristmill` in the shell: the script that pip makes calls `main`, which becomes the command that lies in the package.

By exec and not as a child, so that signals, exit codes and streams are the command's own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROGRAM = Path(__file__).parent / "gristmill"


def main() -> None:
    """Become the command; does not return."""
    os.execv(PROGRAM, ["gristmill", *sys.argv[1:]])
