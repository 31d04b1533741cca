"""Which file of the repository is which page of the site, as hooks of MkDocs (mkdocs.yml names this file).

The documents stay where they are and as GitHub shows them; here they get a place, their links lead to the pages of the
site where there is one and to the repository's host otherwise, and the navigation is that of docs/README.md. Pages
of the reference are made from the headers and from the notebook when the site is built, and lie in no folder.

Tested in tests/site.
"""

from __future__ import annotations

import logging
import posixpath
import re
import sys
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel

sys.path.insert(0, str(Path(__file__).resolve().parent))
from header_page import header_page, reference_index  # noqa: E402
from markdown_dialect import as_generator_reads, slugify  # noqa: E402
from notebook_page import notebook_page  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOK = "notebooks/first_look.ipynb"
# Pages that are no part of docs/, by section.
BESIDE = {
    "Start": {"README.md": "index.md", "docs/README.md": "documents.md", NOTEBOOK: "notebook.md"},
    "Internals": {"src/README.md": "internals/code.md"},
    "Results": {"bench/README.md": "results/measuring.md"},
    "Project": {"CHANGELOG.md": "project/changelog.md", "CONTRIBUTING.md": "project/contributing.md", "SECURITY.md": "project/security.md",
                "RELEASING.md": "project/releasing.md", "python/README.md": "project/python.md", "fuzz/README.md": "project/fuzzing.md",
                "tests/cases/README.md": "project/cases.md"},
}
TITLES = {"index.md": "gristmill", "documents.md": "All pages", "notebook.md": "A notebook", "internals/code.md": "The code",
          "results/measuring.md": "How to measure", "project/python.md": "The Python package", "project/fuzzing.md": "Fuzzing",
          "project/cases.md": "Cases", "project/security.md": "Security", "reference/python.md": "Python", "reference/cpp/index.md": "Overview"}
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
# A file that a text names without a link: in the reference, whose texts are comments.
NAMED = re.compile(r"(?<![\w/\">.-])((?:docs|src|include|gristmill)/[\w./-]+\.(?:md|cc|h))(?![^<>]*>)")
log = logging.getLogger("mkdocs.hooks.site_pages")  # whose warnings are errors, as MkDocs' own
CODE = re.compile(r"(<code>)([^<]*)(</code>)")

outputs_of_notebook: dict[str, str] = {}


def places() -> dict[str, str]:
    """By file of the repository, the source of its page."""
    found = {name: name.removeprefix("docs/") for path in sorted((REPOSITORY / "docs").rglob("*.md"))
             if (name := path.relative_to(REPOSITORY).as_posix()) != "docs/README.md"}
    for pages in BESIDE.values():
        found |= {name: page for name, page in pages.items() if (REPOSITORY / name).exists()}
    found |= {f"include/{header}": page for header, page in pages_of_headers().items()}
    return found


def headers() -> dict[str, str]:
    """The texts of the public headers, by the names under which programs include them."""
    folder = REPOSITORY / "include"
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.glob("gristmill/*.h"))}


def pages_of_headers() -> dict[str, str]:
    return {name: f"reference/cpp/{name.rpartition('/')[2].removesuffix('.h')}.md" for name in headers()}


def navigation() -> list:
    """Sections and their order from docs/README.md, around them what is no part of docs/."""
    index = (REPOSITORY / "docs/README.md").read_text(encoding="utf-8")
    sections: dict[str, list[str]] = {"Start": []}
    for heading, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", index, flags=re.MULTILINE | re.DOTALL):
        if pages := re.findall(r"^\| \[[^\]]+\]\(([\w/-]+\.md)\)", body, flags=re.MULTILINE):
            sections[heading.partition(":")[0]] = pages
    sections["Reference"] = ["reference/python.md"]
    sections["Project"] = []
    known = places()
    for section, pages in BESIDE.items():
        sections[section] += [page for name, page in pages.items() if name in known]

    def entries(pages: list[str]) -> list:
        return [{TITLES[page]: page} if page in TITLES else page for page in pages]

    cpp = {"C++": entries(["reference/cpp/index.md"]) + [{name: page} for name, page in pages_of_headers().items()]}
    return [{section: entries(pages) + ([cpp] if section == "Reference" else [])} for section, pages in sections.items()]


def python_page() -> str:
    return "\n".join(["# Python reference", "",
                      "What `import gristmill` has, from its docstrings. How it is used is told in [From Python](../guide/python.md).",
                      "", "::: gristmill", "",
                      "## On a Spark cluster", "", "Told in [On a Spark cluster](../operate/spark.md).", "",
                      "::: gristmill.spark.run", "    options: {show_root_heading: true, show_root_toc_entry: true, heading_level: 3}", ""])


# ---- hooks

def on_config(config):
    config.nav = navigation()
    config.mdx_configs["toc"]["slugify"] = slugify
    if not config.site_url:  # whose links begin at the root of a host
        config.theme.static_templates.difference_update({"404.html", "sitemap.xml"})
    return config


def on_files(files, config):
    """All that the site consists of; what MkDocs found in docs/ takes its place among it."""
    kept = [each for each in files if not each.src_uri.endswith(".md")]  # schemas
    pages = []
    for name, page in places().items():
        if name == NOTEBOOK:
            text, outputs = notebook_page((REPOSITORY / name).read_text(encoding="utf-8"))
            outputs_of_notebook.clear()
            outputs_of_notebook.update(outputs)
        elif name.startswith("include/"):
            text = header_page(name.removeprefix("include/"), (REPOSITORY / name).read_text(encoding="utf-8"))
        else:
            text = (REPOSITORY / name).read_text(encoding="utf-8")
        pages.append(made(config, page, text, name))
    pages.append(made(config, "reference/python.md", python_page(), "python/gristmill/__init__.py"))
    pages.append(made(config, "reference/cpp/index.md", reference_index(headers()), "docs/guide/library.md"))
    return Files([*kept, *pages])


def made(config, page: str, text: str, name: str) -> File:
    """A page of the site with this text; `name` is the file of the repository that its links start from."""
    file = File.generated(config, page, content=text, inclusion=InclusionLevel.INCLUDED)
    file.repository_name = name
    return file


def on_page_markdown(markdown, page, config, files):
    name = page.file.repository_name
    if name != "python/gristmill/__init__.py":
        markdown = as_generator_reads(markdown)
    if page.file.src_uri.startswith("reference/") and not name.startswith("include/"):
        return markdown  # its links are the site's already
    pieces = re.split(r"(^ *```.*?^ *```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(piece if number % 2 else LINK.sub(lambda link: link[1] + target_of(link[2], name, page, config) + link[3], piece)
                   for number, piece in enumerate(pieces))


def target_of(target: str, name: str, page, config) -> str:
    """Where a link of a document leads on the site."""
    if SCHEME.match(target) or target.startswith("#"):
        return target
    path, mark, anchor = target.partition("#")
    return place_of(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)), page, config) + mark + anchor


def place_of(name: str, page, config) -> str:
    """The page or the file of the site that shows a file of the repository, else its address on the host."""
    known = places()
    if name in known:
        return posixpath.relpath(known[name], posixpath.dirname(page.file.src_uri) or ".")
    if not (REPOSITORY / name).exists():
        log.warning("%s: there is no %s", page.file.repository_name, name)
    if name.startswith("docs/") and (REPOSITORY / name).is_file():
        return posixpath.relpath(name.removeprefix("docs/"), posixpath.dirname(page.file.src_uri) or ".")
    kind = "tree" if (REPOSITORY / name).is_dir() else "blob"
    return f"{config.repo_url.rstrip('/')}/{kind}/{config.extra['revision']}/{name}"


def on_page_content(html, page, config, files):
    if page.file.repository_name == NOTEBOOK:
        for mark, output in outputs_of_notebook.items():
            if html.count(mark) != 1:
                raise PluginError(f"{NOTEBOOK}: no place for an output")
            html = html.replace(mark, output)
    if page.file.src_uri.startswith("reference/"):
        html = NAMED.sub(lambda named: linked(named[1], page, config, files), html)
    return html


def on_post_page(output, page, config):
    """Names in tables may be broken behind a dot or a dash; the index of the search has been made before."""
    return re.sub(r"(<td[^>]*>)(.*?)(</td>)", lambda cell: cell[1] + CODE.sub(breakable, cell[2]) + cell[3], output, flags=re.DOTALL)


def breakable(code: re.Match) -> str:
    return code[1] + re.sub(r"([_./=|,](?=\w))", r"\1<wbr>", code[2]) + code[3]


def linked(name: str, page, config, files) -> str:
    path = f"include/{name}" if name.startswith("gristmill/") else name
    known = places()
    if path in known:
        target = files.get_file_from_path(known[path]).url_relative_to(page.file)
    elif (REPOSITORY / path).exists():
        target = place_of(path, page, config)
    else:
        return name
    return name if path == page.file.repository_name else f'<a href="{target}">{name}</a>'
