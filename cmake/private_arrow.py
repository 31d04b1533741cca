"""Copies of Arrow's and Parquet's libraries that cannot meet another Arrow in a process.

    [STRIP=PROGRAM] python3 private_arrow.py TARGET_FOLDER LIBRARY...

Each library gets a name of its own, in the file's name, in what it says its name is and in what it says it needs; a new
name is as long as the old one, so that the table of strings keeps its offsets. Symbols that a process has once however many libraries
define them (STB_GNU_UNIQUE) become weak ones. All other symbols are looked up in the libraries that a library was loaded
with, so that two Arrows, of whatever versions, do not see each other.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

RENAMED = {b"libarrow.so.": b"libgmarw.so.", b"libparquet.so.": b"libgmparqt.so."}
STRING_TABLE, DYNAMIC_SYMBOLS = 3, 11
UNIQUE, WEAK = 10, 2


def sections(data: bytearray) -> list[tuple[int, int, int]]:
    """Type, place and size of each."""
    assert data[:6] == b"\x7fELF\x02\x01", "no little-endian ELF file of 64 bits"
    begin, = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", data, begin + number * size) for number in range(count)]
    return [(kind, place, length) for _, kind, _, _, place, length in headers]


def rename(name: bytes) -> bytes:
    for old, new in RENAMED.items():
        if name.startswith(old):
            return new + name[len(old):]
    return name


def make_private(data: bytearray) -> None:
    renamed = 0
    for kind, place, length in sections(data):
        if kind == STRING_TABLE:
            text = bytes(data[place:place + length])
            for match in re.finditer(rb"(?<=\0)lib(?:arrow|parquet)\.so\.\d+(?=\0)", text):
                data[place + match.start():place + match.end()] = rename(match[0])
                renamed += 1
        elif kind == DYNAMIC_SYMBOLS:
            for symbol in range(place, place + length, 24):
                if data[symbol + 4] >> 4 == UNIQUE:
                    data[symbol + 4] = WEAK << 4 | data[symbol + 4] & 15
    assert renamed > 0, "the library does not say its name"


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for path in map(Path, sys.argv[2:]):
        data = bytearray(path.read_bytes())
        make_private(data)
        target = folder / os.fsdecode(rename(os.fsencode(path.name)))
        unfinished = target.with_suffix(".new")
        unfinished.write_bytes(data)
        subprocess.run([os.environ.get("STRIP", "strip"), "--strip-unneeded", unfinished], check=True)
        if not target.exists() or target.read_bytes() != unfinished.read_bytes():
            with unfinished.open("rb+") as file:
                # Pages of a file that was just written lie in large pieces, of which a process that maps a byte has all.
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            unfinished.chmod(0o644)
            unfinished.replace(target)
        unfinished.unlink(missing_ok=True)
        print(target)


if __name__ == "__main__":
    main()
