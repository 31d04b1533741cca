"""What some tests need of the machine: a mount namespace of their own, and a command that may do little."""

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


def bound_by_modes() -> dict:
    """Options of a command that make it obey the modes of files, as root by itself does not.

    It stays the owner of what the tests make: another user could not even read the command in root's home.
    """
    if os.getuid() != 0:
        return {}
    return {"wrap": ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]}


def give_away(*paths: Path) -> None:
    """Makes another user the owner."""
    if os.getuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, NOBODY)


@pytest.fixture
def open_folder():
    """A folder other than `tmp_path`, removed whatever the modes that a test left."""
    folder = Path(tempfile.mkdtemp(prefix="gristmill-test-"))
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)
