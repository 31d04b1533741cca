"""What passed last, and what it could reach then, as a digest: one JSON object in a file of `build`."""

from __future__ import annotations

import json
import os
from pathlib import Path


class Record:
    """By name of a test file: the digest of its reach when it last passed.

    A record that cannot be read holds nothing. It is written as soon as something is noted.
    """

    def __init__(self, path: Path):
        self.path = path

    def _read(self) -> dict[str, str]:
        try:
            passed = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        return passed if isinstance(passed, dict) else {}

    def has(self, name: str, digest: str) -> bool:
        """Whether the file passed when all that it reaches was as it is now."""
        return self._read().get(name) == digest

    def note(self, passed: dict[str, str]) -> None:
        """Notes these, by name; others stay."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text(json.dumps(self._read() | passed, indent=1, sort_keys=True) + "\n")
        os.replace(beside, self.path)
