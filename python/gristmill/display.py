"""A result in words, and as a notebook shows it.

The page is the engine's own, made from report.json, so that a notebook shows what report.html does.
"""

from __future__ import annotations

from html import escape
from typing import Any

from . import _native


def key_figures(report: dict[str, Any]) -> list[str]:
    """The figures of a run in a few words each."""
    totals = report["accounting"]["totals"].values()
    lines, rejected = (sum(total[name] for total in totals) for name in ("lines", "rejected"))
    rows = report["accounting"]["rows"]
    return [f"{lines:,} lines, {rejected:,} of them rejected", *(f"{rows[name]:,} {what}" for name, what in
            (("labels", "labels"), ("predictions", "predictions"), ("sessions", "sessions")) if name in rows)]


def as_html(report: str) -> str:
    """The report's page at a glance, in a frame of its own: nothing in the data can reach the notebook."""
    page = _native.report_glance(report)
    return (f'<iframe srcdoc="{escape(page)}" sandbox title="gristmill: report" loading="lazy" '
            'style="width: 100%; height: 44em; border: 1px solid #8884; border-radius: 4px"></iframe>')
