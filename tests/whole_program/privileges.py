"""What some tests need of the machine: a mount namespace of their own, and a user who may do little."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

NOBODY = 65534
UNSHARE = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]


@cache
def can_mount() -> bool:
    try:
        return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def on_tmpfs(folder: Path, size: str, after: str = "") -> list[str]:
    """Words before a command that give it an own file system of this size at `folder`.

    The mount vanishes with the command. `after` is a shell command to run in its sight when it has ended.
    """
    if not can_mount():
        pytest.skip("needs unshare --mount")
    script = f'mount -t tmpfs -o size={size} none "{folder}" && {{ "$@"; code=$?; {after or ":"}; exit $code; }}'
    return [*UNSHARE, "sh", "-c", script, "sh"]


def as_nobody() -> dict:
    """Options of a process that run it as a user who owns nothing; the own user if that is not root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}


def give_away(*paths: Path) -> None:
    """Makes the user of `as_nobody` the owner."""
    if os.getuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, NOBODY)


@pytest.fixture
def open_folder():
    """A folder that every user can enter, other than `tmp_path`."""
    folder = Path(tempfile.mkdtemp(prefix="gristmill-test-"))
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)
