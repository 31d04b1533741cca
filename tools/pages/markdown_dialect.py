"""From Markdown as GitHub reads it, which the documents are written in, to the dialect of the site's generator.

Python-Markdown wants a blank line before a list, four spaces for what belongs to an item, one word behind the
opening of a block of code, and no backslash before a bar in a table's code. Anchors are spelled as GitHub spells them.

Tested in tests/site/test_pages.py.
"""

from __future__ import annotations

import re

LANGUAGES = {"jsonl": "json", "zsh": "sh"}  # what the highlighter does not know, and what it is like
FENCE = re.compile(r"( *)(```+)(.*)")
CODE = re.compile(r"(`+).+?\1")
ITEM = re.compile(r"( *)([-*+]|\d+[.)])( +)(?=\S)")


def slugify(text: str, separator: str) -> str:
    """The anchor of a heading; the generator numbers those that occur twice."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", separator)


def opened(fence: re.Match) -> str:
    """The opening of a block: its language, and as its title what else stands there."""
    words = fence[3].split(maxsplit=1)
    if not words:
        return fence[2]
    title = f' title="{words[1]}"' if len(words) > 1 else ""
    return f"{fence[2]}{LANGUAGES.get(words[0], words[0])}{title}"


def as_generator_reads(text: str) -> str:
    """The same document in the generator's dialect."""
    lines: list[str] = []
    items: list[int] = []  # of the items that a line lies in: the column at which their text begins
    fence: str | None = None
    blank = True
    loose = False  # something but text has come in this item
    for line in text.split("\n"):
        if fence is not None:
            lines.append(" " * 4 * len(items) + line.removeprefix(" " * (items[-1] if items else 0)))
            if line.strip() == fence:
                fence, blank, loose = None, False, True
            continue
        if not line.strip():
            lines.append("")
            blank = loose = True
            continue
        indent = len(line) - len(line.lstrip(" "))
        item = ITEM.match(line)
        opening = FENCE.match(line)
        listed = bool(items)
        if item and not (listed or blank or item[2] in ("-", "*", "+", "1.")):
            item = None  # a number at the beginning of a line of text
        if item or opening or blank or line.startswith(("#", "|")):
            while items and indent < items[-1]:
                items.pop()
        margin = " " * 4 * len(items)
        if opening:
            fence = opening[2]
            lines.append(margin + opened(opening))
        elif item:
            if not blank and (loose or not listed):
                lines.append("")
            loose = False
            lines.append(f"{margin}{item[2]} {line[item.end():]}")
            items.append(item.end())
        else:
            if line.startswith("|"):
                line = CODE.sub(lambda code: code[0].replace(r"\|", "|"), line)
            lines.append(margin + line.lstrip(" ") if items else line)
        blank = False
    return "\n".join(lines)
