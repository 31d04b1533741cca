"""The pages held against the rules of axe-core, which are those of WCAG 2.2 as far as a program can tell."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from command import REPOSITORY
from lines import TIME, collection, prediction, write_lines

SAMPLE = ["--collections", REPOSITORY / "examples/collections", "--predictions", REPOSITORY / "examples/predictions"]


@pytest.fixture
def pages(gristmill):
    """A run's own page with its history, the one in the output, and the front page over two outputs."""
    lines = gristmill.folder / "in/lines.jsonl"
    for number in range(9):
        write_lines(lines, [collection("p", f"s{number}-{i}", f"c{i}") for i in range(300 if number == 8 else 100)] + ["bad"])
        gristmill.run(lines, (), "grown", "--quiet").must(0)
    gristmill("run", *SAMPLE, "--output", "out", "--quiet", "--publish-anyway").must(0)
    gristmill("report", "grown", "run.html").must(0)
    gristmill("report", "grown", "out", "--index", "index.html").must(0)
    return [gristmill.folder / name for name in ("run.html", "out/validation/report.html", "index.html")]


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing(pages, open_page, scheme, width):
    for path in pages:
        page = open_page(path, color_scheme=scheme, viewport={"width": width, "height": 800})
        if path.name == "run.html":  # with all its rows the sample's takes half a minute
            page.locator("#fold").click()
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
        assert found.violations_count == 0, found.generate_report()


def test_axe_would_find_something(pages, open_page):
    page = open_page(pages[0])
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert "html-has-lang" in {one["id"] for one in Axe().run(page).response["violations"]}


@pytest.mark.parametrize("width", [1280, 400])
def test_labels_of_an_axis_do_not_overlap(gristmill, open_page, width):
    lines = [prediction("p", f"s{day}", "c").replace(str(TIME), str(TIME + 86_400_000 * day)) for day in range(24)]
    write_lines(gristmill.folder / "in/c.jsonl", [collection("p", f"s{day}", "c") for day in range(24)])
    write_lines(gristmill.folder / "in/p.jsonl", lines)
    gristmill.run("in/c.jsonl", "in/p.jsonl", "out", "--quiet").must(0)
    gristmill("run", *SAMPLE, "--output", "sample", "--quiet", "--publish-anyway").must(0)
    for output in ("out", "sample"):
        page = open_page(gristmill.folder / output / "validation/report.html", viewport={"width": width, "height": 800})
        for chart in page.locator("figure > svg").all():
            boxes = chart.evaluate("""chart => [...chart.querySelectorAll("text[text-anchor=middle]")].map(text => {
              const box = text.getBoundingClientRect(); return [box.left, box.right]; })""")
            for left, right in zip(boxes, boxes[1:], strict=False):
                assert left[1] <= right[0], chart.get_attribute("aria-label")
    assert page.locator("text[text-anchor=middle]").count() > 20
