"""report.html in a browser: renders, searches, prints, and shows whatever the data holds as text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import INPUT, REPOSITORY
from lines import collection, prediction, write_lines

SAMPLE = ["--collections", REPOSITORY / "examples/collections", "--predictions", REPOSITORY / "examples/predictions"]
HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'quoted' & \"so\"", "‮desrever", "עברית 12", "x" * 10_000,
           "</code></details><b>out</b>", "a\u0000b\u001b[31m"]


def page_of(gristmill, *words) -> Path:
    out = gristmill.folder / "out"
    gristmill("run", *words, "--output", out, "--quiet", "--publish-anyway").must(0)
    return out / "validation/report.html"


def test_sample(gristmill, open_page):
    page = open_page(page_of(gristmill, *SAMPLE))
    assert page.title() == "gristmill: report"
    assert page.locator(".verdict").inner_text() == "Passed, with 9 warnings"
    assert page.locator("[id^=check-]").count() == 11
    assert page.locator("figure > svg").count() >= 9
    for mark in page.locator("figure > svg rect").all():
        assert float(mark.get_attribute("height")) >= 0
    # Every link leads somewhere on the page.
    for link in page.locator("a").all():
        assert page.locator(f"[id='{link.get_attribute('href')[1:]}']").count() == 1


@pytest.mark.parametrize("width", [1280, 400])
def test_what_changed_since_the_runs_before(gristmill, open_page, width):
    lines = gristmill.folder / "in/lines.jsonl"
    for number in range(9):
        write_lines(lines, [collection("p", f"s{number}-{i}", f"c{i}") for i in range(300 if number == 8 else 100)])
        gristmill.run(lines, (), "out", "--quiet").must(0)
    gristmill("report", "out", "page.html").must(0)
    page = open_page(gristmill.folder / "page.html", viewport={"width": width, "height": 800})
    assert page.locator("h1").inner_text() == str(gristmill.folder / "out")
    rows = page.locator("#changes ~ .scroll").first.locator("tbody tr")
    first = rows.first
    assert first.locator("td").first.inner_text() == "collections.lines" and first.locator("b.warned").count() == 1
    assert [cell.inner_text() for cell in first.locator("td").all()][1:4] == ["300", "↑", "80 to 120"]
    assert first.locator("svg.trend circle.odd").count() == 1
    assert len(first.locator("polyline").get_attribute("points").split()) == 9
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Without a run's own facts nothing of it is on the page.
    assert "Since the runs before" not in (gristmill.folder / "out/validation/report.html").read_text()
    page.locator("#fold").click()
    assert page.locator("main details:not([open])").count() == 0
    assert "gristmill show" not in page.locator("main").inner_text()  # nothing was rejected


def test_a_command_to_copy_is_one_that_works(gristmill, open_page):
    page_of(gristmill, *SAMPLE)
    gristmill("report", "out", "page.html").must(0)
    page = open_page(gristmill.folder / "page.html")
    page.locator("#fold").click()
    command = page.locator(".command code").first.inner_text().split()
    assert command[0] == "gristmill" and "--reason" in command
    assert command[-1] in gristmill(*command[1:]).must(0).stdout
    assert page.locator(".command button").count() == page.locator(".command").count() > 5


def test_search(gristmill, open_page):
    page = open_page(page_of(gristmill, *SAMPLE))
    rows = page.locator("table.searchable tbody tr")
    everything = rows.count()
    assert page.locator("table.searchable tbody tr:visible").count() == 0  # folded away
    page.keyboard.press("Tab")
    page.locator("#search").fill("Duplicate_KEY")
    shown = page.locator("table.searchable tbody tr:visible")
    assert 0 < shown.count() < everything
    assert all("duplicate_key" in text.lower() for text in shown.all_inner_texts())
    assert page.locator("#found").inner_text() == f"{shown.count()} findings"
    page.locator("#search").fill("")
    assert page.locator("table.searchable tbody tr[hidden]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(gristmill, open_page, scheme):
    """Text stands out from the page by the ratio that WCAG AA asks for."""
    page = open_page(page_of(gristmill, *SAMPLE), color_scheme=scheme)
    ratios = page.evaluate("""() => {
      const light = colour => { const c = colour.match(/[\\d.]+/g).slice(0, 3).map(v => { v /= 255;
        return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * c[0] + .7152 * c[1] + .0722 * c[2]; };
      const paper = light(getComputedStyle(document.body).backgroundColor);
      return [...document.querySelectorAll("p, td, th, h1, h2, h3, a, summary, .status, .soft")].map(each => {
        const ink = light(getComputedStyle(each).color);
        return (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05); }); }""")
    assert min(ratios) >= 4.5


def test_keyboard_alone(gristmill, open_page):
    page = open_page(page_of(gristmill, *SAMPLE))
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    else:
        raise AssertionError("no findings are reached by Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")


def test_images_have_names_and_numbers(gristmill, open_page):
    page = open_page(page_of(gristmill, *SAMPLE))
    for figure in page.locator("figure").all():
        assert figure.locator("> svg").get_attribute("role") == "img"
        assert figure.locator("> svg").get_attribute("aria-label")
        assert figure.locator("details table tbody tr").count() > 0


def test_narrow_and_on_paper(gristmill, open_page, tmp_path):
    page = open_page(page_of(gristmill, *SAMPLE), viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("main details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("main details:not([open])").count() > 0
    assert page.pdf(path=tmp_path / "page.pdf").startswith(b"%PDF")


def test_without_scripts(gristmill, open_page):
    page = open_page(page_of(gristmill, *SAMPLE), java_script_enabled=False)
    assert not page.locator(".search").is_visible()
    assert page.locator("table.searchable tbody tr").count() > 0


def test_empty_data(gristmill, open_page):
    page = open_page(page_of(gristmill, "--collections", write_lines(gristmill.folder / "in/empty.jsonl", [])))
    assert page.locator(".verdict").inner_text() == "Passed: no check found anything"
    assert "no sessions" in page.locator("main").inner_text()


def test_many_culprits_are_cut(gristmill, open_page):
    lines = [json.dumps({"metadata": {"profile_id": f"p{i % 50}", "session_id": f"s{i}"}}) for i in range(100_000)]
    path = page_of(gristmill, "--collections", write_lines(gristmill.folder / "in/many.jsonl", lines))
    assert path.stat().st_size < 1_000_000
    page = open_page(path)
    table = page.locator("h3#check-1 ~ details table.searchable").first
    assert table.locator("tbody tr").count() == 100
    assert "lines: 100,000" in page.locator("h3#check-1 + p").inner_text()


def test_hostile_texts_are_texts(gristmill, open_page):
    lines = [collection(name[:60], name, f"c{number}") for number, name in enumerate(HOSTILE)]
    lines += [collection("other", name, f"d{number}") for number, name in enumerate(HOSTILE)]
    lines += [json.dumps({"metadata": {"profile_id": [name]}, name: 1}) for name in HOSTILE]
    scores = [prediction(name[:60], name, "c") for name in HOSTILE]
    path = page_of(gristmill, "--collections", write_lines(gristmill.folder / "in/<b>c.jsonl", lines),
                   "--predictions", write_lines(gristmill.folder / "in/p.jsonl", scores))
    page = open_page(path)
    assert page.locator("main img, main script, main b:text('out')").count() == 0
    words = page.evaluate("document.body.textContent")
    assert "<script>alert(1)</script>" in words and "<b>c.jsonl" in words
    assert "‮" not in words  # made visible instead
    assert "\\u{202e}desrever" in words
    for element in page.locator("bdi").all()[:50]:
        assert element.evaluate("each => getComputedStyle(each).unicodeBidi") == "isolate"


def test_report_command_makes_it_again(gristmill, open_page):
    written = page_of(gristmill, *SAMPLE, "--threads", "2")
    again = gristmill.folder / "again.html"
    gristmill("report", gristmill.folder / "out", again).must(0)
    page = open_page(again)
    assert "flag --threads" in page.locator("main").inner_text()
    assert page.locator("h2#run").count() == 1
    assert open_page(written).locator("h2#run").count() == 0
    gristmill("verify", gristmill.folder / "out").must(0)


def test_report_command_says_what_is_wrong(gristmill, tmp_path):
    gristmill("report", tmp_path / "nothing").must_fail(INPUT, "nothing")
    page_of(gristmill, *SAMPLE)
    gristmill("report", gristmill.folder / "out", gristmill.folder / "out/page.html").must_fail(2, "lies in the output")
