#!/usr/bin/env -S python3 -P
"""The job in pandas. For clean data: nothing is repaired, rejected or set aside. One thread, as pandas is.

    python -P bench/rivals/pandas.py COLLECTIONS PREDICTIONS OUTPUT

Python's own `json` reads the lines: `pandas.read_json` makes the same dictionaries, slower, and cannot be told
a schema for what is nested. `to_json` writes the labels in one call a profile; it keeps at most 15 digits, so
predictions, whose scores have more, are written by `json`. Lines are put in order by profile before they are
exploded, so that a profile's rows are one slice and no second grouping is needed. pandas writes a field that
a row lacks as null.

`-P` keeps Python from importing this file as the module `pandas`.
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pandas as pd

SESSION = ["profile_id", "session_id"]
IDS = [*SESSION, "collection_id"]


def lines_of(folder: Path):
    """The parsed lines of a data set."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as file:
            yield from map(json.loads, file)


def entries_of(line: dict):
    """A collection's rows, each as a dictionary."""
    metadata = line["metadata"]
    for platform, types in line["behaviour"].items():
        row = {"profile_id": metadata["profile_id"], "session_id": metadata["session_id"],
               "collection_id": metadata["collection_id"], "col_timestamp": metadata["timestamp"],
               "platform": platform}
        for kind, entries in types.items():
            for entry in entries:
                yield {**row, "behaviour_type": kind, **entry}


def partition(output: Path, profile: str) -> Path:
    folder = output / f"profile-id={profile}"
    folder.mkdir(parents=True)
    return folder


def blank(column: pd.Series) -> pd.Series:
    return column.fillna("").str.strip() == ""


def write_labels(folder: Path, output: Path) -> pd.DataFrame:
    """Writes the labels; returns the ids, rows, and rows without a type of every line."""
    lines = sorted(lines_of(folder), key=lambda line: line["metadata"]["profile_id"])
    facts = []
    for profile, group in groupby(lines, key=lambda line: line["metadata"]["profile_id"]):
        rows = []
        for line in group:
            before = len(rows)
            rows.extend(entries_of(line))
            untyped = sum(not row["behaviour_type"].strip() for row in rows[before::])
            facts.append((*itemgetter(*IDS)(line["metadata"]), len(rows) - before, untyped))
        pd.DataFrame(rows).to_json(partition(output, profile) / "collections.jsonl", orient="records", lines=True,
                                   double_precision=15)
    return pd.DataFrame(facts, columns=[*IDS, "rows", "untyped"])


def write_predictions(folder: Path, output: Path) -> pd.DataFrame:
    """Writes the predictions and returns them."""
    rows = [{**line["metadata"], **line["prediction"]} for line in lines_of(folder)]
    rows.sort(key=itemgetter("profile_id"))
    for profile, group in groupby(rows, key=itemgetter("profile_id")):
        with (partition(output, profile) / "predictions.jsonl").open("w") as file:
            file.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in group)
    return pd.DataFrame(rows)


def aggregates_of(collections: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    scored = predictions.astype({"score": float, "confidence": float})
    both = scored["score"].notna() & scored["confidence"].notna()
    keystroke = scored["model_name"].isin(["keystroke_model", "keystrokes_model"])
    scored = scored.assign(
        product=(scored["score"] * scored["confidence"]).where(both), weight=scored["confidence"].where(both),
        swipe=scored["score"].where(scored["model_name"] == "swipe_model"),
        failed=(keystroke & scored["score"].isna()).astype("int64"))
    sums = scored.groupby(SESSION).agg(product=("product", "sum"), weight=("weight", "sum"),
                                       mean_swipe_score=("swipe", "mean"), failed=("failed", "sum"))
    sums["weighted_mean_model_score"] = sums["product"] / sums["weight"].where(sums["weight"] != 0)
    present = collections[~blank(collections["profile_id"]) & ~blank(collections["session_id"])]
    counted = present.groupby(SESSION).agg(number_of_collections=("collection_id", "nunique"))
    joined = counted.join(sums, how="left").sort_index().reset_index()
    joined["failed_keystroke_predictions"] = joined["failed"].fillna(0).astype("int64")
    return joined[[*SESSION, "number_of_collections", "weighted_mean_model_score", "mean_swipe_score",
                   "failed_keystroke_predictions"]]


def checks_of(collections: pd.DataFrame, predictions: pd.DataFrame) -> dict:
    checks = {"missing_ids": {}, "duplicate_ids": {}, "unmatched_sessions": {}, "missing_types": {}}
    sides = {"collections": collections, "predictions": predictions}
    for name, other in (("collections", predictions), ("predictions", collections)):
        side = sides[name]
        checks["missing_ids"][name] = {each: int(blank(side[each]).sum()) for each in IDS}
        present = side[~blank(side["session_id"])]
        profiles = present[~blank(present["profile_id"])].groupby("session_id")["profile_id"].nunique()
        checks["duplicate_ids"][name] = {"sessions": int((profiles > 1).sum())}
        unmatched = present[~present["session_id"].isin(other["session_id"])]
        checks["unmatched_sessions"][name] = {"sessions": int(unmatched["session_id"].nunique()),
                                              "rows": int(unmatched["rows"].sum())}
    checks["missing_types"] = {"collections": {"rows": int(collections["untyped"].sum())},
                               "predictions": {"rows": int(blank(predictions["model_name"]).sum())}}
    return checks


def main() -> None:
    output = Path(sys.argv[3])
    for folder in ("aggregated-result", "aggregated-json"):
        (output / folder).mkdir(parents=True)
    collections = write_labels(Path(sys.argv[1]), output / "labels")
    predictions = write_predictions(Path(sys.argv[2]), output / "predictions").assign(rows=1)
    aggregates = aggregates_of(collections, predictions)
    aggregates.to_parquet(output / "aggregated-result/data.parquet", compression="zstd", index=False)
    aggregates.to_json(output / "aggregated-json/part-00000.json", orient="records", lines=True, double_precision=15)
    (output / "checks.json").write_text(json.dumps(checks_of(collections, predictions)))


if __name__ == "__main__":
    main()
