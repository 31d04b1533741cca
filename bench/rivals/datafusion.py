#!/usr/bin/env -S python3 -P
"""The job in DataFusion's SQL, as plainly as its expert would write it for this data: clean, of known names, and of
one platform in each collection. Nothing is repaired, rejected or set aside.

    python -P bench/rivals/datafusion.py COLLECTIONS PREDICTIONS OUTPUT [THREADS]

Both data sets are parsed once, with their exact schema, into tables in memory, sorted by profile, so that a batch of
rows has few partitions: each batch is cut anew for every partition in it. Tried and dropped, all slower or as slow:
tables that are not sorted; views in their place, so that the files are read for each write; one write of a UNION ALL
of the types; both types written at once; larger and smaller batches, more of them buffered for a file. Partitions are
written by `write_json`, since COPY takes no PARTITIONED BY with a name in quotes.

`-P` keeps Python from importing this file as the module `datafusion`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
from datafusion import DataFrameWriteOptions, SessionConfig, SessionContext

PLATFORMS = ("ios", "android", "web", "mobile")
ENTRIES = {"keystrokes": {"timestamp": pa.int64(), "key_hash": pa.string()},
           "swipes": {"timestamp": pa.int64(), "x": pa.float64(), "y": pa.float64(), "pressure": pa.float64()}}

METADATA = {"profile_id": pa.string(), "session_id": pa.string(), "collection_id": pa.string(),
            "timestamp": pa.int64()}
TYPES = pa.struct({kind: pa.list_(pa.struct(fields)) for kind, fields in ENTRIES.items()})
PREDICTION = {"model_name": pa.string(), "score": pa.float64(), "confidence": pa.float64()}
SCHEMAS = {"collections": {"metadata": pa.struct(METADATA), "behaviour": pa.struct(dict.fromkeys(PLATFORMS, TYPES))},
           "predictions": {"metadata": pa.struct(METADATA), "prediction": pa.struct(PREDICTION)}}


def fields_of(column: str, names) -> str:
    return ", ".join(f"""{column}['{name}'] AS "{name}\"""" for name in names)


PLATFORM = "CASE " + " ".join(f"WHEN behaviour['{name}'] IS NOT NULL THEN '{name}'" for name in PLATFORMS) + " END"


def entries_of(kind: str) -> str:
    """Of the one platform that a collection has."""
    return f"coalesce({', '.join(f'''behaviour['{platform}']['{kind}']''' for platform in PLATFORMS)})"


READ = f"""
CREATE TABLE collections AS
SELECT {fields_of("metadata", METADATA)}, {PLATFORM} AS platform,
  {', '.join(f'{entries_of(kind)} AS {kind}' for kind in ENTRIES)}
FROM collections_files ORDER BY profile_id;

CREATE TABLE predictions AS
SELECT {fields_of("metadata", METADATA)}, {fields_of("prediction", PREDICTION)}
FROM predictions_files ORDER BY profile_id;

CREATE TABLE aggregates AS
WITH collected AS (
  SELECT profile_id, session_id, count(DISTINCT collection_id) AS number_of_collections FROM collections
  WHERE profile_id <> '' AND session_id <> '' GROUP BY profile_id, session_id),
scored AS (
  SELECT profile_id, session_id,
    sum(score * confidence) / nullif(sum(confidence) FILTER (WHERE score IS NOT NULL), 0) AS weighted_mean_model_score,
    avg(score) FILTER (WHERE model_name = 'swipe_model') AS mean_swipe_score,
    count(*) FILTER (WHERE score IS NULL AND model_name IN ('keystroke_model', 'keystrokes_model')) AS failed
  FROM predictions GROUP BY profile_id, session_id)
SELECT collected.*, weighted_mean_model_score, mean_swipe_score, coalesce(failed, 0) AS failed_keystroke_predictions
FROM collected LEFT JOIN scored USING (profile_id, session_id)
ORDER BY profile_id, session_id
"""

WRITE_AGGREGATES = """
COPY (SELECT * FROM aggregates ORDER BY profile_id, session_id)
TO '{output}/aggregated-result/data.parquet' STORED AS PARQUET;

COPY (SELECT * FROM aggregates ORDER BY profile_id, session_id)
TO '{output}/aggregated-json/part-00000.json' STORED AS JSON
"""

CHECK_IDS = """
SELECT count(*) FILTER (WHERE coalesce(profile_id, '') = '') AS profile_id,
  count(*) FILTER (WHERE coalesce(session_id, '') = '') AS session_id,
  count(*) FILTER (WHERE coalesce(collection_id, '') = '') AS collection_id
FROM {dataset}
"""

CHECK_DUPLICATES = """
SELECT count(*) AS sessions FROM (
  SELECT session_id FROM {dataset} WHERE session_id <> '' AND profile_id <> ''
  GROUP BY session_id HAVING count(DISTINCT profile_id) > 1)
"""

CHECK_UNMATCHED = """
SELECT count(DISTINCT session_id) AS sessions, CAST(coalesce(sum({rows}), 0) AS BIGINT) AS rows
FROM {one} WHERE session_id <> '' AND session_id NOT IN (SELECT session_id FROM {other} WHERE session_id IS NOT NULL)
"""

ROWS_OF_LINE = " + ".join(f"coalesce(array_length({kind}), 0)" for kind in ENTRIES)


def rows_of(kind: str) -> str:
    """One row for each entry of this behaviour type."""
    return f"""SELECT profile_id, session_id, collection_id, "timestamp" AS col_timestamp, platform,
      '{kind}' AS behaviour_type, {fields_of("entry", ENTRIES[kind])}
    FROM (SELECT *, unnest({kind}) AS entry FROM (SELECT profile_id, session_id, collection_id, "timestamp", platform,
      {kind} FROM collections))"""


def main() -> None:
    collections, predictions, output = sys.argv[1:4]
    context = SessionContext(SessionConfig().with_target_partitions(int(sys.argv[4]) if len(sys.argv) > 4 else 2))
    for name, folder in (("collections", collections), ("predictions", predictions)):
        context.register_json(f"{name}_files", folder, schema=pa.schema(SCHEMAS[name]), file_extension=".jsonl")
    for statement in READ.split(";\n"):
        context.sql(statement).collect()

    def write_partitions(rows: str, folder: str) -> None:
        context.sql(f'SELECT *, profile_id AS "profile-id" FROM ({rows})').write_json(
            f"{output}/{folder}/", DataFrameWriteOptions(partition_by="profile-id"))

    for kind in ENTRIES:
        write_partitions(rows_of(kind), "labels")
    write_partitions("SELECT * FROM predictions", "predictions")
    for statement in WRITE_AGGREGATES.format(output=output).split(";\n"):
        context.sql(statement).collect()

    def counts(query: str) -> dict[str, int]:
        return context.sql(query).to_pylist()[0]

    checks = {
        "missing_ids": {name: counts(CHECK_IDS.format(dataset=name)) for name in ("collections", "predictions")},
        "duplicate_ids": {name: counts(CHECK_DUPLICATES.format(dataset=name))
                          for name in ("collections", "predictions")},
        "unmatched_sessions": {
            "collections": counts(CHECK_UNMATCHED.format(one="collections", other="predictions", rows=ROWS_OF_LINE)),
            "predictions": counts(CHECK_UNMATCHED.format(one="predictions", other="collections", rows=1))},
        "missing_types": {
            "collections": {"rows": 0},  # with this schema no entry can be without a type
            "predictions": counts("SELECT count(*) AS rows FROM predictions "
                                  "WHERE coalesce(trim(model_name), '') = ''")},
    }
    Path(output, "checks.json").write_text(json.dumps(checks))


if __name__ == "__main__":
    main()
