"""The site as tools/site builds it: every document is a page, every link leads somewhere, and nothing is loaded from elsewhere."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import yaml
from built_pages import DOCUMENTS, REPOSITORY, SOURCES, BuiltPage, file_of, read_page

PYTHON = REPOSITORY / "build/site-venv/bin/python"


@cache
def pages_of(site: Path) -> dict[Path, BuiltPage]:
    return {path: read_page(path) for path in sorted(site.rglob("*.html"))}


def settings() -> dict:
    text = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text.replace("!ENV", ""))


def test_every_document_is_a_page(site):
    pages = pages_of(site)
    headings = {page.heading.strip() for page in pages.values()}
    for path in DOCUMENTS:
        assert re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1].replace("`", "") in headings, path
    for path in sorted((REPOSITORY / "docs").glob("*/*.md")):
        assert site / path.parent.name / path.stem / "index.html" in pages, path


def test_links_lead_somewhere(site):
    pages = pages_of(site)
    faults = []
    for path, page in pages.items():
        for link in page.links:
            if re.match(r"[a-z][a-z0-9+.-]*:", link):
                continue
            target = file_of(path, link)
            anchor = unquote(link.partition("#")[2])
            if not target.is_relative_to(site) or not target.is_file():
                faults.append(f"{path.relative_to(site)}: {link} leads nowhere")
            elif anchor and target in pages and anchor not in pages[target].ids:
                faults.append(f"{path.relative_to(site)}: {link} names no place of the page")
    assert faults == []
    assert sum(len(page.links) for page in pages.values()) > 3000


def test_links_into_the_repository_name_what_is_there(site):
    place = re.compile(re.escape(settings()["repo_url"]) + r"/(?:blob|tree)/main/([^#]+)")
    named = {found[1] for page in pages_of(site).values() for link in page.links if (found := place.fullmatch(link.partition("#")[0]))}
    assert "examples/s3/run" in named and "notebooks/first_look.ipynb" not in named
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_nothing_is_loaded_from_elsewhere(site):
    faults = []
    for path, page in pages_of(site).items():
        for reference in page.loaded:
            if not reference.startswith("data:") and (":" in reference or not file_of(path, reference).is_file()):
                faults.append(f"{path.relative_to(site)}: {reference}")
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        faults += [f"{path.relative_to(site)}: {found}" for found in re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)'\"]*", text)]
    assert faults == []


def test_the_repository_lies_in_one_place():
    """What else names its address names the same."""
    for name in ("pyproject.toml", ".github/ISSUE_TEMPLATE/config.yml"):
        for url in re.findall(r"https://github\.com/[^\s\"]+", (REPOSITORY / name).read_text(encoding="utf-8")):
            assert url.startswith(settings()["repo_url"]), f"{name}: {url}"


def test_the_reference_has_all_that_is_public(site):
    pages = pages_of(site)
    tree = ast.parse((REPOSITORY / "python/gristmill/__init__.py").read_text(encoding="utf-8"))
    public = next(ast.literal_eval(node.value) for node in tree.body
                  if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__")
    python = pages[site / "reference/python/index.html"]
    assert {f"gristmill.{name}" for name in public} | {"gristmill.spark.run", "gristmill.Result.labels"} <= python.ids
    assert "gristmill.credentials" not in python.ids
    for header in sorted((REPOSITORY / "include/gristmill").glob("*.h")):
        page = pages[site / "reference/cpp" / header.stem / "index.html"]
        for name in re.findall(r"^(?:struct|class|enum class) (?:\[\[nodiscard\]\] )?(\w+)[^;]*\{$", header.read_text(encoding="utf-8"), re.MULTILINE):
            assert name.lower() in page.ids, f"{header.name}: {name}"
    # What comments name by its path is a link, as in the documents.
    assert "../../../guide/exit-codes/" in pages[site / "reference/cpp/result/index.html"].links
    assert "../../guide/settings/" in python.links


def test_the_notebook_has_its_outputs(site):
    page = pages_of(site)[site / "notebook/index.html"]
    notebook = json.loads((REPOSITORY / "notebooks/first_look.ipynb").read_text(encoding="utf-8"))
    shown = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    text = (site / "notebook/index.html").read_text(encoding="utf-8")
    assert text.count('<div class="cell-output">') == len(shown) > 10
    assert sum(reference.startswith("data:image/png") for reference in page.loaded) == 2
    assert "<iframe srcdoc=" in text and "of-the-notebook" not in text


def test_documents_read_as_on_github(sites):
    done = subprocess.run([PYTHON, "-B", Path(__file__).with_name("as_on_github.py"), *DOCUMENTS], capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_links_that_lead_nowhere_are_errors(sites, tmp_path):
    for name in SOURCES:
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy)(REPOSITORY / name, place)
    gone = "gone.md"
    with open(tmp_path / "docs/guide/query.md", "a", encoding="utf-8") as page:
        page.write(f"\n[gone](show.md#gone-for-good), [gone]({gone})\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "build/site-venv").symlink_to(REPOSITORY / "build/site-venv")
    done = subprocess.run([tmp_path / "tools/site"], capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stdout) == (1, "")
    assert "'guide/query.md' contains a link 'show.md#gone-for-good'" in done.stderr, done.stderr
    assert f"docs/guide/query.md: there is no docs/guide/{gone}" in done.stderr, done.stderr
    assert list((tmp_path / "build/site").iterdir()) == []
