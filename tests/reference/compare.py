#!/usr/bin/env python3
"""Compare the reference's output with the engine's.

    compare.py EXPECTED_DIR ACTUAL_OUTPUT_DIR

Labels, predictions and aggregates are compared as bytes, the rows of Parquet
files value by value and bit by bit, quarantine lines as parsed objects without
`inputs_id` and `message`, and the numbers of `verdict.json` with those of the
actual output: its own `verdict.json` where it has one (two reference runs, or
a case of `tests/cases`), else `validation/report.json` by way of
`numbers_from_report`.

Prints the first differences with the file, the row and both rows, and exits
with 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from itertools import zip_longest
from pathlib import Path

LONGEST_SHOWN_ID = 16 << 10  # bytes of a session id in a report
DIFFERENCES_SHOWN = 20
DIFFERENCES_SHOWN_A_FILE = 3
SHOWN_OF_A_ROW = 2000
NOTHING = object()
SESSION_IDS = {"profile_id": "string", "session_id": "string"}
MODEL_COLUMNS = {
    **SESSION_IDS, "model_name": "string", "predictions": "int64", "scored": "int64", "failed": "int64",
    **dict.fromkeys(("mean_score", "weighted_mean_score", "min_score", "max_score"), "double"),
}
CERTAIN_LOOKS = ("UTF-16 or UTF-32", "a long run of NULs", "a Git LFS pointer", "HTML or XML", "a JSON array",
                 "Python literals")


def numbers_from_report(report: dict) -> dict:
    """The numbers of `validation/report.json` in the form of `verdict.json`.

    The session ids with more than one profile and the files that cannot be
    used are taken from the culprits, of which the report keeps the first 100:
    with more of them the two differ.

    Parameters
    ----------
    report : dict
        The parsed `validation/report.json`.

    Returns
    -------
    dict
        The same numbers under the keys of `verdict.json`. A key that is left
        out is not compared; an empty result skips the comparison.
    """
    datasets = ("collections", "predictions")
    lines = ("lines", "blank", "accepted", "rejected")
    ids = ("profile_id", "session_id", "collection_id")
    accounting = report["accounting"]
    counts = {check["name"]: check["counts"] for check in report["checks"]}
    culprits = {check["name"]: check["culprits"] for check in report["checks"]}
    not_carried = report["fields_not_carried"]
    return {
        "files": [{key: file[key] for key in ("dataset", "file", "compression", "framing", *lines)}
                  for file in accounting["files"]],
        "totals": {d: {key: accounting["totals"][d][key] for key in lines} for d in datasets},
        "rows": accounting["rows"],
        "partitions": accounting["partitions"],
        "fields_not_carried": {
            d: {**not_carried[d]["names"],
                **({"other": not_carried[d]["other"]} if not_carried[d]["other"] else {})}
            for d in datasets},
        "carry_not_found": report["carry_not_found"],
        "hints": {
            hint["name"]: {
                "counts": hint["counts"],
                "first": [[place["dataset"], place.get("file"), place.get("line")] for place in hint["first"]]}
            for hint in report["hints"]},
        "passed_over": report["run"]["passed_over"],
        "name_and_content_differ": {
            d: [file["file"] for file in accounting["files"]
                if file["dataset"] == d and file.get("name_and_content_differ", False)]
            for d in datasets},
        "without_profile_or_session": report["without_profile_or_session"],
        "predictions_of_unknown_sessions": report["predictions_of_unknown_sessions"],
        "exit": 0 if report["verdict"]["passed"] else 5,
        "checks": {
            "1_missing_ids": {d: {key: counts["missing_ids"][d][key] for key in ids} for d in datasets},
            "2_duplicate_ids": {
                d: {culprit["session"]: culprit["profiles"]
                    for culprit in culprits["duplicate_ids"] if culprit["dataset"] == d}
                for d in datasets},
            "3_sessions_missing_on_the_other_side": counts["unmatched_sessions"],
            "4_missing_types": {"labels": counts["missing_types"]["collections"]["rows"],
                                "predictions": counts["missing_types"]["predictions"]["rows"]},
            "5_rejected": {d: counts["rejected_lines"][d]["reasons"] for d in datasets},
            "6_repairs_lines": {d: counts["repairs"][d]["repairs"] for d in datasets},
            "5_rejected_bytes": {d: counts["rejected_lines"][d]["bytes"] for d in datasets},
            "7_repeated_lines": {d: counts["repeated_lines"][d]["lines"] for d in datasets},
            "8_range": counts["range"]["predictions"],
            "9_time": {
                "entries_before_collection": counts["time"]["collections"]["entries_before_collection"],
                "metadata_outside_2000_2100": {
                    d: counts["time"][d]["metadata_outside_2000_2100"] for d in datasets}},
            "10_unusable_files": {
                d: {culprit["file"]: certain_look(culprit["what"])
                    for culprit in culprits["unusable_files"] if culprit["dataset"] == d}
                for d in datasets},
            "11_nothing_recognised": {d: counts["nothing_recognised"][d] for d in datasets},
        },
    }


def certain_look(what: str) -> str | None:
    """What a file looks like in the words of a finding, where the reference tells it too."""
    name = what.removeprefix("looks like ").partition(":")[0]
    return name if name in CERTAIN_LOOKS else None


def shown_id(session: str) -> str:
    """A session id as a report shows it: of a long one its beginning."""
    data = session.encode()
    return session if len(data) <= LONGEST_SHOWN_ID else data[:LONGEST_SHOWN_ID].decode(errors="ignore") + "..."


class Differences:
    """Collects and prints differences; the first few are shown in full."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, where: str, expected, actual) -> None:
        self.count += 1
        if self.count <= DIFFERENCES_SHOWN:
            where += first_difference(expected, actual)
            print(f"{where}\n  expected: {shown(expected)}\n  actual:   {shown(actual)}")

    def summary(self) -> str:
        if not self.count:
            return "no difference"
        hidden = max(0, self.count - DIFFERENCES_SHOWN)
        return f"{self.count} differences" + (f", {hidden} of them not shown" if hidden else "")


def first_difference(expected, actual) -> str:
    """Where two rows part, in words; nothing where they are no rows."""
    if not isinstance(expected, bytes) or not isinstance(actual, bytes):
        return ""
    pairs = zip_longest(expected, actual)
    return f", byte {next(at for at, (one, other) in enumerate(pairs) if one != other)}"


def shown(value) -> str:
    """A row or a value as one line of readable text."""
    if value is NOTHING:
        return "(nothing)"
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace")
        text = "".join(c if c.isprintable() else f"<{ord(c):02x}>" for c in text)
    else:
        text = json.dumps(value, ensure_ascii=True, sort_keys=True)
    return text if len(text) <= SHOWN_OF_A_ROW else text[:SHOWN_OF_A_ROW] + "..."


def rows_of(data: bytes) -> list[bytes]:
    """The rows of a file, line ends included, so that a missing one shows."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def compare_rows(name: str, expected: list, actual: list, found: Differences) -> None:
    """Compare two lists of rows and report the first that differ."""
    reported = 0
    pairs = zip_longest(expected, actual, fillvalue=NOTHING)
    for row, (wanted, got) in enumerate(pairs, start=1):
        if wanted == got and type(wanted) is type(got):
            continue
        found.add(f"{name}, row {row} (of {len(expected)} and {len(actual)})", wanted, got)
        reported += 1
        if reported == DIFFERENCES_SHOWN_A_FILE:
            return


def compare_bytes(name: str, expected: bytes, actual: bytes, found: Differences) -> None:
    if expected != actual:
        compare_rows(name, rows_of(expected), rows_of(actual), found)


def files_below(folder: Path) -> dict[str, Path]:
    """Every file below a folder by its relative name; none without the folder."""
    return {path.relative_to(folder).as_posix(): path
            for path in folder.rglob("*") if path.is_file()}


def compare_partitions(expected: Path, actual: Path, folder: str, found: Differences) -> None:
    """Compare every file of `labels/` or `predictions/`."""
    wanted, got = files_below(expected / folder), files_below(actual / folder)
    for name in sorted(wanted.keys() | got.keys()):
        if name in wanted and name in got:
            compare_bytes(f"{folder}/{name}", wanted[name].read_bytes(), got[name].read_bytes(), found)
        else:
            found.add(f"{folder}/{name} stands on one side only",
                      wanted[name].read_bytes() if name in wanted else NOTHING,
                      got[name].read_bytes() if name in got else NOTHING)


def compare_aggregates(expected: Path, actual: Path, found: Differences) -> None:
    """Compare the rows of sessions and of models; parts may be cut differently."""
    wanted, got = (
        b"".join(path.read_bytes() for path in sorted((side / "aggregated-json").glob("part-*.json")))
        for side in (expected, actual))
    compare_bytes("aggregated-json", wanted, got, found)
    models = expected / "aggregated-models/rows.json"
    if (actual / "verdict.json").exists():  # it has no Parquet
        compare_bytes("aggregated-models/rows.json", *(
            path.read_bytes() if path.exists() else b"" for path in (models, actual / models.relative_to(expected))),
            found)
        return
    if (expected / "verdict.json").exists():
        columns = {**SESSION_IDS, **json.loads((expected / "verdict.json").read_bytes())["columns"]}
        compare_parquet(wanted, columns, actual, "aggregated-result/data.parquet", found)
        compare_parquet(wanted, columns, actual, "aggregated-parquet/part-*.parquet", found)
    if models.exists():
        compare_parquet(models.read_bytes(), MODEL_COLUMNS, actual, "aggregated-models/data.parquet", found)


def compare_parquet(expected: bytes, columns: dict[str, str], actual: Path, pattern: str, found: Differences) -> None:
    """Compare Parquet files, which together hold one table, with its expected rows in JSON."""
    import pyarrow.parquet  # only for outputs of the engine
    paths = sorted(actual.glob(pattern))
    if not paths:
        found.add(f"{pattern} is missing", list(columns), NOTHING)
    tables = [pyarrow.parquet.ParquetFile(path).read() for path in paths]
    for path, table in zip(paths, tables):
        types = [[field.name, str(field.type), field.nullable] for field in table.schema]
        compare_rows(f"columns of {path.relative_to(actual)}",
                     [[name, kind, True] for name, kind in columns.items()], types, found)
    wanted = [exact_row(json.loads(row, parse_int=str, parse_float=str), columns) for row in rows_of(expected)]
    got = [exact_row(row, columns) for table in tables for row in table.to_pylist()]
    if paths:
        compare_rows(pattern, wanted, got, found)


def exact_row(row: dict, columns: dict[str, str]) -> bytes:
    """A row as text in which doubles that differ in a bit differ; numbers may come as text."""
    numbers = {"int64": int, "double": float}
    exact = {}
    for name, value in row.items():
        number = numbers.get(columns.get(name))
        exact[name] = value if value is None or number is None else number(value)
    return json.dumps(exact, ensure_ascii=False).encode()


def quarantine_entries(path: Path) -> list[dict]:
    """The parsed lines of a quarantine file, without what may differ."""
    if not path.exists():
        return []
    entries = [json.loads(row) for row in rows_of(path.read_bytes())]
    for entry in entries:
        entry.pop("inputs_id", None)
        entry.pop("message", None)
    return entries


def compare_quarantine(expected: Path, actual: Path, found: Differences) -> None:
    for dataset in ("collections", "predictions"):
        name = f"quarantine/{dataset}.jsonl"
        wanted, got = (quarantine_entries(side / name) for side in (expected, actual))
        compare_rows(name, wanted, got, found)
        for side in (expected, actual):
            if (side / name).exists() and not quarantine_entries(side / name):
                found.add(f"{side / name} is there but empty", NOTHING, b"")


def compare_numbers(where: str, expected, actual, found: Differences) -> None:
    """Compare two trees of numbers leaf by leaf."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            compare_numbers(f"{where}.{key}", expected.get(key, NOTHING),
                            actual.get(key, NOTHING), found)
    elif isinstance(expected, list) and isinstance(actual, list):
        compare_rows(where, expected, actual, found)
    elif expected is not actual and expected != actual:
        found.add(where, expected, actual)


def compare_verdict(expected: Path, actual: Path, found: Differences) -> None:
    if not (expected / "verdict.json").exists():
        return
    wanted = json.loads((expected / "verdict.json").read_bytes())
    if (actual / "verdict.json").exists():
        got = json.loads((actual / "verdict.json").read_bytes())
    elif (actual / "validation/report.json").exists():
        got = numbers_from_report(json.loads((actual / "validation/report.json").read_bytes()))
        if not got:
            print("numbers not compared: numbers_from_report is not filled in")
        wanted = {key: wanted[key] for key in wanted if key in got}
        duplicates = wanted["checks"]["2_duplicate_ids"]
        for dataset, sessions in duplicates.items():
            duplicates[dataset] = {shown_id(session): profiles for session, profiles in sessions.items()}
    else:
        found.add("validation/report.json is missing", wanted, NOTHING)
        return
    compare_numbers("verdict", wanted, got, found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("expected", type=Path)
    parser.add_argument("actual", type=Path)
    arguments = parser.parse_args()
    for side in (arguments.expected, arguments.actual):
        if not side.is_dir():
            parser.error(f"{side} is no folder")
    found = Differences()
    for folder in ("labels", "predictions"):
        compare_partitions(arguments.expected, arguments.actual, folder, found)
    compare_aggregates(arguments.expected, arguments.actual, found)
    compare_quarantine(arguments.expected, arguments.actual, found)
    compare_verdict(arguments.expected, arguments.actual, found)
    print(found.summary())
    return 1 if found.count else 0


if __name__ == "__main__":
    sys.exit(main())
