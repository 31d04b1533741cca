#!/usr/bin/env python3
"""Draws the map in src/README.md from what src/CMakeLists.txt declares: the rooms, and which may use which.

    tools/draw_rooms.py            writes the drawing between its two markers
    tools/draw_rooms.py --check    fails where it is not the one that stands there

tests/layout checks that the declarations are what the files include.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DECLARATIONS = REPOSITORY / "src" / "CMakeLists.txt"
MAP = REPOSITORY / "src" / "README.md"
BEGIN = "<!-- Drawn by tools/draw_rooms.py from src/CMakeLists.txt -->"
END = "<!-- End of the drawing -->"

Rooms = dict[str, list[str]]


def declared_rooms(text: str) -> Rooms:
    """Each room of a CMakeLists.txt with the rooms that it names after USES, in the order of the file."""
    rooms: Rooms = {}
    for name, words in re.findall(r"^gristmill_room\((\w+)([^)]*)\)", text, flags=re.MULTILINE):
        uses = re.search(r"\bUSES((?:\s+[a-z0-9_]+)+)", words)
        rooms[name] = uses[1].split() if uses else []
    return rooms


def cycle_in(rooms: Rooms) -> list[str] | None:
    """A way from a room back to itself."""
    finished: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str] | None:
        if name in way:
            return [*way[way.index(name):], name]
        if name in finished:
            return None
        for used in rooms.get(name, []):
            if found := walk(used, [*way, name]):
                return found
        finished.add(name)
        return None

    for name in rooms:
        if found := walk(name, []):
            return found
    return None


def reachable(rooms: Rooms, name: str) -> set[str]:
    """The rooms that `name` uses, and those that they use."""
    found: set[str] = set()
    for used in rooms[name]:
        found |= {used} | reachable(rooms, used)
    return found


def height(rooms: Rooms, name: str) -> int:
    """Of the longest way down from `name`: 0 for a room that uses none."""
    return max((1 + height(rooms, used) for used in rooms[name]), default=0)


def drawing(rooms: Rooms) -> str:
    """The rooms from the top to the ground: those of one line do not use each other. Under them every arrow."""
    heights = {name: height(rooms, name) for name in rooms}
    lines = ["```"]
    for level in range(max(heights.values()), -1, -1):
        lines.append(f"{level:2}  " + "  ".join(name for name in rooms if heights[name] == level))
    lines += ["```", "", "| room | uses |", "|---|---|"]
    for name in sorted(rooms, key=lambda each: (-heights[each], each)):
        lines.append(f"| `{name}/` | {', '.join(f'`{used}`' for used in rooms[name]) or 'none'} |")
    return "\n".join(lines)


def with_drawing(page: str, rooms: Rooms) -> str:
    """`page` with the drawing between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{MAP.relative_to(REPOSITORY)} has lost the two markers of the drawing")
    return f"{before}{BEGIN}\n\n{drawing(rooms)}\n\n{END}{after}"


def main() -> None:
    rooms = declared_rooms(DECLARATIONS.read_text(encoding="utf-8"))
    if cycle := cycle_in(rooms):
        raise SystemExit(f"a circle of rooms: {' -> '.join(cycle)}")
    page = MAP.read_text(encoding="utf-8")
    drawn = with_drawing(page, rooms)
    if sys.argv[1:] == ["--check"]:
        if drawn != page:
            raise SystemExit("src/README.md is not current: run tools/draw_rooms.py")
    else:
        MAP.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
