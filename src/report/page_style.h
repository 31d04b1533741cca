// The style of report.html: no fonts, no images, nothing from elsewhere; light or dark as the reader's system
// is.
#pragma once

#include <string_view>

namespace gristmill {

inline constexpr std::string_view page_style = R"(
:root { color-scheme: light dark; --paper: #fdfcfa; --ink: #22242a; --soft: #6a6d76; --line: #dcd9d2;
  --shade: #f3f1ec; --good: #1d7a46; --warned: #96610a; --failed: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --paper: #17181c; --ink: #e4e4e8; --soft: #9a9ca6;
  --line: #34363e; --shade: #202228; --good: #63c98d; --warned: #e5b454; --failed: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 70rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .25rem 0 .75rem; }
.soft, caption { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .9rem; }
th, td { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
td.number, th.number { text-align: right; white-space: nowrap; }
code { font: 13px/1.45 ui-monospace, monospace; background: var(--shade); padding: 0 .25em; border-radius: 3px;
  overflow-wrap: anywhere; white-space: pre-wrap; }
td code { min-width: 8rem; display: inline-block; }
summary { cursor: pointer; color: var(--soft); }
a { color: inherit; }
.status { font-weight: 600; white-space: nowrap; }
.passed { color: var(--good); } .warned { color: var(--warned); } .failed { color: var(--failed); }
.ignored { color: var(--soft); }
.verdict { border-left: .4rem solid currentColor; padding: .25rem 0 .25rem 1rem; margin: 1rem 0; font-size: 1.1rem;
  font-weight: 600; }
)";

}  // namespace gristmill
