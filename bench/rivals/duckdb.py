#!/usr/bin/env -S python3 -P
"""The job in DuckDB's SQL, as plainly as its expert would write it for this data: clean, of known names, and of one
platform in each collection. Nothing is repaired, rejected or set aside.

    python -P bench/rivals/duckdb.py COLLECTIONS PREDICTIONS OUTPUT [THREADS]

Both data sets are parsed once, with their exact schema, into tables in memory. `preserve_insertion_order` off is what
DuckDB advises for large exports. Tried and dropped, all slower or as slow: maps in the place of structs, which leave
the names of platforms and behaviour types open; a COPY for each behaviour type; more open files; sorting by profile
first; reading the files twice instead of keeping tables. DuckDB writes a field that a row lacks as null.

`-P` keeps Python from importing this file as the module `duckdb`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

PLATFORMS = ("ios", "android", "web", "mobile")
METADATA = 'STRUCT(profile_id VARCHAR, session_id VARCHAR, collection_id VARCHAR, "timestamp" BIGINT)'
ENTRIES = {"keystrokes": 'STRUCT("timestamp" BIGINT, key_hash VARCHAR)[]',
           "swipes": 'STRUCT("timestamp" BIGINT, x DOUBLE, y DOUBLE, pressure DOUBLE)[]'}
TYPES = f"STRUCT({', '.join(f'{kind} {entries}' for kind, entries in ENTRIES.items())})"
BEHAVIOUR = f"STRUCT({', '.join(f'{platform} {TYPES}' for platform in PLATFORMS)})"

READ = """
CREATE TEMP TABLE collections AS
SELECT metadata.*, behaviour
FROM read_json($collections || '/*.jsonl', format = $format, maximum_object_size = $longest,
  columns = {'metadata': '%(metadata)s', 'behaviour': '%(behaviour)s'});

CREATE TEMP TABLE predictions AS
SELECT metadata.*, prediction.*
FROM read_json($predictions || '/*.jsonl', format = $format, maximum_object_size = $longest, columns = {
  'metadata': '%(metadata)s', 'prediction': 'STRUCT(model_name VARCHAR, score DOUBLE, confidence DOUBLE)'});

CREATE TEMP TABLE scored AS
SELECT profile_id, session_id,
  sum(score * confidence) / sum(confidence) FILTER (score IS NOT NULL) AS weighted_mean_model_score,
  avg(score) FILTER (model_name = 'swipe_model') AS mean_swipe_score,
  count(*) FILTER (score IS NULL AND model_name IN ('keystroke_model', 'keystrokes_model'))
    AS failed_keystroke_predictions
FROM predictions GROUP BY ALL;

CREATE TEMP TABLE aggregates AS
WITH collected AS (
  SELECT profile_id, session_id, count(DISTINCT collection_id) AS number_of_collections FROM collections
  WHERE profile_id <> '' AND session_id <> '' GROUP BY ALL)
SELECT * REPLACE (coalesce(failed_keystroke_predictions, 0) AS failed_keystroke_predictions)
FROM collected LEFT JOIN scored USING (profile_id, session_id)
ORDER BY profile_id, session_id;
""" % {"metadata": METADATA, "behaviour": BEHAVIOUR}

PLATFORM = "CASE " + " ".join(f"WHEN behaviour.{name} IS NOT NULL THEN '{name}'" for name in PLATFORMS) + " END"


USUAL_LONGEST = 16 << 20  # bytes of a value, DuckDB's default: more makes every buffer larger
LONGEST = 1 << 30


def framing_of(folder: str) -> dict[str, str | int]:
    """How the files of a data set are to be read, told by the first of them."""
    with min(Path(folder).glob("*.jsonl")).open("rb") as file:
        first = file.readline(1 << 20)
    if first.startswith(b"["):
        return {"format": "array", "longest": LONGEST}
    if first.endswith(b"\n"):
        return {"format": "newline_delimited", "longest": USUAL_LONGEST}
    return {"format": "unstructured", "longest": LONGEST}


def entries_of(kind: str) -> str:
    """Of the one platform that a collection has."""
    return f"coalesce({', '.join(f'behaviour.{platform}.{kind}' for platform in PLATFORMS)})"


def rows_of(kind: str) -> str:
    """One row for each entry of this behaviour type."""
    return f"""SELECT profile_id, session_id, collection_id, "timestamp" AS col_timestamp, {PLATFORM} AS platform,
      '{kind}' AS behaviour_type, unnest({entries_of(kind)}, recursive := true), profile_id AS "profile-id"
    FROM collections"""


ROWS = " UNION ALL BY NAME ".join(map(rows_of, ENTRIES))
LABELS = f"""
COPY ({ROWS})
TO '{{output}}/labels' (FORMAT json, PARTITION_BY ("profile-id"))
"""

PREDICTIONS = """
COPY (SELECT *, profile_id AS "profile-id" FROM predictions)
TO '{output}/predictions' (FORMAT json, PARTITION_BY ("profile-id"))
"""

CHECK_IDS = """
SELECT count(*) FILTER (coalesce(profile_id, '') = '') AS profile_id,
  count(*) FILTER (coalesce(session_id, '') = '') AS session_id,
  count(*) FILTER (coalesce(collection_id, '') = '') AS collection_id
FROM {dataset}
"""

CHECK_DUPLICATES = """
SELECT count(*) AS sessions FROM (
  SELECT session_id FROM {dataset} WHERE session_id <> '' AND profile_id <> ''
  GROUP BY session_id HAVING count(DISTINCT profile_id) > 1)
"""

CHECK_UNMATCHED = """
SELECT count(DISTINCT session_id) AS sessions, coalesce(sum({rows}), 0)::BIGINT AS rows
FROM {one} WHERE session_id <> '' AND session_id NOT IN (SELECT session_id FROM {other} WHERE session_id IS NOT NULL)
"""

ROWS_OF_LINE = " + ".join(f"coalesce(len({entries_of(kind)}), 0)" for kind in ENTRIES)


def main() -> None:
    collections, predictions, output = sys.argv[1:4]
    database = duckdb.connect(config={"threads": int(sys.argv[4]) if len(sys.argv) > 4 else 2})
    database.execute("SET preserve_insertion_order = false")
    for statement in READ.split(";\n"):
        values = {}
        for name, folder in (("collections", collections), ("predictions", predictions)):
            if f"${name}" in statement:
                values = {name: folder, **framing_of(folder)}
        if statement.strip():
            database.execute(statement, values)

    for folder in ("labels", "predictions", "aggregated-result", "aggregated-json"):
        Path(output, folder).mkdir(parents=True)
    database.execute(LABELS.format(output=output))
    database.execute(PREDICTIONS.format(output=output))
    database.execute(f"COPY aggregates TO '{output}/aggregated-result/data.parquet' (COMPRESSION zstd)")
    database.execute(f"COPY aggregates TO '{output}/aggregated-json/part-00000.json' (FORMAT json)")

    def counts(query: str) -> dict[str, int]:
        result = database.execute(query)
        return dict(zip([column[0] for column in result.description], result.fetchone()))

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
