"""The rules of the house, each a function from a tree to its faults, "where: what, and what to do".

test_rules.py runs each on the repository, and on small trees that break it.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from source_tree import Tree, TreeFile

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import draw_rooms  # noqa: E402

# gristmill::run() and gristmill::validate() are functions: these two rooms cannot be named as their folders are.
NAMESPACES = {"run": "scheduling", "validate": "validation"}

# Arrows for the sake of a function that a public header declares and the room implements.
LINKED_ONLY = {
    ("recipe", "validate"): "gristmill/recipe.h: the names and defaults of checks",
    ("run", "recipe"): "gristmill/recipe.h: canonical_meaning()",
    ("tasks", "recipe"): "gristmill/recipe.h: canonical_meaning()",
}

HEADER_LINES = 250
SOURCE_LINES = 500
COLUMNS = 120
# Longer than that, for now: with the lines that each may have. Entries shrink and go; none is added.
LONG_FILES: dict[str, int] = {
    "src/json/json_text_test.cc": 535,
    "src/publish/publication_test.cc": 634,
    "src/s3/http_test.cc": 635,
}

# What these name is made up.
MADE_UP = ("tests/layout/rules.py", "tests/layout/test_rules.py", "tests/selection/test_selection.py")

BANNED_NAMES = ("util", "utils", "helper", "helpers", "common", "misc", "manager", "stuff", "impl")
# Each pattern begins with what is seldom: the other way round this takes half a minute.
BANNED_WORDS = {
    r"TODO\b": "a reminder: do it, or say what is so",
    r"FIXME\b": "a reminder: do it, or say what is so",
    r"XXX\b(?<=\bXXX)": "a reminder: do it, or say what is so",
    r"ssue #?\d+\b": "the number of an issue: say what it was about",
    r"#(?<=[ (]#)\d+\b(?=[\s).,])": "the number of an issue: say what it was about",
    r"/work/(?<![\w.]/work/)": "the place where this is written",
    r"\.library\b": "the place where this is written",
    r"farm-\w": "the place where this is written",
}


def lines_with(file: TreeFile, pattern: str) -> Iterator[tuple[int, str]]:
    """Numbers of lines, and what was found there."""
    for found in re.finditer(pattern, file.text, flags=re.MULTILINE):
        yield file.text.count("\n", 0, found.start()) + 1, found[0]


# Rooms


def undeclared_arrows(tree: Tree) -> list[str]:
    """A file includes its own room, include/gristmill/, and the rooms that its room declares."""
    rooms = draw_rooms.declared_rooms(tree.text("src/CMakeLists.txt"))
    faults = []
    for file in tree.sources:
        allowed = {"gristmill"}
        if file.room is not None:
            if file.room not in rooms:
                faults.append(f"{file.path}: the room {file.room} is not in src/CMakeLists.txt")
                continue
            allowed |= {file.room, *rooms[file.room]}
        if file.is_test:
            allowed |= set(rooms)
        faults += [f"{file.path}: includes {name}, which its room does not declare (src/CMakeLists.txt)"
                   for name in file.includes if name.partition("/")[0] not in allowed]
    return faults


def unused_arrows(tree: Tree) -> list[str]:
    """What a room declares it includes, but for LINKED_ONLY, which has no arrow that needs no exception."""
    rooms = draw_rooms.declared_rooms(tree.text("src/CMakeLists.txt"))
    included = {(file.room, name.partition("/")[0]) for file in tree.sources if not file.is_test for name in file.includes}
    return ([f"src/CMakeLists.txt: {room} declares {used} and includes nothing of it"
             for room, uses in rooms.items() for used in uses
             if (room, used) not in included and (room, used) not in LINKED_ONLY] +
            [f"{room} includes {used} or does not declare it: strike the arrow from LINKED_ONLY"
             for room, used in LINKED_ONLY if (room, used) in included or used not in rooms.get(room, ())])


def circles(tree: Tree) -> list[str]:
    cycle = draw_rooms.cycle_in(draw_rooms.declared_rooms(tree.text("src/CMakeLists.txt")))
    return [f"src/CMakeLists.txt: a circle, {' -> '.join(cycle)}"] if cycle else []


def rooms_without_a_line(tree: Tree) -> list[str]:
    """Every room has its line on the map, and the map no other."""
    rooms = set(draw_rooms.declared_rooms(tree.text("src/CMakeLists.txt")))
    page = tree.text("src/README.md").replace("\r", "")
    described = page.partition(draw_rooms.BEGIN)[0] + page.partition(draw_rooms.END)[2]
    told = re.findall(r"^\| `(\w+)/` \|", described, flags=re.MULTILINE)
    return ([f"src/README.md: no line for the room {room}" for room in sorted(rooms - set(told))] +
            [f"src/README.md: a line for {room}, which is no room" for room in told if room not in rooms])


def stale_drawings(tree: Tree) -> list[str]:
    page = tree.text("src/README.md")
    rooms = draw_rooms.declared_rooms(tree.text("src/CMakeLists.txt"))
    return [] if draw_rooms.with_drawing(page, rooms) == page else ["src/README.md: run tools/draw_rooms.py"]


def foreign_namespaces(tree: Tree) -> list[str]:
    """A room has its namespace. Public functions are implemented in `gristmill`, what only tests use in
    `gristmill::testing`; of another room there may be declarations without a body."""
    faults = []
    for file in tree.sources:
        own = f"gristmill::{NAMESPACES.get(file.room, file.room)}" if file.room else "gristmill"
        allowed = {own}
        if file.room and file.path.endswith(".cc"):
            allowed.add("gristmill")
        if file.is_test:
            allowed |= {"gristmill", "gristmill::testing"}
        for name, body in re.findall(r"^namespace ([\w:]+) \{\n(.*?)^\}", file.text, re.MULTILINE | re.DOTALL):
            declares_only = all(re.fullmatch(r"(class|struct) \w+;|", line) for line in body.splitlines())
            within = file.room is not None and name.startswith(f"{own}::")
            if name not in allowed and not within and not declares_only:
                faults.append(f"{file.path}: namespace {name} instead of {own}")
    return faults


# Names


def repeated_stems(tree: Tree) -> list[str]:
    """One concept, one name of a file, in the whole tree. A public header may be implemented in one of its name."""
    places: dict[str, set[str]] = defaultdict(set)
    for file in tree.sources:
        places[file.stem].add(file.path.rpartition("/")[0])
    return [f"{stem}: a file of that name in {' and in '.join(sorted(folders))}" for stem, folders in sorted(places.items())
            if len(folders - {"include/gristmill"}) > 1 or (len(folders) > 1 and any(
                f"{folder}/{stem}.h" in tree.paths for folder in folders - {"include/gristmill"}))]


TYPE = re.compile(r"^(?:template <[^\n]*>\n)?(?:struct|class|enum class|enum|union) (?:alignas\([^)]*\) )?(\w+)(?: final)?"
                  r"(?: : [^;{]*)? \{", re.MULTILINE)
ALIAS = re.compile(r"^(?:template <[^\n]*>\n)?using (\w+) = ", re.MULTILINE)


def repeated_types(tree: Tree) -> list[str]:
    """One name, one type, whatever the namespace: those of headers and those of a source's own. Aliases count where a
    header makes them. Types within types are their owners' business."""
    places: dict[str, list[str]] = defaultdict(list)
    for file in tree.sources:
        if file.is_test:
            continue
        names = TYPE.findall(file.text) + (ALIAS.findall(file.text) if file.path.endswith(".h") else [])
        for name in names:
            places[name].append(file.path)
    return [f"{name}: {' and '.join(paths)}" for name, paths in sorted(places.items()) if len(paths) > 1]


def banned_names(tree: Tree) -> list[str]:
    return [f"{path}: '{word}' says nothing; which concept is it?" for path in sorted(tree.paths)
            for word in re.split(r"[/_.-]", path) if word in BANNED_NAMES]


# Comments


def files_named(tree: Tree) -> list[str]:
    """A file that a comment or a page names is there: by its path in the repository, or in src/ or include/; for a bare
    name, beside the file, in its room or among the public headers."""
    faults = []
    for file in tree.files:
        if not (file.is_cxx or file.path.endswith((".py", ".md", ".cmake", ".txt"))):
            continue
        if file.path in ("CHANGELOG.md", *MADE_UP):
            continue
        folder = file.path.rpartition("/")[0]
        rooted = r"(?:src|include|docs|tests|tools|fuzz|bench|python|cmake|deploy)/"
        pattern = rooted + r"[\w./-]*\.(?:h|cc|py|md|json|sh|cmake)\b"
        if file.is_cxx:
            pattern = r"[\w./-]+\.(?:h|cc|py)\b|" + pattern
        elif file.path == "src/README.md":
            pattern = r"[\w./-]+\.(?:h|cc)\b|" + pattern
        for name in sorted(set(re.findall(r"(?<![\w./:*{}<>$-])(?:" + pattern + ")", file.comments))):
            around = ["", "src/", "include/", "include/gristmill/", "tests/", f"{folder}/"]
            around += [f"src/{file.room}/"] if file.room else []
            if not any({re.sub(r"[^/]+/\.\./", "", place + name), f"{place}{name}.in"} & tree.paths for place in around):
                faults.append(f"{file.path}: names {name}, which is not there")
    return faults


def tests_named(tree: Tree) -> list[str]:
    """A unit test that a comment or a page names by Suite.Test is there."""
    suites: dict[str, set[str]] = defaultdict(set)
    for file in tree.cxx:
        for suite, test in re.findall(r"^(?:TEST|TEST_F|TEST_P|TYPED_TEST)\((\w+),\s*(\w+)\)", file.text, re.MULTILINE):
            suites[suite].add(test)
    return [f"{file.path}: names the test {suite}.{test}, which is not there" for file in tree.files
            if file.is_cxx or file.path.endswith(".md")
            for suite, test in re.findall(r"(?<![\w/.])([A-Z]\w+)\.([A-Z]\w+)\b(?!\.)", file.comments)
            if suite in suites and test not in suites[suite]]


def files_without_their_idea(tree: Tree) -> list[str]:
    """A source of more than some lines opens with its idea, before it says where it is tested. A test beside its
    file need not."""
    return [f"{file.path}: opens with no comment of its idea" for file in tree.cxx
            if len(file.lines) > 40 and not re.match(r"//(?! Tested (?:in|by)\b)", file.text) and not stands_beside(tree, file)]


def banned_words(tree: Tree) -> list[str]:
    return [f"{file.path}:{number}: '{word}' is {why}" for file in tree.files if file.path not in MADE_UP
            for pattern, why in BANNED_WORDS.items() for number, word in lines_with(file, pattern)]


# Sizes and layout


def long_files(tree: Tree) -> list[str]:
    faults = []
    for file in tree.sources:
        usual = HEADER_LINES if file.path.endswith(".h") else SOURCE_LINES
        most = LONG_FILES.get(file.path, usual)
        if len(file.lines) > most:
            faults.append(f"{file.path}: {len(file.lines)} lines, of {most} at most: is it two concepts?")
        elif file.path in LONG_FILES and len(file.lines) <= usual:
            faults.append(f"{file.path}: it is short now: strike it from LONG_FILES")
        elif file.path in LONG_FILES and len(file.lines) < most:
            faults.append(f"{file.path}: it has {len(file.lines)} lines now: so has its entry in LONG_FILES")
    faults += [f"{path}: it is gone: strike it from LONG_FILES" for path in LONG_FILES if path not in tree.paths]
    return faults


def long_lines(tree: Tree) -> list[str]:
    """But for raw literals, which are text as it is."""
    faults = []
    for file in tree.cxx:
        code = re.sub(r'R"(\w*)\(.*?\)\1"', lambda raw: "\n" * raw[0].count("\n"), file.text, flags=re.DOTALL)
        faults += [f"{file.path}:{number}: {len(line)} columns" for number, line in enumerate(code.splitlines(), 1)
                   if len(line) > COLUMNS]
    return faults


def stray_spaces(tree: Tree) -> list[str]:
    code = [file for file in tree.files if file.is_cxx or file.path.endswith((".py", ".sh", ".cmake", "CMakeLists.txt"))]
    return ([f"{file.path}:{number}: a tab" for file in code for number, _ in lines_with(file, r"\t")] +
            [f"{file.path}:{number}: space at the end" for file in code for number, _ in lines_with(file, r"[ \r]$")] +
            [f"{file.path}: no newline at the end, or more than one" for file in code
             if file.text and (not file.text.endswith("\n") or file.text.endswith("\n\n"))])


# Tests


def stands_beside(tree: Tree, file: TreeFile) -> bool:
    """Whether there is an x.cc or an x.h to this x_test.cc, there or among the public headers."""
    if not file.name.endswith("_test.cc"):
        return False
    base = file.path.removesuffix("_test.cc")
    return bool({f"{base}.cc", f"{base}.h", f"include/gristmill/{file.stem}.h"} & tree.paths)


def orphan_tests(tree: Tree) -> list[str]:
    """A test stands beside what it tests, or opens by saying what that is."""
    return ([f"{file.path}: there is no {file.stem}.cc or .h: what does it test?" for file in tree.sources
             if file.name.endswith("_test.cc") and not stands_beside(tree, file) and not file.text.startswith("//")] +
            [f"{file.path}: it does not say what it tests" for file in tree.files
             if re.fullmatch(r"tests/.*/test_\w+\.py", file.path) and not re.match(r'r?"""', file.text)])


RULES = (undeclared_arrows, unused_arrows, circles, rooms_without_a_line, stale_drawings, foreign_namespaces, repeated_stems,
         repeated_types, banned_names, files_named, tests_named, files_without_their_idea, banned_words, long_files,
         long_lines, stray_spaces, orphan_tests)
