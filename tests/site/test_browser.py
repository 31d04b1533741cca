"""The site in a real Chromium: the search finds pages, versions can be chosen, everything fits, and nothing else is asked for."""

from __future__ import annotations

import json

import pytest
from built_pages import DOCUMENTS

# The right edge of what stands beyond it, but for what can be moved: code, tables, outputs of the notebook.
TOO_WIDE = """() => [...document.querySelectorAll(".md-content *, .md-header *")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && each.checkVisibility()
                  && !each.closest("pre, .md-typeset__scrollwrap, .cell-output, .md-search, .md-header__title, svg"))
  .map(each => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("words, place", [("rejected lines quarantine", "guide/"), ("quarantine_rejected", None), ("WritableFile", "reference/cpp/storage/"),
                                          ("inputs_id", "guide/formats/"), ("Verification intact", "reference/python/")])
def test_search_finds(open_page, site, words, place):
    page = open_page(f"{site.name}/", viewport={"width": 1280, "height": 900})
    page.locator("input[name=query]").click()
    page.keyboard.type(words)
    if place is None:
        page.get_by_text("No matching documents").wait_for()
        return
    found = page.locator(".md-search-result__item a")
    found.first.wait_for()
    addresses = [each.get_attribute("href") for each in found.all()]
    assert any(place in address for address in addresses[:5]), addresses[:5]
    found.nth(next(i for i, address in enumerate(addresses) if place in address)).click()
    page.wait_for_url(f"**/{place}**")
    assert page.locator("article h1").first.is_visible()


def test_another_version_can_be_chosen(open_page, site):
    page = open_page("", viewport={"width": 1280, "height": 900})
    page.wait_for_url(f"**/{site.name}/")  # the front page leads to the newest
    assert page.locator(".md-version__current").inner_text().strip() == site.name
    listed = [{"version": name, "title": name, "aliases": []} for name in ("99.0", site.name)]
    context = page.context
    context.route("**/versions.json", lambda route: route.fulfill(body=json.dumps(listed), content_type="application/json"))
    page.goto(page.url + "guide/settings/")
    place = page.locator(".md-version__current").bounding_box()
    page.mouse.move(place["x"] + 9, place["y"] + 9)  # the list opens above it
    choice = page.locator(".md-version__link", has_text="99.0")
    choice.wait_for()
    assert "/99.0/" in choice.evaluate("each => each.href")


def test_every_page_fits(open_page, site):
    page = open_page(f"{site.name}/", viewport={"width": 1280, "height": 900})
    base = page.url
    faults = []
    names = [path.parent.relative_to(site).as_posix() for path in sorted(site.rglob("index.html"))]
    headers = [name for name in names if name.startswith("reference/cpp/")]  # are all alike
    assert len(names) > len(DOCUMENTS)
    for name in [name for name in names if name not in headers[2:]]:
        page.goto(f"{base}{name}/" if name != "." else base)
        for width in (400, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate(TOO_WIDE)
            if wide or page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                faults.append(f"{name} at {width}: {wide[:3]}")
    assert faults == []


def test_the_menu_of_a_phone_leads_to_a_page(open_page, site):
    page = open_page(f"{site.name}/", viewport={"width": 400, "height": 800}, has_touch=True)
    page.locator("label.md-header__button[for=__drawer]").click()
    drawer = page.locator("nav.md-nav--primary")
    drawer.locator("label.md-nav__title", has_text="Start").click()  # back to the sections
    drawer.locator("label.md-nav__link", has_text="Operate").click()
    drawer.get_by_role("link", name="Publishing", exact=True).click()
    page.wait_for_url("**/operate/publishing/")
    assert page.locator("article h1").inner_text().startswith("Publishing")


def test_colours_can_be_changed_and_stay(open_page, site):
    page = open_page(f"{site.name}/guide/settings/", viewport={"width": 1280, "height": 900}, color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(background)
    page.locator("label[title='Dark colours']").click()
    page.wait_for_function(f"{background} !== '{before}'")
    after = page.evaluate(background)
    page.goto(page.url.replace("settings", "show"))
    page.wait_for_function(f"{background} === '{after}'")
