"""`gristmill ddl ENGINE --outputs PATTERN`: many outputs as one table, in DuckDB, and what Athena and Spark are told."""

from __future__ import annotations

import json
import re

import duckdb
import pytest
from command import CHECKS, INPUT, NO_INPUT, OK, USAGE
from lines import collection, compact, metadata, prediction, write_lines

TABLES = ("sessions", "models", "labels", "predictions", "quarantine")


@pytest.fixture
def days(gristmill, tmp_path):
    """Three days: one without predictions and nothing rejected, one with a carried field, one of an output that grows."""
    for day in ("2025-05-15", "2025-05-16", "2025-05-17"):
        lines = [collection("p1", f"s{day[-2:]}", "c1", entries=2), collection("p2", "s", "c2")]
        words = ["--collections", write_lines(tmp_path / f"in/{day}/c.jsonl", lines)]
        if day != "2025-05-15":
            bad = ["bad"] if day == "2025-05-16" else []
            line = compact({"metadata": metadata("p2", "s", "c"), "prediction": {"model_name": "m", "score": 0.5}, "extra": 7})
            words += ["--predictions", write_lines(tmp_path / f"in/{day}/p.jsonl", [prediction("p2", "s", "c"), line, *bad])]
        words += ["--output", f"out/day={day}", "--publish-anyway", "--quiet"]
        gristmill("update" if day == "2025-05-17" else "run", *words, *(["--carry", "extra"] if day > "2025-05-16" else [])).must(OK)
    write_lines(tmp_path / "in/4/c.jsonl", [collection("p1", "s17", "c9")])
    gristmill("update", "--collections", "in/4/c.jsonl", "--output", "out/day=2025-05-17", "--carry", "extra", "--quiet",
              "--publish-anyway").must(OK)
    return tmp_path / "out"


def asked(sql: str, question: str) -> list[tuple]:
    connection = duckdb.connect()
    connection.execute(sql)
    return connection.execute(question).fetchall()


def rows(folder, base: str) -> int:
    return sum(len(path.read_text().splitlines()) for path in folder.glob(f"day=*/{base}/**/*.jsonl"))


def test_duckdb_sees_all_rows_by_day(gristmill, days):
    outcome = gristmill("ddl", "duckdb", "--outputs", "out/day=*/").must(OK)
    assert outcome.stderr == ""
    sql = outcome.stdout
    for table in ("labels", "predictions", "quarantine"):
        assert asked(sql, f"SELECT count(*) FROM {table}") == [(rows(days, table),)], table
    assert asked(sql, "SELECT day, count(*) FROM labels GROUP BY day ORDER BY day") == [
        ("2025-05-15", 3), ("2025-05-16", 3), ("2025-05-17", 4)]
    # Carried on the third day only.
    assert asked(sql, "SELECT day, profile_partition, extra FROM predictions WHERE extra IS NOT NULL") == [("2025-05-17", "p2", 7)]
    assert asked(sql, "SELECT DISTINCT day FROM quarantine") == [("2025-05-16",)]
    assert asked(sql, "SELECT day, count(*) FROM sessions GROUP BY day ORDER BY day") == [
        ("2025-05-15", 2), ("2025-05-16", 2), ("2025-05-17", 2)]
    assert {day for day, in asked(sql, "SELECT DISTINCT day FROM models")} == {"2025-05-16", "2025-05-17"}


def test_only_published_outputs_are_there(gristmill, days):
    gristmill("run", "--collections", write_lines(days.parent / "in/bad.jsonl", ["bad"] * 9), "--output", "out/day=2025-05-18").must(CHECKS)
    (days / "day=2025-05-19").mkdir()
    (days / "week=1").mkdir()
    outcome = gristmill("ddl", "duckdb", "--outputs", str(days / "day=*")).must(OK)
    assert [line.split("'")[1][-10:] for line in outcome.stderr.splitlines()] == ["2025-05-19"]
    assert "2025-05-18" not in outcome.stdout and "2025-05-19" not in outcome.stdout
    assert asked(outcome.stdout, "SELECT count(DISTINCT day) FROM sessions") == [(3,)]


def test_athena_projects_day_and_profile(gristmill, days):
    sql = gristmill("ddl", "athena", "--outputs", "out/day=*", "--location", "s3://results/daily").must(OK).stdout
    statements = {re.search(r"EXISTS `(\w+)`", text)[1]: text for text in sql.split(";\n") if "CREATE EXTERNAL" in text}
    assert set(statements) == set(TABLES)
    for table, text in statements.items():
        assert "'projection.day.type' = 'date'" in text and "'projection.day.range' = '2025-05-15,NOW'" in text
        below = {"sessions": "aggregated-parquet", "models": "aggregated-models"}.get(table, table)
        by_profile = "profile-id=${profile_partition}/" if table in ("labels", "predictions") else ""
        assert f"'storage.location.template' = 's3://results/daily/day=${{day}}/{below}/{by_profile}'" in text
        assert ("PARTITIONED BY (`day` string, `profile_partition` string)" in text) == bool(by_profile)


def test_names_that_are_no_days_are_listed(gristmill, days):
    (days / "day=2025-05-16").rename(days / "day=second")
    sql = gristmill("ddl", "athena", "--outputs", "out/day=*", "--location", "s3://results/daily").must(OK).stdout
    assert "'projection.day.values' = '2025-05-15,2025-05-17,second'" in sql


def test_spark_is_told_of_each_output(gristmill, days):
    sql = gristmill("ddl", "spark", "--outputs", "out/day=*").must(OK).stdout
    assert sql.count("UNION ALL") == 2 + 2 + 2 + 1 + 0  # sessions, models, labels; predictions; one quarantine
    assert "'2025-05-17' AS `day`" in sql and "CREATE OR REPLACE VIEW `labels`" in sql


@pytest.mark.parametrize("pattern, code, why", [
    ("out", USAGE, "no pattern"), ("out/*", USAGE, "no pattern"), ("out/*/day=*", USAGE, "no pattern"), ("out/Day-1=*", USAGE, "no pattern"),
    ("out/week=*", NO_INPUT, "no output is published"), ("nowhere/day=*", INPUT, "cannot list")])
def test_what_is_no_pattern_of_outputs(gristmill, days, pattern, code, why):
    gristmill("ddl", "duckdb", "--outputs", pattern).must_fail(code, why)


def test_one_or_many(gristmill, days):
    gristmill("ddl", "duckdb", "out/day=2025-05-15", "--outputs", "out/day=*").must_fail(USAGE, "an output and --outputs")
    gristmill("ddl", "duckdb").must_fail(USAGE, "OUT is required, or --outputs")


def test_other_columns_are_refused(gristmill, days):
    recipe = days.parent / "recipe.yaml"
    recipe.write_text(json.dumps({"aggregates": {"lines": {"of": "collections", "count": "rows"}}}))
    gristmill("run", "--recipe", recipe, "--collections", "in/2025-05-15/c.jsonl", "--output", "out/day=2025-05-20", "--quiet",
              "--publish-anyway").must(OK)
    gristmill("ddl", "duckdb", "--outputs", "out/day=*").must_fail(USAGE, "different columns", "day=2025-05-20")


def test_parts_and_wholes_are_seen(gristmill, days):
    """An output whose partitions are laid out in both ways."""
    write_lines(days.parent / "in/5/c.jsonl", [collection("p1", "s17", "c10")])
    gristmill("update", "--collections", "in/5/c.jsonl", "--output", "out/day=2025-05-17", "--carry", "extra", "--quiet",
              "--publish-anyway", "--layout", "whole").must(OK)
    for words in (["out/day=2025-05-17"], ["--outputs", "out/day=*"]):
        sql = gristmill("ddl", "duckdb", *words).must(OK).stdout
        where = "WHERE profile_id = 'p1' AND session_id = 's17'"
        assert asked(sql, f"SELECT count(*) FROM labels {where}") == [(4,)]


def test_what_few_of_many_have_is_seen(gristmill, tmp_path):
    """Of more than sixteen not all are looked into; rows of none are lost."""
    line = collection("p1", "s1", "c")
    for day in range(1, 21):
        lines = [line] + (["bad"] if day == 4 else [])
        words = ["--collections", write_lines(tmp_path / f"in/{day}.jsonl", lines), "--output", f"out/day={day:02}", "--quiet", "--publish-anyway"]
        if day == 6:
            words += ["--predictions", write_lines(tmp_path / "in/p.jsonl", [prediction("p1", "s1", "c")])]
        gristmill("update" if day == 8 else "run", *words).must(OK)
    sql = gristmill("ddl", "duckdb", "--outputs", "out/day=*").must(OK).stdout
    assert asked(sql, "SELECT count(*), count(DISTINCT day) FROM labels") == [(20, 20)]
    assert asked(sql, "SELECT day FROM quarantine") == [("04",)]
    assert asked(sql, "SELECT day FROM predictions") == [("06",)]
    assert asked(sql, "SELECT day FROM models") == [("06",)]


def test_a_column_that_is_there_already_stays(gristmill, tmp_path):
    path = write_lines(tmp_path / "in.jsonl", [collection("p1", "s1", "c"), "bad"])
    gristmill("run", "--collections", path, "--output", "out/line=7", "--quiet", "--publish-anyway").must(OK)
    sql = gristmill("ddl", "duckdb", "--outputs", "out/line=*").must(OK).stdout
    assert asked(sql, "SELECT line, line_ FROM quarantine") == [(2, "7")]
