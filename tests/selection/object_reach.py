"""Which object files a unit test can reach: those that a linker would take for it alone.

An object file needs the symbols that it does not define, and so the object files that define them, and theirs. What a
test calls through an interface is needed by whoever makes it. One that opens libraries (`dlopen`) reaches all that
the build made. All definitions of a symbol are taken, so that it does not matter which one the linker would choose.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from compile_commands import read_commands  # noqa: E402

UNDEFINED = "Uwv"
OPENS_LIBRARIES = "dlopen"


class ObjectReach:
    """Finds the reach of the sources of one build; `folder` is that build's."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._defined_in: dict[str, set[str]] = defaultdict(set)
        self._needs: dict[str, set[str]] = defaultdict(set)
        self._libraries = {path.name for path in folder.glob("*.so")}
        self._object_of: dict[str, str] = {}
        for command in read_commands(folder):
            object_file = Path(command["directory"], re.search(r" -o (\S+)", command["command"])[1])
            self._object_of[command["file"]] = object_file.relative_to(folder).as_posix()
        made = sorted(set(self._object_of.values()))  # precompiled headers too; and not all of it need be built
        objects = [name for name in made if name.endswith(".o") and (folder / name).exists()]
        self._read(subprocess.run(["nm", "-A", "-g", "-P", *objects], cwd=folder, check=True, text=True, stdout=subprocess.PIPE).stdout)

    def _read(self, symbols: str) -> None:
        """Lines such as `a.o: _Zsymbol T 0 1`."""
        for line in symbols.splitlines():
            file, symbol, kind = line.split(" ")[:3]
            self._needs[file.rstrip(":")]
            if kind in UNDEFINED:
                self._needs[file.rstrip(":")].add(symbol)
            else:
                self._defined_in[symbol].add(file.rstrip(":"))

    def of(self, source: Path) -> set[str]:
        """The object files, and libraries, from the build's folder, that the tests in this source can reach."""
        if str(source) not in self._object_of:
            return {*self._needs, *self._libraries}
        reached, waiting = set(), {self._object_of[str(source)]}
        while waiting:
            file = waiting.pop()
            reached.add(file)
            for symbol in self._needs[file]:
                waiting |= self._defined_in.get(symbol, set()) - reached
                if symbol == OPENS_LIBRARIES:
                    reached |= self._libraries
        return reached
