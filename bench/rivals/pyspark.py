#!/usr/bin/env -S python3 -P
"""The job in PySpark on one machine. For clean data: nothing is repaired, rejected or set aside.

    python -P bench/rivals/pyspark.py COLLECTIONS PREDICTIONS OUTPUT [THREADS]

Everything is a DataFrame expression, so no row ever comes to Python. Lines are moved to their profile before
they are exploded, which moves a quarter of the bytes and gives one file a profile. Spark leaves a field that is
null out of the JSON that it writes. Scratch files go where TMPDIR says.

`-P` keeps Python from importing this file as the module `pyspark`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

METADATA = "metadata STRUCT<profile_id: STRING, session_id: STRING, collection_id: STRING, timestamp: BIGINT>"
ENTRY = "STRUCT<timestamp: BIGINT, key_hash: STRING, x: DOUBLE, y: DOUBLE, pressure: DOUBLE>"
COLLECTION = f"{METADATA}, behaviour MAP<STRING, MAP<STRING, ARRAY<{ENTRY}>>>"
PREDICTION = f"{METADATA}, prediction STRUCT<model_name: STRING, score: DOUBLE, confidence: DOUBLE>"

SESSION = ["profile_id", "session_id"]
IDS = [*SESSION, "collection_id"]
PARTITION = "profile-id"


def started(threads: str) -> SparkSession:
    return (SparkSession.builder.master(f"local[{threads}]").appName("rival")
            .config("spark.driver.memory", "6g").config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", str(8 * int(threads)))
            .config("spark.local.dir", tempfile.gettempdir())
            .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
            # Without it each of thousands of files is moved twice, by one thread, when all are written.
            .config("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2")
            .config("spark.ui.showConsoleProgress", "false").config("spark.log.level", "ERROR").getOrCreate())


def blank(name: str):
    return f.trim(f.coalesce(f.col(name), f.lit(""))) == ""


def rows_of(lines: DataFrame) -> DataFrame:
    """One row for each entry; columns in the order of the labels."""
    platforms = lines.select("metadata", f.explode("behaviour").alias("platform", "types"))
    types = platforms.select("metadata", "platform", f.explode("types").alias("behaviour_type", "entries"))
    entries = types.select("metadata", "platform", "behaviour_type", f.explode("entries").alias("entry"))
    return entries.select(*(f.col(f"metadata.{name}") for name in IDS),
                          f.col("metadata.timestamp").alias("col_timestamp"), "platform", "behaviour_type", "entry.*")


def write_partitions(rows: DataFrame, folder: Path) -> None:
    rows.withColumn(PARTITION, f.col("profile_id")).write.partitionBy(PARTITION).json(str(folder))


def aggregates_of(collections: DataFrame, predictions: DataFrame) -> DataFrame:
    score, confidence = f.col("score"), f.col("confidence")
    weight = f.sum(f.when(score.isNotNull(), confidence))
    failed = f.col("model_name").isin("keystroke_model", "keystrokes_model") & score.isNull()
    scored = predictions.groupBy(SESSION).agg(
        f.when(weight != 0, f.sum(score * confidence) / weight).alias("weighted_mean_model_score"),
        f.avg(f.when(f.col("model_name") == "swipe_model", score)).alias("mean_swipe_score"),
        f.count(f.when(failed, 1)).alias("failed_keystroke_predictions"))
    collected = (collections.filter(~blank("profile_id") & ~blank("session_id")).groupBy(SESSION)
                 .agg(f.countDistinct("collection_id").alias("number_of_collections")))
    return (collected.join(scored, SESSION, "left").na.fill(0, ["failed_keystroke_predictions"])
            .coalesce(1).sortWithinPartitions(SESSION))


def counts_of(frame: DataFrame, **columns) -> dict[str, int]:
    row = frame.agg(*(column.alias(name) for name, column in columns.items())).first()
    return {name: int(row[name] or 0) for name in columns}


def checks_of(collections: DataFrame, predictions: DataFrame) -> dict:
    """The four checks, on frames with the ids and the rows of each line."""
    checks = {"missing_ids": {}, "duplicate_ids": {}, "unmatched_sessions": {}, "missing_types": {}}
    for name, side, other in (("collections", collections, predictions), ("predictions", predictions, collections)):
        checks["missing_ids"][name] = counts_of(side, **{each: f.count(f.when(blank(each), 1)) for each in IDS})
        present = side.filter(~blank("session_id"))
        profiles = (present.filter(~blank("profile_id")).groupBy("session_id")
                    .agg(f.countDistinct("profile_id").alias("profiles")).filter("profiles > 1"))
        checks["duplicate_ids"][name] = {"sessions": profiles.count()}
        unmatched = present.join(other.select("session_id").distinct(), "session_id", "left_anti")
        checks["unmatched_sessions"][name] = counts_of(unmatched, sessions=f.countDistinct("session_id"),
                                                       rows=f.sum("rows"))
        checks["missing_types"][name] = counts_of(side, rows=f.sum("untyped"))
    return checks


def job(spark: SparkSession, collections: str, predictions: str, output: Path, explode_first: bool = False) -> None:
    """The whole job. `explode_first` moves rows to their profile instead of lines, as most scripts do."""
    lines = spark.read.schema(COLLECTION).json(f"{collections}/*.jsonl")
    scored = spark.read.schema(PREDICTION).json(f"{predictions}/*.jsonl").select("metadata.*", "prediction.*")
    labels = (rows_of(lines).repartition("profile_id") if explode_first
              else rows_of(lines.repartition("metadata.profile_id")))
    write_partitions(labels, output / "labels")
    write_partitions(scored.repartition("profile_id"), output / "predictions")

    entries = f.flatten(f.transform(f.map_values("behaviour"), lambda types: f.flatten(f.map_values(types))))
    untyped = f.flatten(f.transform(f.map_values("behaviour"), lambda types: f.flatten(f.map_values(
        f.map_filter(types, lambda kind, _: f.trim(kind) == "")))))
    collected = lines.select("metadata.*", f.size(entries).alias("rows"), f.size(untyped).alias("untyped")).cache()
    scored = scored.withColumns({"rows": f.lit(1), "untyped": blank("model_name").cast("int")}).cache()
    aggregates = aggregates_of(collected, scored).cache()
    aggregates.write.option("compression", "zstd").parquet(str(output / "aggregated-result"))
    aggregates.write.json(str(output / "aggregated-json"))
    (output / "checks.json").write_text(json.dumps(checks_of(collected, scored)))
    for frame in (aggregates, collected, scored):
        frame.unpersist()


def main() -> None:
    spark = started(sys.argv[4] if len(sys.argv) > 4 else "2")
    job(spark, sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    spark.stop()


if __name__ == "__main__":
    main()
