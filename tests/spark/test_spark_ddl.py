"""`gristmill ddl spark`, as a user runs it: through spark-sql, with a metastore of Hive's; once more where they are run already.

The tables are written out again by Spark and compared with the rows in the files. One program reads both outputs: it
takes longer to start than to do its work. What it is told is looked at in tests/programs/test_ddl.py each time.
"""

from __future__ import annotations

import json
import shutil
import subprocess

import pyarrow.parquet
import pytest
from cluster import pyspark_home, spark_variables
from command import OK, Gristmill
from driver import environment, missing
from outputs import quarantine
from queryable import HIVE, actual, expected, hostile, rows, sample

DAYS = ("2025-05-15", "2025-05-16")
TABLES = ("sessions", "models", "labels", "predictions", "quarantine")
ENDS_WITHIN = 300.0  # seconds
# What a name must not have to be a column here; one of two names that differ in capitals is none either.
NO_COLUMN = set("'\"\\;$,:\t\0")


class Queried:
    """The outputs and what spark-sql made of them."""

    def __init__(self, folder):
        assert not missing(4), missing(4)
        self.folder = folder
        self.outputs = {}
        statements = []
        for name, make in (("sample", sample), ("hostile", hostile)):
            (folder / name).mkdir()
            command = Gristmill(folder / name)
            self.outputs[name] = make(command)
            sql = command("ddl", "spark", self.outputs[name], "--database", name, "--all-rows").must(OK).stdout
            statements += [sql, sql] if name == "sample" else [sql]
            for table in TABLES:
                statements.append(f"INSERT OVERWRITE DIRECTORY '{folder}/found/{name}/{table}' USING json "
                                  f"OPTIONS (ignoreNullFields 'false') SELECT * FROM {name}.{table};\n")
        for day in DAYS:
            shutil.copytree(self.outputs["sample"], folder / f"days/day={day}")
        statements.append(command("ddl", "spark", "--outputs", folder / "days/day=*", "--database", "many").must(OK).stdout)
        for table in TABLES:
            statements.append(f"INSERT OVERWRITE DIRECTORY '{folder}/found/many/{table}' USING json "
                              f"SELECT day, count(*) AS found FROM many.{table} GROUP BY day;\n")
        statements.append("EXPLAIN SELECT own FROM hostile.predictions WHERE profile_partition = '007';\n")
        script = folder / "statements.sql"
        script.write_text("".join(statements))
        python = environment(4)
        home = pyspark_home(python)
        place = folder / "spark"
        place.mkdir()
        confs = {"spark.sql.warehouse.dir": place / "warehouse", "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1",
                 "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={place}/metastore;create=true",
                 "spark.driver.extraJavaOptions": f"-Dderby.system.home={place} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
                 "spark.driver.host": "127.0.0.1", "spark.sql.files.openCostInBytes": "65536"}
        words = [word for key, value in confs.items() for word in ("--conf", f"{key}={value}")]
        self.ended = subprocess.run(
            [home / "bin/spark-sql", "--master", "local[2]", "--driver-memory", "1g", *words, "-f", script], cwd=place,
            env={**spark_variables(python, None, place), "SPARK_HOME": str(home)}, capture_output=True, encoding="utf-8",
            timeout=ENDS_WITHIN)

    def found(self, output: str, table: str) -> list[dict]:
        return [json.loads(line) for path in sorted((self.folder / "found" / output / table).glob("part-*"))
                for line in path.read_bytes().split(b"\n")[:-1]]


@pytest.fixture(scope="module")
def queried(tmp_path_factory) -> Queried:
    queried = Queried(tmp_path_factory.mktemp("queried"))
    assert queried.ended.returncode == 0, queried.ended.stderr[-6000:]
    return queried


pytestmark = pytest.mark.long
OUTPUTS = pytest.mark.parametrize("output", ["sample", "hostile"])


@OUTPUTS
@pytest.mark.parametrize("table", ["labels", "predictions"])
def test_rows_are_those_of_the_files(queried, output, table):
    found = queried.found(output, table)
    place = queried.outputs[output]
    fields = {field for row in rows(place, table) for field in row} - {"PARTITION"}
    names = list(found[0])
    columns = dict(zip(names, names))
    columns[names[-1]] = "PARTITION"
    assert set(columns.values()) - {"PARTITION"} <= fields
    left_out = {field for field in fields if not field or NO_COLUMN & set(field)} | {"profile-id", "X"}
    assert fields - set(columns.values()) <= left_out
    assert actual(found, columns, table) == expected(place, table, columns)


@OUTPUTS
def test_sessions_and_quarantine(queried, output):
    place = queried.outputs[output]
    wanted = pyarrow.parquet.read_table(place / "aggregated-result/data.parquet").to_pylist()
    assert queried.found(output, "sessions") == wanted
    lines = [line for name in ("collections", "predictions") if (place / f"quarantine/{name}.jsonl").exists()
             for line in quarantine(place, name)]
    found = [{name: value for name, value in row.items() if value is not None} for row in queried.found(output, "quarantine")]

    def key(line):
        return line["dataset"], line["file"], line["line"]
    assert sorted(found, key=key) == sorted(lines, key=key)


def test_partitions_are_profiles(queried):
    """Texts, whatever they look like; a null only where a row has no profile."""
    pairs = {(row["profile_id"], row["profile_partition"]) for row in queried.found("hostile", "predictions")}
    assert {profile for profile, _ in pairs} >= {"1001", "007", "1.0", "1e3", "2025-05-15", "true", "NaN", "null", HIVE, "a=b", "", None}
    assert all(partition == (profile or None) for profile, partition in pairs)


def test_a_profile_is_one_folder(queried):
    assert "PartitionFilters: [isnotnull(profile-id" in queried.ended.stdout
    assert "= 007)]" in queried.ended.stdout


@pytest.mark.parametrize("table", TABLES)
def test_many_outputs_are_one_table(queried, table):
    rows_of_one = len(queried.found("sample", table))
    assert rows_of_one > 0
    assert {row["day"]: row["found"] for row in queried.found("many", table)} == dict.fromkeys(DAYS, rows_of_one)
