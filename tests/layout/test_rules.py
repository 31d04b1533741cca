"""The rules of the house hold in the repository; and each of them can fail: on a small tree that breaks it.

    pytest tests/layout
"""

from __future__ import annotations

import pytest
import rules
from source_tree import Tree, of_repository

REPOSITORY = of_repository()

ROOMS = "gristmill_room(json)\ngristmill_room(text USES json LINKS other::text)\n"
HEAD = "// An idea.\n"
MAP = ("| `json/` | JSON |\n| `text/` | words |\n" + rules.draw_rooms.BEGIN + "\n\n" +
       rules.draw_rooms.drawing(rules.draw_rooms.declared_rooms(ROOMS)) + "\n\n" + rules.draw_rooms.END + "\n")
SOUND = {
    "tools/draw_rooms.py": '"""Draws."""\n',
    "src/CMakeLists.txt": ROOMS,
    "src/README.md": MAP,
    "src/json/value.h": HEAD + "namespace gristmill::json {\nstruct Value {\n};\n}  // namespace gristmill::json\n",
    "src/text/table.cc": HEAD + '#include "json/value.h"\n#include "gristmill/result.h"\n',
    "src/text/table_test.cc": 'TEST(Table, IsDrawn) {}\n',
    "include/gristmill/result.h": HEAD + "namespace gristmill {\nclass Result {\n};\n}  // namespace gristmill\n",
}

# What is added to the sound tree, or takes the place of a file of it, and whom the rule names.
BROKEN = {
    rules.undeclared_arrows: [
        ({"src/json/value.cc": '#include "text/table.h"\n'}, "src/json/value.cc"),
        ({"include/gristmill/run.h": '#include "text/table.h"\n'}, "include/gristmill/run.h"),
        ({"src/attic/old.cc": ""}, "src/attic/old.cc"),
    ],
    rules.unused_arrows: [({"src/text/table.cc": HEAD}, "text declares json")],
    rules.circles: [({"src/CMakeLists.txt": "gristmill_room(json USES text)\ngristmill_room(text USES json)\n"},
                     "json -> text -> json")],
    rules.rooms_without_a_line: [({"src/README.md": MAP.replace("| `json/` | JSON |", "| `gone/` | |", 1)}, "room json"),
                                 ({"src/README.md": MAP.replace("| `json/` | JSON |", "| `gone/` | |", 1)}, "for gone")],
    rules.stale_drawings: [({"src/CMakeLists.txt": ROOMS + "gristmill_room(new USES text)\n"}, "tools/draw_rooms.py")],
    rules.foreign_namespaces: [
        ({"src/text/table.h": "namespace gristmill::json {\nvoid draw();\n}  // namespace\n"}, "src/text/table.h"),
        ({"src/text/table.h": "namespace gristmill {\nvoid draw();\n}  // namespace\n"}, "src/text/table.h"),
        ({"include/gristmill/run.h": "namespace gristmill::text {\nint x();\n}\n"}, "include/gristmill/run.h"),
    ],
    rules.repeated_stems: [({"src/json/table.h": ""}, "table:"),
                           ({"src/json/result.h": ""}, "result:")],
    rules.repeated_types: [
        ({"src/text/table.h": "struct Value final : Base {\n};\n"}, "Value:"),
        ({"src/text/table.cc": "enum class Result : std::uint8_t { a };\n"}, "Result:"),
        ({"src/text/table.h": "using Value = int;\n"}, "Value:"),
        ({"src/text/table.h": "template <typename T>\nclass Value {\n};\n"}, "Value:"),
    ],
    rules.banned_names: [({"src/text/string_utils.h": ""}, "src/text/string_utils.h"),
                         ({"tests/common/files.py": ""}, "tests/common/files.py")],
    rules.files_named: [
        ({"src/text/a.cc": "int a;  // Tested in row_test.cc.\n"}, "row_test.cc"),
        ({"src/text/a.cc": "// The form is in docs/formats.md.\n"}, "docs/formats.md"),
        ({"src/text/a.cc": "// As in value.h, which is another room's.\n"}, "value.h"),
        ({"src/text/a.cc": "// As in json/gone.h.\n"}, "json/gone.h"),
        ({"CONTRIBUTING.md": "Add it to `src/text/gone.cc`.\n"}, "src/text/gone.cc"),
    ],
    rules.tests_named: [({"CONTRIBUTING.md": "The test `Table.IsGone` says how.\n"}, "Table.IsGone")],
    rules.files_without_their_idea: [
        ({"src/text/a.cc": "int a;\n" * 41}, "src/text/a.cc"),
        ({"src/text/a.cc": "// Tested in table_test.cc, and by\n// the programs.\n" + "int a;\n" * 41}, "src/text/a.cc"),
    ],
    rules.banned_words: [
        ({"src/text/a.cc": "// TO" + "DO: more\n"}, "src/text/a.cc:1"),
        ({"src/text/a.cc": "\n// As of iss" + "ue 12.\n"}, "src/text/a.cc:2"),
        ({"docs/a.md": "Mended (#" + "12).\n"}, "docs/a.md:1"),
        ({"tools/a.sh": "cd /wo" + "rk/main\n"}, "tools/a.sh:1"),
    ],
    rules.long_files: [
        ({"src/text/a.h": "\n" * 251}, "src/text/a.h"),
        ({"src/text/a.cc": "\n" * 501}, "src/text/a.cc"),
    ],
    rules.long_lines: [
        ({"src/text/a.cc": "//" + "x" * 119 + "\n"}, "src/text/a.cc:1"),
        ({"src/text/a.cc": 'a = R"(\n' + "x" * 200 + '\n)";\n' + "b" * 121 + "\n"}, "src/text/a.cc:4"),
    ],
    rules.stray_spaces: [
        ({"src/text/a.cc": "\tint a;\n"}, "a tab"),
        ({"src/text/a.cc": "int a; \n"}, "src/text/a.cc:1"),
        ({"tests/a.py": "a = 1"}, "tests/a.py"),
        ({"tests/a.py": "a = 1\n\n"}, "tests/a.py"),
    ],
    rules.orphan_tests: [({"src/text/gone_test.cc": "TEST(Gone, Is) {}\n"}, "src/text/gone_test.cc"),
                         ({"tests/python/test_a.py": "import os\n"}, "tests/python/test_a.py")],
}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps(rule):
    faults = rule(REPOSITORY)
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_small_tree_breaks(rule, monkeypatch):
    monkeypatch.setattr(rules, "LONG_FILES", {})
    monkeypatch.setattr(rules, "LINKED_ONLY", {})
    assert rule(Tree(SOUND)) == []
    for change, place in BROKEN[rule]:
        faults = rule(Tree({**SOUND, **change}))
        assert any(place in fault for fault in faults), (change, faults)


def test_exceptions_shrink_and_go(monkeypatch):
    for lines, fault in ((600, "600 lines"), (550, None), (549, "it has 549 lines now"), (500, "strike it")):
        monkeypatch.setattr(rules, "LONG_FILES", {"src/text/a.cc": 550})
        faults = rules.long_files(Tree({**SOUND, "src/text/a.cc": "\n" * lines}))
        assert faults == [] if fault is None else fault in faults[0]
    assert "it is gone" in rules.long_files(Tree(SOUND))[0]


def test_arrows_that_are_only_linked_go(monkeypatch):
    for room, used, includes, fault in (("text", "json", "", None), ("text", "json", '#include "json/value.h"\n', "strike"),
                                        ("json", "text", "", "strike")):
        monkeypatch.setattr(rules, "LINKED_ONLY", {(room, used): "of a public header"})
        faults = [each for each in rules.unused_arrows(Tree({**SOUND, "src/text/table.cc": HEAD + includes}))
                  if "LINKED_ONLY" in each]
        assert faults == [] if fault is None else fault in faults[0]


def test_what_cannot_be_cut_may_be_long():
    assert rules.long_lines(Tree({"src/text/a.cc": 'a = R"(' + "x" * 200 + ')";\n'})) == []


def test_a_room_sees_the_declarations_of_others():
    header = "namespace gristmill::json {\nstruct Value;\n}\n\nnamespace gristmill::text::words {\nint x();\n}\n"
    assert rules.foreign_namespaces(Tree({"src/text/table.h": header})) == []
