#!/usr/bin/env -S python3 -P
"""The job in Polars: lazy frames on the streaming engine. For clean data: nothing is repaired or rejected.

    python -P bench/rivals/polars.py COLLECTIONS PREDICTIONS OUTPUT [THREADS]

Everything is one query of many sinks, so that each file is scanned once. Polars has no maps: platforms and
behaviour types are fields of a struct, so their names must be known beforehand. Entries of all types have one
struct, whose lists are joined into one list of lists and exploded twice, which beats one scan for each type.
Polars writes a field that a row lacks as null.

`-P` keeps Python from importing this file as the module `polars`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = sys.argv[4] if len(sys.argv) > 4 else "2"  # is read at the import

import polars as pl  # noqa: E402

PLATFORMS = ("ios", "android", "web", "mobile")
TYPES = ("keystrokes", "swipes")

METADATA = pl.Struct({"profile_id": pl.String, "session_id": pl.String, "collection_id": pl.String,
                      "timestamp": pl.Int64})
ENTRY = pl.Struct({"timestamp": pl.Int64, "key_hash": pl.String, "x": pl.Float64, "y": pl.Float64,
                   "pressure": pl.Float64})
COLLECTION = {"metadata": METADATA,
              "behaviour": pl.Struct({platform: pl.Struct({kind: pl.List(ENTRY) for kind in TYPES})
                                      for platform in PLATFORMS})}
PREDICTION = {"metadata": METADATA,
              "prediction": pl.Struct({"model_name": pl.String, "score": pl.Float64, "confidence": pl.Float64})}


def blank(name: str) -> pl.Expr:
    return pl.col(name).fill_null("").str.strip_chars() == ""


def list_of(platform: str, kind: str) -> pl.Expr:
    return pl.col("behaviour").struct.field(platform).struct.field(kind)


def lists_of(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each list of entries in a collection."""
    lists = [pl.struct(pl.lit(platform).alias("platform"), pl.lit(kind).alias("behaviour_type"),
                       list_of(platform, kind).alias("entry"))
             for platform in PLATFORMS for kind in TYPES]
    return (lines.select(pl.col("metadata").struct.unnest(), pl.concat_list(lists).alias("list"))
            .rename({"timestamp": "col_timestamp"})
            .explode("list").unnest("list").filter(pl.col("entry").list.len() > 0))


def rows_of(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each entry."""
    return lists_of(lines).explode("entry").unnest("entry")


def partitioned(rows: pl.LazyFrame, folder: Path) -> pl.LazyFrame:
    target = pl.PartitionBy(folder, key={"profile-id": pl.col("profile_id")}, include_key=False,
                            approximate_bytes_per_file=None)
    return rows.sink_ndjson(target, maintain_order=False, mkdir=True, lazy=True)


def aggregates_of(collections: pl.LazyFrame, predictions: pl.LazyFrame) -> pl.LazyFrame:
    session = ["profile_id", "session_id"]
    score, confidence = pl.col("score"), pl.col("confidence")
    both = score.is_not_null() & confidence.is_not_null()
    swipes = (pl.col("model_name") == "swipe_model") & score.is_not_null()
    failed = pl.col("model_name").is_in(["keystroke_model", "keystrokes_model"]) & score.is_null()
    scored = predictions.group_by(session).agg(
        pl.when(confidence.filter(both).sum() != 0)
        .then((score * confidence).filter(both).sum() / confidence.filter(both).sum())
        .alias("weighted_mean_model_score"),
        score.filter(swipes).mean().alias("mean_swipe_score"),
        failed.sum().cast(pl.Int64).alias("failed_keystroke_predictions"))
    collected = (collections.filter(~blank("profile_id") & ~blank("session_id")).group_by(session)
                 .agg(pl.col("collection_id").n_unique().cast(pl.Int64).alias("number_of_collections")))
    return (collected.join(scored, on=session, how="left")
            .with_columns(pl.col("failed_keystroke_predictions").fill_null(0)).sort(session))


def checks_of(collections: pl.DataFrame, predictions: pl.DataFrame, without_type: int) -> dict:
    """The four checks, on frames of the ids and rows of each line."""
    sides = {"collections": collections, "predictions": predictions}
    checks = {"missing_ids": {}, "duplicate_ids": {}, "unmatched_sessions": {}, "missing_types": {}}
    for name, other in (("collections", predictions), ("predictions", collections)):
        side = sides[name]
        ids = ("profile_id", "session_id", "collection_id")
        checks["missing_ids"][name] = {each: side.select(blank(each).sum()).item() for each in ids}
        present = side.filter(~blank("session_id"))
        profiles = (present.filter(~blank("profile_id")).group_by("session_id")
                    .agg(pl.col("profile_id").n_unique()).filter(pl.col("profile_id") > 1))
        checks["duplicate_ids"][name] = {"sessions": profiles.height}
        unmatched = present.join(other, on="session_id", how="anti")
        checks["unmatched_sessions"][name] = {"sessions": unmatched["session_id"].n_unique(),
                                              "rows": int(unmatched["rows"].sum())}
    checks["missing_types"] = {"collections": {"rows": without_type},
                               "predictions": {"rows": predictions.select(blank("model_name").sum()).item()}}
    return checks


def main() -> None:
    output = Path(sys.argv[3])
    for folder in ("labels", "predictions", "aggregated-result", "aggregated-json"):
        (output / folder).mkdir(parents=True)
    lines = pl.scan_ndjson(f"{sys.argv[1]}/*.jsonl", schema=COLLECTION)
    predictions = (pl.scan_ndjson(f"{sys.argv[2]}/*.jsonl", schema=PREDICTION)
                   .select(pl.col("metadata").struct.unnest(), pl.col("prediction").struct.unnest()))
    lengths = [list_of(platform, kind).list.len().fill_null(0) for platform in PLATFORMS for kind in TYPES]
    collections = lines.select(pl.col("metadata").struct.unnest(), pl.sum_horizontal(lengths).alias("rows"))
    without_type = lists_of(lines).filter(blank("behaviour_type")).select(pl.col("entry").list.len().sum())

    _, _, ids, scores, untyped = pl.collect_all(
        [partitioned(rows_of(lines), output / "labels"), partitioned(predictions, output / "predictions"),
         collections, predictions.with_columns(pl.lit(1).alias("rows")), without_type], engine="streaming")
    aggregates = aggregates_of(ids.lazy(), scores.lazy()).collect()
    aggregates.write_parquet(output / "aggregated-result/data.parquet")
    aggregates.write_ndjson(output / "aggregated-json/part-00000.json")
    (output / "checks.json").write_text(json.dumps(checks_of(ids, scores, untyped.item() or 0)))


if __name__ == "__main__":
    main()
