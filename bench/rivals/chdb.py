#!/usr/bin/env -S python3 -P
"""The job in the SQL of ClickHouse, which chDB runs in this process, as plainly as its expert would write it for this
data: clean, of known names, and of one platform in each collection. Nothing is repaired, rejected or set aside.

    python -P bench/rivals/chdb.py COLLECTIONS PREDICTIONS OUTPUT [THREADS]

Both data sets are parsed once, with their exact schema, into tables in memory, sorted by profile, so that few files
are written to at a time. An INSERT with PARTITION BY writes with one thread, so each is a query of its own session,
as many at once as there are threads. Tried and dropped, all slower or as slow: platforms as named tuples; no tables,
so that the files are read for each INSERT; `formatRow` in the SELECT and raw lines written; smaller and larger blocks;
`max_insert_threads`. Files are formatted by one thread each, since the default starts threads for every partition.

`-P` keeps Python from importing this file as the module `chdb`.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chdb.session import Session

METADATA = "metadata Tuple(profile_id String, session_id String, collection_id String, timestamp Int64)"
ENTRIES = {"keystrokes": {"timestamp": "Int64", "key_hash": "String"},
           "swipes": {"timestamp": "Int64", "x": "Nullable(Float64)", "y": "Nullable(Float64)",
                      "pressure": "Nullable(Float64)"}}
TYPES = ", ".join(f"{kind} Array(Tuple({', '.join(f'{name} {type_}' for name, type_ in fields.items())}))"
                  for kind, fields in ENTRIES.items())
BEHAVIOUR = f"behaviour Map(LowCardinality(String), Tuple({TYPES}))"
PREDICTION = "prediction Tuple(model_name String, score Nullable(Float64), confidence Nullable(Float64))"

SETTINGS = {"output_format_parallel_formatting": 0, "precise_float_parsing": 1, "join_use_nulls": 1}

READ = f"""
CREATE DATABASE job;

CREATE TABLE job.collections ENGINE = Memory AS
SELECT metadata.profile_id AS profile_id, metadata.session_id AS session_id, metadata.collection_id AS collection_id,
  metadata.timestamp AS col_timestamp, mapKeys(behaviour)[1] AS platform,
  {', '.join(f'mapValues(behaviour)[1].{kind} AS {kind}' for kind in ENTRIES)}
FROM file('{{collections}}/*.jsonl', JSONEachRow, '{METADATA}, {BEHAVIOUR}')
ORDER BY profile_id;

CREATE TABLE job.predictions ENGINE = Memory AS
SELECT metadata.profile_id AS profile_id, metadata.session_id AS session_id, metadata.collection_id AS collection_id,
  metadata.timestamp AS timestamp,
  prediction.model_name AS model_name, prediction.score AS score, prediction.confidence AS confidence
FROM file('{{predictions}}/*.jsonl', JSONEachRow, '{METADATA}, {PREDICTION}')
ORDER BY profile_id
"""

AGGREGATES = """
CREATE TABLE job.aggregates ENGINE = Memory AS
WITH collected AS (
  SELECT profile_id, session_id, toInt64(uniqExact(collection_id)) AS number_of_collections FROM job.collections
  WHERE profile_id <> '' AND session_id <> '' GROUP BY profile_id, session_id),
scored AS (
  SELECT profile_id, session_id,
    sum(score * confidence) / nullIf(sumIf(confidence, score IS NOT NULL), 0) AS weighted_mean_model_score,
    avgIf(score, model_name = 'swipe_model') AS mean_swipe_score,
    countIf(score IS NULL AND model_name IN ('keystroke_model', 'keystrokes_model')) AS failed
  FROM job.predictions GROUP BY profile_id, session_id)
SELECT profile_id, session_id, number_of_collections, weighted_mean_model_score, mean_swipe_score,
  toInt64(ifNull(failed, 0)) AS failed_keystroke_predictions
FROM collected LEFT JOIN scored USING (profile_id, session_id)
"""

WRITE_AGGREGATES = """
INSERT INTO FUNCTION file('{output}/aggregated-result/data.parquet', Parquet)
SELECT * FROM job.aggregates ORDER BY profile_id, session_id;

INSERT INTO FUNCTION file('{output}/aggregated-json/part-00000.json', JSONEachRow)
SELECT * FROM job.aggregates ORDER BY profile_id, session_id
"""

CHECK_IDS = """
SELECT countIf(profile_id = '') AS profile_id, countIf(session_id = '') AS session_id,
  countIf(collection_id = '') AS collection_id
FROM job.{dataset}
"""

CHECK_DUPLICATES = """
SELECT count() AS sessions FROM (
  SELECT session_id FROM job.{dataset} WHERE session_id <> '' AND profile_id <> ''
  GROUP BY session_id HAVING uniqExact(profile_id) > 1)
"""

CHECK_UNMATCHED = """
SELECT uniqExact(session_id) AS sessions, sum({rows}) AS rows
FROM job.{one} WHERE session_id <> '' AND session_id NOT IN (SELECT session_id FROM job.{other})
"""

ROWS_OF_LINE = " + ".join(f"length({kind})" for kind in ENTRIES)


def started(threads: int) -> Session:
    """One more session of the one database in memory."""
    session = Session()
    for name, value in {**SETTINGS, "max_threads": threads}.items():
        session.query(f"SET {name} = {value}")
    return session


def rows_of(kind: str) -> str:
    """One row for each entry of this behaviour type."""
    fields = ", ".join(f"entry.{name} AS {name}" for name in ENTRIES[kind])
    return f"""SELECT profile_id, session_id, collection_id, col_timestamp, platform, '{kind}' AS behaviour_type, {fields}
    FROM job.collections ARRAY JOIN {kind} AS entry"""


def write_partitions(rows: str, folder: str, name: str) -> None:
    started(1).query(f"INSERT INTO FUNCTION file('{folder}/profile-id={{_partition_id}}/{name}.jsonl', JSONEachRow) "
                     f"PARTITION BY profile_id {rows}")


def main() -> None:
    collections, predictions, output = (str(Path(folder).resolve()) for folder in sys.argv[1:4])
    threads = int(sys.argv[4]) if len(sys.argv) > 4 else 2
    session = started(threads)
    for statement in READ.format(collections=collections, predictions=predictions).split(";\n"):
        session.query(statement)

    with ThreadPoolExecutor(threads) as pool:
        writes = [pool.submit(write_partitions, rows_of(kind), f"{output}/labels", kind) for kind in reversed(ENTRIES)]
        writes.append(pool.submit(write_partitions, "SELECT * FROM job.predictions", f"{output}/predictions", "part"))
        for write in writes:
            write.result()
    session.query(AGGREGATES)
    for statement in WRITE_AGGREGATES.format(output=output).split(";\n"):
        session.query(statement)

    def counts(query: str) -> dict[str, int]:
        return json.loads(str(session.query(query, "JSONEachRow")))

    checks = {
        "missing_ids": {name: counts(CHECK_IDS.format(dataset=name)) for name in ("collections", "predictions")},
        "duplicate_ids": {name: counts(CHECK_DUPLICATES.format(dataset=name))
                          for name in ("collections", "predictions")},
        "unmatched_sessions": {
            "collections": counts(CHECK_UNMATCHED.format(one="collections", other="predictions", rows=ROWS_OF_LINE)),
            "predictions": counts(CHECK_UNMATCHED.format(one="predictions", other="collections", rows=1))},
        "missing_types": {
            "collections": {"rows": 0},  # with this schema no entry can be without a type
            "predictions": counts("SELECT countIf(trimBoth(model_name) = '') AS rows FROM job.predictions")},
    }
    Path(output, "checks.json").write_text(json.dumps(checks))


if __name__ == "__main__":
    main()
