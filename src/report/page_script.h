// The script of report.html: the search, and nothing hidden on paper. Without it the page shows everything all the
// same.
#pragma once

#include <string_view>

namespace gristmill::report {

inline constexpr std::string_view page_script = R"(
"use strict";
const box = document.getElementById("search");
const found = document.getElementById("found");
const rows = [...document.querySelectorAll("table.searchable tbody tr")].map(row => [row, row.textContent.toLowerCase()]);
const all = () => document.querySelectorAll("main details");
if (rows.length > 0) box.parentElement.hidden = false;
box.addEventListener("input", () => {
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
