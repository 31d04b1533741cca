// The style of report.html: no fonts, no images, nothing from elsewhere; light or dark as the reader's system
// is.
#pragma once

#include <string_view>

namespace gristmill::report {

inline constexpr std::string_view page_style = R"(
:root { color-scheme: light dark; --paper: #fdfcfa; --ink: #22242a; --soft: #62656e; --line: #dcd9d2;
  --shade: #f3f1ec; --good: #1d7a46; --warned: #8a5a00; --failed: #b3261e;
  --c0: #3b6ea5; --c1: #c2792b; --c2: #4f8a5b; --c3: #9a5d9c; --c4: #b9504b; --c5: #5b8f99; --c6: #8c7a3d; --c7: #7a7d87; }
@media (prefers-color-scheme: dark) { :root { --paper: #17181c; --ink: #e4e4e8; --soft: #a4a6b0;
  --line: #34363e; --shade: #202228; --good: #63c98d; --warned: #e5b454; --failed: #ff8a80;
  --c0: #7fb0e6; --c1: #e6a765; --c2: #86c794; --c3: #cf9ad1; --c4: #f0938e; --c5: #93c8d2; --c6: #c9b672; --c7: #a8abb5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header, main, nav { margin: 0 auto; max-width: 72rem; padding: 0 1.25rem; }
header { padding-top: 2rem; } main { padding-bottom: 4rem; }
nav { position: sticky; top: 0; background: var(--paper); border-bottom: 1px solid var(--line); z-index: 1;
  display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding-top: .5rem; padding-bottom: .5rem; font-size: .9rem; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
h1 { font-size: 1.5rem; margin: 0; } h1 code { font-size: 1.35rem; } td.whole code { white-space: nowrap; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem;
  scroll-margin-top: 3rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; scroll-margin-top: 3rem; }
p { margin: .25rem 0 .75rem; max-width: 60rem; }
.soft { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
tr:target td { background: var(--shade); }
td.number, th.number { text-align: right; white-space: nowrap; }
code { font: 13px/1.45 ui-monospace, monospace; background: var(--shade); padding: 0 .25em; border-radius: 3px;
  overflow-wrap: anywhere; white-space: pre-wrap; }
td code { min-width: 4rem; display: inline-block; }
summary { cursor: pointer; color: var(--soft); min-height: 24px; padding: 1px 0; }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
.status { font-weight: 600; white-space: nowrap; }
.passed { color: var(--good); } .warned { color: var(--warned); } .failed { color: var(--failed); }
.ignored { color: var(--soft); }
.verdict { border-left: .4rem solid currentColor; padding: .25rem 0 .25rem 1rem; margin: 1rem 0; font-size: 1.1rem;
  font-weight: 600; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.figures li { background: var(--shade); border-radius: 6px; padding: .5rem 1rem; min-width: 9rem; }
.figures b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem 2rem; }
figure { margin: .5rem 0; min-width: 0; } figcaption { font-weight: 600; margin-bottom: .25rem; }
figure > svg { width: 100%; max-width: 46rem; height: auto; overflow: visible; }
svg text { fill: var(--soft); font-size: 11px; } svg line { stroke: var(--line); }
@media (max-width: 40rem) { svg text { font-size: 15px; } }
.c0 { fill: var(--c0); } .c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .c3 { fill: var(--c3); }
.c4 { fill: var(--c4); } .c5 { fill: var(--c5); } .c6 { fill: var(--c6); } .c7 { fill: var(--c7); }
.band, .medians { fill: none; stroke-linecap: round; } .band { stroke-width: 5; opacity: .35; } .medians { stroke-width: 2.5; }
.s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); }
.trend { width: 140px; height: 28px; overflow: visible; } .trend polyline { fill: none; stroke: var(--soft); stroke-width: 1.5; }
.trend .usual { fill: var(--shade); } .trend .now { fill: var(--good); } .trend .odd { fill: var(--failed); }
.share { width: 6rem; height: .6em; background: var(--shade); margin-right: .5rem; } .share rect { fill: var(--failed); }
.command { display: flex; gap: .5rem; align-items: baseline; } button { font: inherit; font-size: .85rem; padding: .1rem .5rem;
  border: 1px solid var(--line); border-radius: 4px; background: var(--shade); color: var(--ink); cursor: pointer; }
th[aria-sort] { cursor: pointer; } th[aria-sort="descending"]::after { content: " ↓"; } th[aria-sort="ascending"]::after { content: " ↑"; }
.flow-lines { fill: var(--ink); } .flow-clean { fill: var(--good); } .flow-repaired { fill: var(--c0); }
.flow-rejected { fill: var(--failed); } .flow-blank { fill: var(--c7); }
path { fill-opacity: .35; }
.legend { font-size: .9rem; } .legend span { margin-right: 1rem; } .legend span, .whole { white-space: nowrap; }
.legend svg { width: .8em; height: .8em; }
.numbers { font-size: .9rem; }
.search { position: relative; margin: .5rem 0; }
.search input { font: inherit; padding: .35rem .6rem; width: min(28rem, 100%); background: var(--paper); color: var(--ink);
  border: 1px solid var(--soft); border-radius: 4px; }
@media print { nav, .search, .numbers, button { display: none; } body { font-size: 11px; } h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; } code { background: none; } .scroll { overflow: visible; } }
)";

}  // namespace gristmill::report
