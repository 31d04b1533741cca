"""The front page over several outputs, in a browser."""

from __future__ import annotations

from command import OK, USAGE
from lines import collection, prediction, write_lines


def make(gristmill, name, bad):
    lines = [collection("p1", f"s{i}", f"c{i}") for i in range(40)] + ["bad"] * bad
    write_lines(gristmill.folder / name / "c/a.jsonl", lines)
    write_lines(gristmill.folder / name / "p/a.jsonl", [prediction("p1", f"s{i}") for i in range(40)])
    gristmill.run(gristmill.folder / name / "c", gristmill.folder / name / "p", f"{name}-out", "--quiet", "--publish-anyway").must(OK)


def test_a_row_for_each_output_the_worst_first(gristmill, open_page, tmp_path):
    for name, bad in (("good", 0), ("worst", 10), ("warned", 1)):
        make(gristmill, name, bad)
    gristmill("report", "good-out", "worst-out", "warned-out", "--index", "index.html").must(OK)
    page = open_page(gristmill.folder / "index.html")
    assert page.title() == "gristmill: outputs" and page.locator("h1").inner_text() == "3 outputs"
    rows = page.locator("tbody tr")
    assert [row.locator("td").first.inner_text() for row in rows.all()] == ["worst-out", "warned-out", "good-out"]
    assert [row.locator(".status").inner_text() for row in rows.all()] == ["failed", "warned", "passed"]
    page.locator("th", has_text="lines").click()
    assert [row.locator("td").nth(4).inner_text() for row in rows.all()] == ["90", "81", "80"]
    page.locator("th", has_text="lines").click()
    assert rows.first.locator("td").nth(4).inner_text() == "80"
    link = page.locator("a", has_text="worst-out").get_attribute("href")
    assert link == "worst-out/validation/report.html" and (gristmill.folder / link).exists()


def test_one_that_is_not_there_is_the_worst(gristmill, open_page, tmp_path):
    make(gristmill, "good", 0)
    gristmill("report", "good-out", "nothing", "--index", "index.html").must(OK)
    rows = open_page(gristmill.folder / "index.html").locator("tbody tr")
    assert [row.locator("td").first.inner_text() for row in rows.all()] == ["nothing", "good-out"]
    assert rows.first.locator(".status").inner_text() == "no output" and "nothing" in rows.first.locator("td").last.inner_text()


def test_what_is_no_index(gristmill, tmp_path):
    make(gristmill, "good", 0)
    gristmill("report", "good-out", "a", "b").must_fail(USAGE, "--index")
    gristmill("report", "good-out", "--index", "good-out/index.html").must_fail(USAGE, "which holds nothing but what its manifest lists")
    assert not (gristmill.folder / "index.html").exists()
