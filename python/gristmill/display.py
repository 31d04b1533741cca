"""A result in words, and as a notebook shows it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from .result import Result

STYLE = """<style>
.gristmill {font-family: system-ui, sans-serif; font-size: 13px; max-width: 60em}
.gristmill .verdict {font-weight: 600; padding: .3em .6em; border-left: .4em solid; margin: .4em 0}
.gristmill .good {border-color: #2e8b57} .gristmill .bad {border-color: #c0392b} .gristmill .warned {border-color: #d99a00}
.gristmill table {border-collapse: collapse; margin: .5em 0} .gristmill th, .gristmill td {padding: .15em .7em; text-align: right}
.gristmill th:first-child, .gristmill td:first-child {text-align: left}
.gristmill thead th {border-bottom: 1px solid currentColor; font-weight: 600}
.gristmill figure {display: inline-block; margin: .5em 1.5em .5em 0} .gristmill figcaption {font-size: 12px; opacity: .8}
.gristmill svg rect {fill: #4878a8}
</style>"""


def facts(report: dict[str, Any]) -> list[str]:
    """The figures of a run in a few words each."""
    totals = report["accounting"]["totals"].values()
    lines, rejected = (sum(total[name] for total in totals) for name in ("lines", "rejected"))
    rows = report["accounting"]["rows"]
    return [f"{lines:,} lines, {rejected:,} of them rejected", *(f"{rows[name]:,} {what}" for name, what in
            (("labels", "labels"), ("predictions", "predictions"), ("sessions", "sessions")) if name in rows)]


def table(columns: list[str], rows: list[list[Any]]) -> str:
    """An HTML table; every text is escaped."""
    def cell(value: Any) -> str:
        return escape(f"{value:,}" if isinstance(value, int) else "" if value is None else str(value))
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def histogram(column: pa.ChunkedArray, title: str, bins: int = 20) -> str:
    """A small SVG of how the numbers of a column lie between the least and the greatest; empty without any."""
    numbers = pc.drop_null(column.cast(pa.float64()))
    numbers = numbers.filter(pc.is_finite(numbers))
    if len(numbers) == 0:
        return ""
    least, most = pc.min(numbers).as_py(), pc.max(numbers).as_py()
    width = (most - least) / bins or 1.0
    places = pc.min_element_wise(pc.floor(pc.divide(pc.subtract(numbers, least), width)), bins - 1.0)
    counts = {int(each["values"]): each["counts"] for each in pc.value_counts(places).to_pylist()}
    tallest = max(counts.values())
    bars = "".join(f'<rect x="{10 * place}" y="{60 - 60 * count / tallest:.1f}" width="9" height="{60 * count / tallest:.1f}"/>'
                   for place, count in sorted(counts.items()))
    caption = f"{title}: {least:.4g} to {most:.4g}, {len(numbers):,} sessions"
    return (f'<figure><svg viewBox="0 0 {10 * bins} 60" width="{10 * bins}" height="60" role="img" '
            f'aria-label="{escape(caption)}">{bars}</svg><figcaption>{escape(caption)}</figcaption></figure>')


def as_html(result: Result) -> str:
    """Verdict, accounting, checks and small charts."""
    verdict = result.report["verdict"]
    kind = "bad" if not result.passed else "warned" if verdict["warned_checks"] else "good"
    words = "Published" if result.published else "Not published" if result.output else "Checked"
    if verdict["failed_checks"]:
        words += "; failed: " + ", ".join(verdict["failed_checks"])
    if verdict["warned_checks"]:
        words += "; warnings: " + ", ".join(verdict["warned_checks"])
    totals = result.report["accounting"]["totals"]
    columns = ["lines", "accepted", "rejected", "blank"]
    accounting = table(["data set", *columns], [[name, *(total[column] for column in columns)] for name, total in totals.items()])
    checks = table(["check", "collections", "predictions", "verdict"],
                   [[row["name"], row["collections"], row["predictions"], row["status"]] for row in result.validation.to_pylist()])
    charts = ""
    if result.sessions.num_rows:
        charts = "".join(histogram(result.sessions[name], title) for name, title in
                         (("number_of_collections", "collections"), ("weighted_mean_model_score", "weighted mean score"),
                          ("mean_swipe_score", "swipe score"), ("failed_keystroke_predictions", "failed keystrokes")))
    place = f"<p>{escape(result.output)}</p>" if result.output else ""
    return (f'{STYLE}<div class="gristmill"><p class="verdict {kind}">{escape(words)}</p>{place}'
            f"<p>{escape('; '.join(facts(result.report)))}</p>{accounting}{checks}{charts}</div>")
