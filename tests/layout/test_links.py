"""Links in Markdown lead somewhere, and every page of docs/ can be reached from its index.

A relative link names a file or folder of the tree, and its anchor a heading of that file, as GitHub spells anchors. Files
that the tree does not hold (build/, whatever Git ignores) hide nothing: only what Git lists is looked at, or, where there
is no Git, everything outside of build/ and output/.

    pytest tests/layout/test_links.py
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
INDEX = DOCS / "README.md"


def pages() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"], cwd=REPOSITORY,
                            capture_output=True, encoding="utf-8")
    if listed.returncode == 0:
        found = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    else:
        found = [path for path in REPOSITORY.rglob("*.md")
                 if path.relative_to(REPOSITORY).parts[0] not in ("build", "output")]
    return sorted(path for path in found if path.exists())


PAGES = pages()


@cache
def text_of(page: Path) -> str:
    """Without fenced blocks, in which nothing is a link or a heading."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def links_of(page: Path) -> list[str]:
    """Targets of `[text](target)`, and of `[name]: target`; not those with a scheme."""
    text = re.sub(r"`[^`\n]*`(?!\])", "", text_of(page))
    targets = re.findall(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)", text)
    targets += re.findall(r"^\[[^\]]+\]:\s+<?([^\s>]+)>?", text, flags=re.MULTILINE)
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]


@cache
def anchors_of(page: Path) -> set[str]:
    anchors: set[str] = set()
    for heading in re.findall(r"^#+ +(.+?)[ #]*$", text_of(page), flags=re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        numbered, number = anchor, 0
        while numbered in anchors:
            number += 1
            numbered = f"{anchor}-{number}"
        anchors.add(numbered)
    return anchors


def path_of(page: Path, target: str) -> Path:
    name = target.partition("#")[0]
    return (page.parent / name).resolve() if name else page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_links_lead_somewhere(page):
    for target in links_of(page):
        path = path_of(page, target)
        assert path.exists(), f"{page.relative_to(REPOSITORY)}: {target}"
        assert path.is_relative_to(REPOSITORY), f"{page.relative_to(REPOSITORY)}: {target} leads out of the tree"
        anchor = target.partition("#")[2]
        if anchor:
            assert path.suffix == ".md", f"{page.relative_to(REPOSITORY)}: {target} names an anchor of what is no page"
            assert anchor in anchors_of(path), f"{page.relative_to(REPOSITORY)}: {target} names no heading"


def test_the_index_leads_to_every_page():
    linked = {path_of(INDEX, target) for target in links_of(INDEX)}
    missing = [path for path in PAGES if path.is_relative_to(DOCS) and path != INDEX and path not in linked]
    assert not missing, f"docs/README.md has no line for {', '.join(str(path.relative_to(DOCS)) for path in missing)}"


def test_paths_of_pages_are_true():
    """Whatever else names a page of docs/ by its path: comments, messages, scripts, templates."""
    listed = subprocess.run(["git", "grep", "-IohE", r"\bdocs/[A-Za-z0-9_./-]*\.(md|json)\b", "--",
                             ":!tests/selection/test_selection.py", ":!tests/layout/test_rules.py"],  # theirs are made up
                            cwd=REPOSITORY,
                            capture_output=True, encoding="utf-8")
    if listed.returncode > 1:
        pytest.skip("this is no Git tree")
    wrong = sorted({name for name in listed.stdout.split() if not (REPOSITORY / name).exists()})
    assert not wrong, f"there is no {', '.join(wrong)}"
