// The script of report.html: the search, folding out, copying, sorting, and nothing hidden on paper. Without it the
// page shows everything all the same.
#pragma once

#include <string_view>

namespace gristmill::report {

inline constexpr std::string_view page_script = R"(
"use strict";
const box = document.getElementById("search");
const found = document.getElementById("found");
const rows = [...document.querySelectorAll("table.searchable tbody tr")].map(row => [row, row.textContent.toLowerCase()]);
const all = () => document.querySelectorAll("main details");
if (box !== null && rows.length > 0) box.parentElement.hidden = false;
box?.addEventListener("input", () => {
  const wanted = box.value.trim().toLowerCase();
  let count = 0;
  for (const [row, text] of rows) {
    row.hidden = wanted !== "" && !text.includes(wanted);
    if (wanted !== "" && !row.hidden) {
      ++count;
      row.closest("details").open = true;
    }
  }
  found.textContent = wanted === "" ? "" : count === 1 ? "1 finding" : count.toLocaleString("en") + " findings";
});
const fold = document.getElementById("fold");
if (fold !== null) fold.hidden = false;
fold?.addEventListener("click", () => {
  const open = fold.getAttribute("aria-pressed") !== "true";
  for (const each of all()) each.open = open;
  fold.setAttribute("aria-pressed", open);
  fold.textContent = open ? "fold all" : "expand all";
});
for (const command of document.querySelectorAll(".command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "copy";
  button.setAttribute("aria-label", "copy the command");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command.querySelector("code").textContent);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(command.querySelector("code"));
    }
  });
  command.append(button);
}
for (const head of document.querySelectorAll("table.sortable th")) {
  const column = [...head.parentElement.children].indexOf(head);
  const value = row => {
    const text = row.children[column].textContent.trim();
    const number = parseFloat(text.replaceAll(",", ""));
    return Number.isNaN(number) ? text : number;
  };
  head.setAttribute("aria-sort", "none");
  head.tabIndex = 0;
  const sort = () => {
    const down = head.getAttribute("aria-sort") !== "descending";
    for (const other of head.parentElement.children) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = head.closest("table").tBodies[0];
    const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1);
    body.append(...[...body.rows].sort((a, b) => order(value(a), value(b))));
  };
  head.addEventListener("click", sort);
  head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
}
const boxes = new ResizeObserver(entries => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll(".scroll")) boxes.observe(box);
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...all()].filter(each => !each.open);
  for (const each of closed) each.open = true;
});
addEventListener("afterprint", () => {
  for (const each of closed) each.open = false;
});
)";

}  // namespace gristmill::report
