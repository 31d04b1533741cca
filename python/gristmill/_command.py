"""The command that comes with the package."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROGRAM = Path(__file__).parent / "gristmill"


def main() -> None:
    """Becomes the command: `gristmill` in the shell."""
    os.execv(PROGRAM, ["gristmill", *sys.argv[1:]])
