#!/usr/bin/env -S python3 -P
"""The job in Polars, as plainly as its expert would write it for this data: clean, of known names, and of one
platform in each collection. Nothing is repaired or rejected.

    python -P bench/rivals/polars.py COLLECTIONS PREDICTIONS OUTPUT [THREADS]

Each is a local folder or an s3:// prefix.

Both data sets are read into memory with their exact schema; each behaviour type is one select and explode with a sink
of its own, all of them and that of the predictions in one query. Tried and dropped, all slower: everything lazy, so
that the files are scanned for each sink; the types concatenated before one sink; `partition_by` and a file written for
each profile; one struct for the entries of all types, which leaves memory smaller by a third and takes twice as long.

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
ENTRIES = {"keystrokes": {"timestamp": pl.Int64, "key_hash": pl.String},
           "swipes": {"timestamp": pl.Int64, "x": pl.Float64, "y": pl.Float64, "pressure": pl.Float64}}

METADATA = pl.Struct({"profile_id": pl.String, "session_id": pl.String, "collection_id": pl.String,
                      "timestamp": pl.Int64})
TYPES = pl.Struct({kind: pl.List(pl.Struct(fields)) for kind, fields in ENTRIES.items()})
COLLECTION = {"metadata": METADATA, "behaviour": pl.Struct(dict.fromkeys(PLATFORMS, TYPES))}
PREDICTION = {"metadata": METADATA,
              "prediction": pl.Struct({"model_name": pl.String, "score": pl.Float64, "confidence": pl.Float64})}


def blank(name: str) -> pl.Expr:
    return pl.col(name).fill_null("").str.strip_chars() == ""


def read(folder: str, schema: dict) -> pl.DataFrame:
    """Its one payload beside the fields of the metadata."""
    if is_far(folder):
        lines = pl.scan_ndjson(f"{folder}/*.jsonl", schema=schema).collect()
    else:
        lines = pl.concat(pl.read_ndjson(path, schema=schema) for path in sorted(Path(folder).glob("*.jsonl")))
    return lines.select(pl.col("metadata").struct.unnest(), list(schema)[1])


def is_far(path: str) -> bool:
    return path.startswith("s3://")


def of_platform(read_field) -> pl.Expr:
    """A field of the one platform that a collection has."""
    return pl.coalesce([read_field(platform, pl.col("behaviour").struct.field(platform)) for platform in PLATFORMS])


def entries_of(kind: str) -> pl.Expr:
    return of_platform(lambda _, platform: platform.struct.field(kind)).alias("entry")


def rows_of(lines: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    """One row for each entry of this behaviour type."""
    platform = of_platform(lambda name, platform: pl.when(platform.is_not_null()).then(pl.lit(name)))
    return (lines.select("profile_id", "session_id", "collection_id", pl.col("timestamp").alias("col_timestamp"),
                         platform.alias("platform"), pl.lit(kind).alias("behaviour_type"), entries_of(kind))
            .filter(pl.col("entry").list.len() > 0).explode("entry").unnest("entry"))


def partitioned(rows: pl.LazyFrame, folder: str, name: str) -> pl.LazyFrame:
    target = pl.PartitionBy(folder, key={"profile-id": pl.col("profile_id")}, include_key=False,
                            approximate_bytes_per_file=None,
                            file_path_provider=lambda file: f"profile-id={file.partition_keys.item(0, 0)}/"
                                                            f"{name}-{file.index_in_partition}.jsonl")
    return rows.sink_ndjson(target, maintain_order=False, mkdir=not is_far(folder), lazy=True)


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
    output = sys.argv[3]
    if not is_far(output):
        for folder in ("labels", "predictions", "aggregated-result", "aggregated-json"):
            (Path(output) / folder).mkdir(parents=True)
    lines = read(sys.argv[1], COLLECTION)
    predictions = read(sys.argv[2], PREDICTION).unnest("prediction")
    sinks = [partitioned(rows_of(lines.lazy(), kind), f"{output}/labels", kind) for kind in ENTRIES]
    sinks.append(partitioned(predictions.lazy(), f"{output}/predictions", "part"))
    pl.collect_all(sinks, engine="streaming")

    lengths = [entries_of(kind).list.len().fill_null(0) for kind in ENTRIES]
    collections = lines.select(pl.exclude("behaviour"), pl.sum_horizontal(lengths).alias("rows"))
    predictions = predictions.with_columns(pl.lit(1).alias("rows"))
    aggregates = aggregates_of(collections.lazy(), predictions.lazy()).collect()
    aggregates.write_parquet(f"{output}/aggregated-result/data.parquet")
    aggregates.lazy().sink_ndjson(f"{output}/aggregated-json/part-00000.json")
    # With this schema no entry can be without a type.
    checks = json.dumps(checks_of(collections, predictions, 0))
    if is_far(output):
        pl.LazyFrame({"checks": [checks]}).sink_ndjson(f"{output}/checks.json")
    else:
        (Path(output) / "checks.json").write_text(checks)


if __name__ == "__main__":
    main()
