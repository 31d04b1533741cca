"""What a site is made of; what its pages refer to, and what can be referred to in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = ("docs", "tools", "include", "notebooks", "python/gristmill", "python/README.md", "src/README.md", "bench/README.md",
           "fuzz/README.md", "tests/cases/README.md", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "RELEASING.md",
           "CMakeLists.txt", "mkdocs.yml")
DOCUMENTS = [*sorted((REPOSITORY / "docs").rglob("*.md")), *(REPOSITORY / name for name in SOURCES if name.endswith(".md"))]
REFERENCES = {"href", "src", "srcset", "data", "poster", "action", "xlink:href"}


@dataclass
class BuiltPage:
    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)  # that a reader may follow
    loaded: list[str] = field(default_factory=list)  # without being asked for
    heading: str = ""


class Reader(HTMLParser):
    def __init__(self, page: BuiltPage):
        super().__init__()
        self.page = page
        self._in_heading = False

    def handle_starttag(self, tag, attributes):
        if tag in ("h1", "a"):
            self._in_heading = tag == "h1"  # its link to itself is at its end
        for name, value in attributes:
            if name in ("id", "name"):
                self.page.ids.add(value)
            elif name in REFERENCES and value is not None:
                (self.page.links if tag == "a" else self.page.loaded).append(value)
            elif name == "style" and "url(" in (value or ""):
                self.page.loaded += re.findall(r"url\(([^)]*)\)", value)

    def handle_endtag(self, tag):
        self._in_heading = self._in_heading and tag != "h1"

    def handle_data(self, data):
        self.page.heading += data if self._in_heading else ""


def read_page(path: Path) -> BuiltPage:
    page = BuiltPage(path)
    Reader(page).feed(path.read_text(encoding="utf-8"))
    return page


def file_of(page: Path, reference: str) -> Path:
    """The file that a relative reference of a page names."""
    name = unquote(reference.partition("#")[0].partition("?")[0])
    path = (page.parent / name).resolve() if name else page
    return path / "index.html" if path.is_dir() else path
