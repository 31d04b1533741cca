"""How each source of a build is compiled: `compile_commands.json`, with sources that are compiled together one by one,
and without precompiled headers: each source includes what it uses."""

from __future__ import annotations

import json
import re
from pathlib import Path

TOGETHER = re.compile(r"/Unity/unity_\d+_cxx\.cxx$")
PRECOMPILED = re.compile(r" -Winvalid-pch -include \S+/cmake_pch\.hxx")
INCLUDED = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def read_commands(build: Path) -> list[dict[str, str]]:
    """Entries of `directory`, `file` and `command`; the command's object may hold other sources too."""
    entries = []
    for entry in json.loads((build / "compile_commands.json").read_bytes()):
        path = Path(entry["directory"], entry["file"])
        sources = INCLUDED.findall(path.read_text()) if TOGETHER.search(entry["file"]) else [entry["file"]]
        command = PRECOMPILED.sub("", entry["command"])
        entries += [{"directory": entry["directory"], "file": source, "command": command.replace(entry["file"], source)}
                    for source in sources]
    return entries
