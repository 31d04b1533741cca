"""Prints where a document would read otherwise on the site than on GitHub: in its words, or in what they are.

    build/site-venv/bin/python tests/site/as_on_github.py FILE.md...

Two readers are compared, CommonMark's with tables and the site's, by how many headings, items, cells, blocks of code and
links they see, and by the words. The site's titles of code (`jsonl labels`) are GitHub's too, unseen.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import markdown
from markdown_it import MarkdownIt

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "pages"))
from markdown_dialect import as_generator_reads  # noqa: E402

COUNTED = ("h1", "h2", "h3", "h4", "li", "ul", "ol", "table", "tr", "td", "th", "code", "pre", "a", "strong", "em")


class Seen(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.words = ""
        self._in_title = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        self._in_title = ("class", "filename") in attributes

    def handle_data(self, data):
        self.words += "" if self._in_title else re.sub(r"\s", "", data)
        self._in_title = False


def differences(text: str) -> list[str]:
    github = Seen(MarkdownIt("commonmark").enable("table").render(text))
    site = Seen(markdown.markdown(as_generator_reads(text), extensions=["tables", "sane_lists", "pymdownx.superfences"]))
    found = [f"{github.tags[tag]} {tag}, {site.tags[tag]} on the site" for tag in COUNTED if github.tags[tag] != site.tags[tag]]
    if github.words != site.words:
        at = next((i for i, (left, right) in enumerate(zip(github.words, site.words)) if left != right), 0)
        found.append(f"'{github.words[max(0, at - 30):at + 30]}', '{site.words[max(0, at - 30):at + 30]}' on the site")
    return found


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for difference in differences(Path(name).read_text(encoding="utf-8")):
            print(f"{name}: {difference}")
