#!/usr/bin/env -S python3 -P
"""The job in Daft, as plainly as its expert would write it for this data: clean, of known names, and of one platform
in each collection. Nothing is repaired, rejected or set aside.

    python -P bench/rivals/daft.py COLLECTIONS PREDICTIONS OUTPUT [THREADS]

Both data sets are parsed once, with their exact schema, and collected, sorted by profile, so that a batch of rows has
few partitions; each behaviour type is one select and explode with a partitioned write of its own. Tried and dropped:
frames that are not sorted, which takes twice as long; `repartition`, which does nothing on one machine. Daft takes as
many threads as there are cores, whatever THREADS says, and has a virtual environment of its own, since it wants an
older pyarrow.

`-P` keeps Python from importing this file as the module `daft`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["DAFT_PROGRESS_BAR"] = "0"  # is read at the import

import daft  # noqa: E402
from daft import DataFrame, DataType, Expression, col, lit  # noqa: E402
from daft.functions import coalesce, when  # noqa: E402

STRING, INTEGER, DOUBLE = DataType.string(), DataType.int64(), DataType.float64()
PLATFORMS = ("ios", "android", "web", "mobile")
ENTRIES = {"keystrokes": {"timestamp": INTEGER, "key_hash": STRING},
           "swipes": {"timestamp": INTEGER, "x": DOUBLE, "y": DOUBLE, "pressure": DOUBLE}}

METADATA = {"profile_id": STRING, "session_id": STRING, "collection_id": STRING, "timestamp": INTEGER}
TYPES = DataType.struct({kind: DataType.list(DataType.struct(fields)) for kind, fields in ENTRIES.items()})
SCORED = {"model_name": STRING, "score": DOUBLE, "confidence": DOUBLE}
COLLECTION = {"metadata": DataType.struct(METADATA), "behaviour": DataType.struct(dict.fromkeys(PLATFORMS, TYPES))}
PREDICTION = {"metadata": DataType.struct(METADATA), "prediction": DataType.struct(SCORED)}

SESSION = ["profile_id", "session_id"]
IDS = [*SESSION, "collection_id"]


def read(folder: str, schema: dict, *columns: Expression) -> DataFrame:
    """In memory, sorted by profile: the fields of the metadata, then what is asked for."""
    lines = daft.read_json(f"{folder}/*.jsonl", infer_schema=False, schema=schema)
    return lines.select(*fields_of("metadata", METADATA), *columns).sort("profile_id").collect()


def fields_of(column: str, names) -> list[Expression]:
    return [col(column)[name].alias(name) for name in names]


def of_platform(read_field) -> Expression:
    """A field of the one platform that a collection has."""
    return coalesce(*(read_field(name, col("behaviour")[name]) for name in PLATFORMS))


def rows_of(lines: DataFrame, kind: str) -> DataFrame:
    """One row for each entry of this behaviour type."""
    rows = lines.select(*IDS, col("timestamp").alias("col_timestamp"), "platform", lit(kind).alias("behaviour_type"),
                        col(kind).alias("entry"))
    return (rows.where(col("entry").list_count("all") > 0).explode("entry")
            .select(*IDS, "col_timestamp", "platform", "behaviour_type", *fields_of("entry", ENTRIES[kind])))


def write_partitions(rows: DataFrame, folder: str) -> None:
    rows.with_column("profile-id", col("profile_id")).write_json(folder, partition_cols=["profile-id"])


def blank(name: str) -> Expression:
    return col(name).fill_null("").strip() == ""


def null_unless(condition: Expression, value: Expression) -> Expression:
    return when(condition, value).otherwise(lit(None))


def aggregates_of(collections: DataFrame, predictions: DataFrame) -> DataFrame:
    score, confidence = col("score"), col("confidence")
    failed = col("model_name").is_in(["keystroke_model", "keystrokes_model"]) & score.is_null()
    scored = predictions.select(
        *SESSION, (score * confidence).alias("product"), null_unless(score.not_null(), confidence).alias("weight"),
        null_unless(col("model_name") == "swipe_model", score).alias("swipe"), failed.cast(INTEGER).alias("failed"))
    scored = scored.groupby(*SESSION).agg(col("product").sum(), col("weight").sum(), col("swipe").mean(),
                                          col("failed").sum())
    collected = (collections.where(~blank("profile_id") & ~blank("session_id")).groupby(*SESSION)
                 .agg(col("collection_id").count_distinct().cast(INTEGER).alias("number_of_collections")))
    return (collected.join(scored, on=SESSION, how="left").sort(SESSION)
            .select(*SESSION, "number_of_collections",
                    null_unless(col("weight") != 0, col("product") / col("weight"))
                    .alias("weighted_mean_model_score"),
                    col("swipe").alias("mean_swipe_score"),
                    col("failed").fill_null(0).alias("failed_keystroke_predictions")).collect())


def checks_of(collections: DataFrame, predictions: DataFrame) -> dict:
    """The four checks, on frames of the ids and rows of each line."""
    def counts_of(frame: DataFrame, *counts: Expression) -> dict[str, int]:
        return {name: int(values[0] or 0) for name, values in frame.agg(*counts).to_pydict().items()}

    def blanks(side: DataFrame, *names: str) -> dict[str, int]:
        return counts_of(side.select(*(blank(name).cast(INTEGER).alias(name) for name in names)),
                         *(col(name).sum() for name in names))

    checks = {"missing_ids": {}, "duplicate_ids": {}, "unmatched_sessions": {}, "missing_types": {}}
    for name, side, other in (("collections", collections, predictions), ("predictions", predictions, collections)):
        checks["missing_ids"][name] = blanks(side, *IDS)
        present = side.where(~blank("session_id"))
        profiles = (present.where(~blank("profile_id")).groupby("session_id")
                    .agg(col("profile_id").count_distinct().alias("profiles")).where(col("profiles") > 1))
        checks["duplicate_ids"][name] = {"sessions": profiles.count_rows()}
        unmatched = present.join(other.select("session_id"), on="session_id", how="anti")
        checks["unmatched_sessions"][name] = counts_of(
            unmatched, col("session_id").count_distinct().alias("sessions"), col("rows").sum())
    checks["missing_types"] = {"collections": {"rows": 0},  # with this schema no entry can be without a type
                               "predictions": {"rows": blanks(predictions, "model_name")["model_name"]}}
    return checks


def main() -> None:
    output = sys.argv[3]
    platform = of_platform(lambda name, platform: null_unless(platform.not_null(), lit(name)))
    lines = read(sys.argv[1], COLLECTION, platform.alias("platform"),
                 *(of_platform(lambda _, platform, kind=kind: platform[kind]).alias(kind) for kind in ENTRIES))
    predictions = read(sys.argv[2], PREDICTION, *fields_of("prediction", SCORED))
    for kind in ENTRIES:
        write_partitions(rows_of(lines, kind), f"{output}/labels")
    write_partitions(predictions, f"{output}/predictions")

    rows = [col(kind).list_count("all").fill_null(0).cast(INTEGER) for kind in ENTRIES]
    collections = lines.select(*IDS, sum(rows[1:], rows[0]).alias("rows")).collect()
    predictions = predictions.with_column("rows", lit(1))
    aggregates = aggregates_of(collections, predictions)
    aggregates.write_parquet(f"{output}/aggregated-result")
    aggregates.write_json(f"{output}/aggregated-json")
    Path(output, "checks.json").write_text(json.dumps(checks_of(collections, predictions)))


if __name__ == "__main__":
    main()
