"""The files of a repository as they lie there now, known or not yet known to git, and what they hold, as digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

MADE = {".git", ".ruff_cache", "__pycache__", "build", "output"}  # folders of what is made, not written


class Tree:
    """A repository; `files` are the names of its files, from the root, with slashes.

    A file is read once: what changes afterwards is the next run's to see.
    """

    def __init__(self, root: Path):
        self.root = root
        self.files: list[str] = []
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in MADE]
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            self.files += [Path(folder, name).relative_to(root).as_posix() for name in names + links
                           if not name.endswith(".pyc")]
        self.files.sort()
        self._digests: dict[str, str] = {}

    def below(self, folder: str) -> list[str]:
        """The files in a folder and its folders."""
        return [name for name in self.files if name.startswith(folder + "/")]

    def digest(self, name: str) -> str:
        """Of what one file holds; also of one that is not there. `name` may be absolute."""
        if name not in self._digests:
            path = self.root / name
            if path.is_symlink():
                held = b"link\0" + os.fsencode(os.readlink(path))
            else:
                held = b"file\0" + path.read_bytes() if path.is_file() else b""
            self._digests[name] = hashlib.sha256(held).hexdigest()
        return self._digests[name]

    def digest_of(self, names: Iterable[str], *words: str) -> str:
        """Of the names and contents of many files, and of words that say what else matters."""
        whole = hashlib.sha256(repr(words).encode())
        for name in sorted(set(names)):
            whole.update(f"{name}\0{self.digest(name)}\n".encode(errors="surrogateescape"))
        return whole.hexdigest()
