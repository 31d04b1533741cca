"""A public C++ header as a page: its comments are the text, its declarations the code below them.

The headers have plain `//` comments, which Doxygen leaves out, and a shape that is easily told apart: an opening
comment, then declarations at the outermost level, each with its comment above it. What no caller needs is left out:
includes, private members, the bodies of functions, and macros that only make other declarations.

Tested in tests/site/test_header_page.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FUNCTION = re.compile(r"(?:\[\[\w+\]\] )?[\w:<>, &*]*?[ &*](\w+)\(")
NAMES = (
    re.compile(r"(?:struct|class|enum class|enum) (?:\[\[\w+\]\] )?(\w+)"),
    re.compile(r"using (\w+) ="),
    re.compile(r"#define (\w+)"),
    re.compile(r"(?:inline |constexpr )+[\w:<>, &*]+[ &*](\w+)(?: = |\{|;)"),
    FUNCTION,
)
# The end of a line from which on there is the body of a function, and a line that has all of it.
OPENS_BODY = re.compile(r"(\)(?: const| noexcept| override| &&)*)(?: : .*)? \{$")
BODY = re.compile(r"(\)(?: const| noexcept| override| &&)*)(?: : .*)? \{.*\}$")
INITIALIZERS = re.compile(r" +: \w+[({].*\{.*\}$")  # of a constructor, on a line of their own
LEFT_OUT = re.compile(r"#(?:pragma|include|undef)\b|#define (?:GRISTMILL_(?:NAME|ENTRY)_OF_\w+|\w+_\(|GM_CONCATENATE\()|"
                      r"(?:inline )?namespace .*\{|\}  // namespace")
FORWARD = re.compile(r"(?:struct|class) \w+;(?:\s*//.*)?")
ASIDE = re.compile(r"\s*// (?:NOLINT|clang-format).*")


@dataclass
class Declaration:
    """What stands together in a header: declarations under one comment, or under none."""

    comment: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Of the first thing that is declared here; of a function with its brackets."""
        text = re.sub(r"^template <.*>\s*", "", "\n".join(self.code))
        for pattern in NAMES:
            if found := pattern.match(text):
                return f"{found[1]}()" if pattern is FUNCTION else found[1]
        raise ValueError(f"no name in: {text}")


def depth_of(line: str) -> int:
    """How many more brackets a line of code opens than it closes."""
    code = re.sub(r'R"\(.*?\)"|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|//.*', "", line)
    return sum(code.count(each) for each in "({[") - sum(code.count(each) for each in ")}]")


def for_callers(lines: list[str]) -> list[str]:
    """Without private members, and of functions only what stands before their bodies."""
    kept: list[str] = []
    rest = iter(lines)
    for line in rest:
        line = ASIDE.sub("", line)
        if line.strip() == "private:":
            while kept and not kept[-1].strip():
                kept.pop()
            depth = 0
            for line in rest:
                depth += depth_of(line)
                if depth < 0:  # the end of the class
                    break
        elif OPENS_BODY.search(line):
            kept.append(OPENS_BODY.sub(r"\1;", line))
            depth = 1
            while depth > 0:
                depth += depth_of(next(rest))
            continue
        if INITIALIZERS.match(line):
            kept[-1] += ";"
            continue
        kept.append(BODY.sub(r"\1;", line))
    return kept


def parts_of(text: str) -> tuple[list[str], list[Declaration]]:
    """The opening comment of a header, and its declarations in their order."""
    lines = text.split("\n")
    opening = []
    while lines and lines[0].startswith("//"):
        opening.append(lines.pop(0))
    declarations: list[Declaration] = []
    current = Declaration()
    depth, continued, skipping = 0, False, False

    def finish() -> None:
        nonlocal current
        if current.code and not FORWARD.fullmatch("\n".join(current.code)):
            declarations.append(current)
        current = Declaration()

    for line in lines:
        outermost = depth == 0 and not continued
        if outermost and (skipping := LEFT_OUT.match(line) is not None):
            finish()
        elif outermost and not line.strip():
            finish()
        elif outermost and line.startswith("//"):
            if ASIDE.fullmatch(line):
                continue
            if current.code:
                finish()
            current.comment.append(line)
        elif not skipping:
            current.code.append(line)
        continued = line.endswith("\\")
        # What is in a macro need not be balanced, and a namespace is no level.
        if not continued and not line.startswith("#") and not LEFT_OUT.match(line):
            depth = max(0, depth + depth_of(line)) if outermost or not skipping else 0
    finish()
    for each in declarations:
        each.code = for_callers(each.code)
    return opening, declarations


def prose(comment: list[str]) -> str:
    """A comment as Markdown: joined to paragraphs; nothing in it is markup but what stands in backticks."""
    text = "\n".join(line.removeprefix("//").removeprefix(" ") for line in comment)
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if number % 2 else re.sub(r"([\\*_\[\]<>#|])", r"\\\1", piece) for number, piece in enumerate(pieces))


def header_page(name: str, text: str) -> str:
    """The page of a header, `gristmill/run.h`, from its text."""
    opening, declarations = parts_of(text)
    lines = [f"# {name}", "", prose(opening), "", "```cpp", f"#include <{name}>", "```", ""]
    for each in declarations:
        lines += [f"## `{each.name}`", "", prose(each.comment), "", "```cpp", *each.code, "```", ""]
    return "\n".join(lines)


def first_sentence(text: str) -> str:
    """What a header is, as its opening comment says."""
    opening, _ = parts_of(text)
    return re.split(r"(?<=\.)(?:\s|$)", prose(opening).replace("\n", " "), maxsplit=1)[0].rstrip(".")


def reference_index(headers: dict[str, str]) -> str:
    """The page that leads to those of all headers; `headers` has their texts by name."""
    rows = [f"| [{name}]({name.rpartition('/')[2].removesuffix('.h')}.md) | {first_sentence(text)} |" for name, text in headers.items()]
    types = sorted((each.name, name) for name, text in headers.items() for each in parts_of(text)[1])
    return "\n".join([
        "# C++ reference", "",
        "The public headers, as they are installed. How a program uses them is told in [In a C++ program](../../guide/library.md).", "",
        "| header | what it is |", "|---|---|", *rows, "",
        "## By name", "",
        "| name | header |", "|---|---|",
        *(f"| [`{each}`]({page}.md#{anchor}) | `{header}` |" for each, header in types
          for page, anchor in [(header.rpartition("/")[2].removesuffix(".h"), re.sub(r"[^\w-]", "", each.lower()))]), ""])
