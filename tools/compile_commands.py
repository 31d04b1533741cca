"""How each source of a build is compiled: `compile_commands.json`, with sources that are compiled together one by one."""

from __future__ import annotations

import json
import re
from pathlib import Path

TOGETHER = re.compile(r"/Unity/unity_\d+_cxx\.cxx$")
INCLUDED = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def read_commands(build: Path) -> list[dict[str, str]]:
    """Entries of `directory`, `file` and `command`; the command's object may hold other sources too."""
    entries = []
    for entry in json.loads((build / "compile_commands.json").read_bytes()):
        path = Path(entry["directory"], entry["file"])
        sources = INCLUDED.findall(path.read_text()) if TOGETHER.search(entry["file"]) else [entry["file"]]
        entries += [{"directory": entry["directory"], "file": source, "command": entry["command"].replace(entry["file"], source)}
                    for source in sources]
    return entries
