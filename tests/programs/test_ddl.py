"""`gristmill ddl`: its statements, run in DuckDB, show the rows that are in the files; those for Athena name folders that exist."""

import json
import re
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
from command import CHECKS, INPUT, OK, OUTPUT, USAGE, Gristmill
from lines import collection, compact, metadata, prediction, write_lines
from outputs import quarantine
from queryable import HOSTILE_FIELDS, HOSTILE_FOLDER, LONG, UNSPEAKABLE, actual, expected, first_wins, hostile, rows, sample
from test_read_back import HIVE, hive_escaped

CANONICAL = {"labels": ["profile_id", "session_id", "collection_id", "col_timestamp", "platform", "behaviour_type"],
             "predictions": ["profile_id", "session_id", "collection_id", "timestamp", "model_name", "score", "confidence"]}
MAKERS = {"sample": sample, "hostile": hostile}


@pytest.fixture(scope="module", params=MAKERS)
def place(request, tmp_path_factory):
    """A command and an output that nobody changes."""
    command = Gristmill(tmp_path_factory.mktemp(request.param))
    return command, MAKERS[request.param](command)


@pytest.fixture(scope="module")
def difficult(tmp_path_factory):
    command = Gristmill(tmp_path_factory.mktemp("difficult"))
    return command, hostile(command)


def ddl(command, engine, output, *words) -> str:
    if HOSTILE_FOLDER in str(output):
        words = (*words, "--all-rows")
    outcome = command("ddl", engine, output, *words).must(OK)
    assert outcome.stderr == "" or (engine == "athena" and "small files" in outcome.stderr)
    return outcome.stdout


def database(sql: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(sql)
    return connection


def ask(connection, question: str) -> list[dict]:
    found = connection.execute(question)
    names = [each[0] for each in found.description]
    return [dict(zip(names, row)) for row in found.fetchall()]


def columns_of(connection, table: str, output: Path) -> dict[str, str]:
    """Columns of a view in DuckDB, and the fields that they must hold."""
    names = [row["column_name"] for row in ask(connection, f"DESCRIBE {table}")]
    fields = dict.fromkeys(key for row in rows(output, table) for key in row)
    found, left = {}, dict.fromkeys([*fields, "PARTITION"])
    for name in names[:-1]:
        field = name
        while field not in left:  # a name that was taken got '_' behind it
            assert field.endswith("_"), name
            field = field[:-1]
        found[name] = field
        del left[field]
    found[names[-1]] = "PARTITION"
    assert names[-1].startswith("profile_partition")
    assert set(left) - {"PARTITION"} == set(UNSPEAKABLE) & set(fields)
    return found


# ---- DuckDB

@pytest.mark.parametrize("table", ["labels", "predictions"])
def test_duckdb_shows_the_rows_of_the_files(place, table):
    command, output = place
    connection = database(ddl(command, "duckdb", output))
    columns = columns_of(connection, table, output)
    assert list(columns)[:len(CANONICAL[table])] == CANONICAL[table]
    found = ask(connection, f"FROM {table}")
    assert actual(found, columns, table) == expected(output, table, columns, first_wins)


def test_duckdb_shows_sessions_and_quarantine(place):
    command, output = place
    connection = database(ddl(command, "duckdb", output))
    table = pyarrow.parquet.read_table(output / "aggregated-result/data.parquet").to_pylist()
    assert ask(connection, "FROM sessions ORDER BY profile_id, session_id") == table
    models = pyarrow.parquet.read_table(output / "aggregated-models/data.parquet").to_pylist()
    assert models and ask(connection, "FROM models ORDER BY profile_id, session_id, model_name NULLS FIRST") == models
    wanted = [line for name in ("collections", "predictions") if (output / f"quarantine/{name}.jsonl").exists()
              for line in quarantine(output, name)]
    wanted.sort(key=lambda line: (line["dataset"], line["file"], line["line"]))
    found = ask(connection, "FROM quarantine ORDER BY dataset, file, line")
    assert [{name: value for name, value in row.items() if value is not None} for row in found] == wanted


def test_types(difficult):
    command, output = difficult
    connection = database(ddl(command, "duckdb", output))
    for table, names in CANONICAL.items():
        types = {row["column_name"]: row["column_type"] for row in ask(connection, f"DESCRIBE {table}")}
        for name, type_name in types.items():
            wanted = {"score": "DOUBLE", "confidence": "DOUBLE", "col_timestamp": "BIGINT"}.get(name, "VARCHAR")
            assert type_name == ("BIGINT" if (table, name) == ("predictions", "timestamp") else wanted), name
    assert ask(connection, "SELECT max(length(v)) AS n FROM labels") == [{"n": LONG}]
    found = ask(connection, "SELECT col_timestamp AS t FROM labels WHERE collection_id IN ('1747299119000.5', '1.75e12', '1e30') ORDER BY 1")
    assert [row["t"] for row in found] == [1747299119001, 1750000000000, None]


def test_fields_have_the_types_of_their_values(gristmill, tmp_path):
    """`avg(x)` works; a value of another type that comes later stops the query instead of vanishing."""
    entries = [{"x": 1.5, "n": 1, "ok": True, "mixed": 1, "key": "a"}, {"x": 2, "n": 2, "ok": False, "mixed": "b", "key": "b"}]
    line = compact({"metadata": metadata(), "behaviour": {"mobile": {"taps": entries}}})
    gristmill.run(write_lines(tmp_path / "c.jsonl", [line]), (), "out").must(OK)
    connection = database(ddl(gristmill, "duckdb", "out"))
    assert ask(connection, "SELECT avg(x) AS x, sum(n) AS n, bool_and(ok) AS ok FROM labels") == [{"x": 1.75, "n": 3, "ok": False}]
    types = {row["column_name"]: row["column_type"] for row in ask(connection, "DESCRIBE labels")}
    assert [types[name] for name in ("x", "n", "ok", "mixed", "key")] == ["DOUBLE", "BIGINT", "BOOLEAN", "VARCHAR", "VARCHAR"]
    gristmill.run(write_lines(tmp_path / "c.jsonl", [line.replace('"x":2', '"x":"far"')]), (), "out").must(OK)
    with pytest.raises(duckdb.ConversionException, match="far"):
        ask(connection, "SELECT avg(x) FROM labels")


def test_duckdb_opens_one_file_for_a_profile(difficult):
    command, output = difficult
    connection = database(ddl(command, "duckdb", output))
    for profile in ("1001", "a/b", HIVE, "a=b", "%41", "null", "../../etc/passwd"):
        quoted = profile.replace("'", "''")
        plan = connection.execute(f"EXPLAIN ANALYZE SELECT profile_id FROM predictions WHERE profile_partition = '{quoted}'").fetchall()[0][1]
        assert "Total Files Read: 1 " in plan, plan
        assert {row["profile_id"] for row in ask(connection, f"SELECT * FROM predictions WHERE profile_partition = '{quoted}'")} == {profile}
    assert {row["profile_id"] for row in ask(connection, "SELECT * FROM predictions WHERE profile_partition IS NULL")} == {None, ""}


def test_statements_can_be_repeated_and_see_the_next_run(gristmill, tmp_path):
    """As a file that is read again, and after another run in the same place."""
    output = tmp_path / "out"
    gristmill.run(write_lines(tmp_path / "c.jsonl", [collection("p1")]), (), output).must(OK)
    sql = ddl(gristmill, "duckdb", "out", "--database", 'a "schema"; --')
    connection = database(sql + sql)
    view = '"a ""schema""; --".'
    assert [row["profile_id"] for row in ask(connection, f"FROM {view}labels")] == ["p1"]
    assert ask(connection, f"FROM {view}predictions") == [] == ask(connection, f"FROM {view}quarantine")
    gristmill.run(write_lines(tmp_path / "c.jsonl", [collection("p2")]), (), output).must(OK)
    assert [row["profile_id"] for row in ask(connection, f"FROM {view}labels")] == ["p2"]


def test_an_empty_output(gristmill, tmp_path):
    gristmill.run(write_lines(tmp_path / "c.jsonl", []), (), "out", "--carry", "region").must(OK)
    connection = database(ddl(gristmill, "duckdb", "out"))
    for table in ("sessions", "models", "labels", "predictions", "quarantine"):
        assert ask(connection, f"FROM {table}") == []
    assert "region" in {row["column_name"] for row in ask(connection, "DESCRIBE labels")}
    assert ddl(gristmill, "spark", "out").count("WHERE false") == 3


def test_fields_of_later_rows_need_all_rows(gristmill, tmp_path):
    lines = [collection("p", "s", f"c{number}", 3, note="x" * 90_000) for number in range(12)]
    lines.append(collection("p").replace('"key_hash"', '"late"'))
    gristmill.run(write_lines(tmp_path / "c.jsonl", lines), (), "out", "--carry", "note").must(OK)
    assert '"note"' in ddl(gristmill, "duckdb", "out") and '"late"' not in ddl(gristmill, "duckdb", "out")
    sql = ddl(gristmill, "duckdb", "out", "--all-rows")
    assert [row["late"] for row in ask(database(sql), "FROM labels WHERE late IS NOT NULL")] == ["k0"]


def test_more_fields_than_columns(gristmill, tmp_path):
    lines = [json.dumps({"metadata": metadata("p"), "behaviour": {"m": {"k": [{f"f{n}": n for n in range(1200)}]}}})]
    gristmill.run(write_lines(tmp_path / "c.jsonl", lines), (), "out").must(OK)
    sql = ddl(gristmill, "duckdb", "out")
    assert len(ask(database(sql), "DESCRIBE labels")) == 6 + 1000 + 1
    assert "more fields than the first 1000" in sql


def test_location(gristmill, tmp_path):
    """The statements name the place where the output will lie; relative ones from here."""
    gristmill.run(write_lines(tmp_path / "c.jsonl", [collection("p1")]), (), "out").must(OK)
    sql = ddl(gristmill, "duckdb", "out", "--location", "moved/./there/")
    assert f"'{tmp_path}/moved/there/labels/*/collections.jsonl'" in sql
    (tmp_path / "moved").mkdir()
    (tmp_path / "out").rename(tmp_path / "moved/there")
    assert len(ask(database(sql), "FROM labels")) == 1
    for given in ("s3://b/x", "s3a://b/x/", "s3n://b/x"):
        words = ["moved/there", "--location", given]
        assert "'s3://b/x/labels/*/collections.jsonl'" in ddl(gristmill, "duckdb", *words)
        assert "'s3a://b/x/labels'" in ddl(gristmill, "spark", *words)
        assert "'s3://b/x/labels/'" in ddl(gristmill, "athena", *words)


# ---- Athena

def athena_tables(sql: str) -> dict[str, dict]:
    """The statements, taken apart; anything that is not as Athena wants it fails."""
    tables = {}
    code = "\n".join(line for line in sql.splitlines() if not line.startswith("--"))
    for statement in filter(None, map(str.strip, code.split(";\n"))):
        if statement.startswith("CREATE DATABASE IF NOT EXISTS"):
            continue
        form = (r"CREATE EXTERNAL TABLE IF NOT EXISTS (?:`(?P<database>[a-z0-9_]+)`\.)?`(?P<name>[a-z_]+)` \(\n(?P<columns>.*?)\n\)\n"
                r"(?:PARTITIONED BY \(`(?P<partition>[a-z0-9_]+)` string\)\n)?"
                r"(?:STORED AS PARQUET|ROW FORMAT SERDE 'org\.openx\.data\.jsonserde\.JsonSerDe'\nWITH SERDEPROPERTIES \(\n(?P<serde>.*?)\n\))\n"
                r"LOCATION '(?P<location>s3://[^']+/)'(?:\nTBLPROPERTIES \(\n(?P<properties>.*)\n\))?;?")
        match = re.fullmatch(form, statement, re.DOTALL)
        assert match, statement
        table = match.groupdict()
        columns = [re.fullmatch(r"  `([a-z0-9_]{1,255})` (string|double|bigint|boolean)", line) for line in table["columns"].split(",\n")]
        assert all(columns), table["columns"]
        table["columns"] = {each[1]: each[2] for each in columns}
        assert len(table["columns"]) == len(columns), "a name twice"
        assert table["partition"] not in table["columns"]
        for part in ("serde", "properties"):
            pairs = [re.fullmatch(r"  '([^']*)' = '([^']*)'", line) for line in (table[part] or "").split(",\n") if line]
            assert all(pairs), table[part]
            table[part] = {each[1]: each[2] for each in pairs}
        tables[table["name"]] = table
    assert list(tables) == ["sessions", "models", "labels", "predictions", "quarantine"]
    return tables


@pytest.mark.parametrize("engine", ["athena", "spark"])
def test_statements_of_the_sample(gristmill, engine):
    """To the byte; the files are for people to read as well. That Spark takes them, `./test spark` shows."""
    sql = ddl(gristmill, engine, sample(gristmill), "--location", "s3://results/daily", "--database", "daily")
    assert sql == (Path(__file__).parent / f"{engine}_sample.sql").read_text()


@pytest.mark.parametrize("table", ["labels", "predictions"])
def test_athena_finds_the_folder_of_every_profile(place, table):
    """The template, with the escaped profile in it as Athena puts it there, names a folder of the output."""
    command, output = place
    properties = athena_tables(ddl(command, "athena", output, "--location", "s3://b/x y"))[table]
    template = properties["properties"]["storage.location.template"]
    assert properties["properties"] == {"projection.enabled": "true", f"projection.{properties['partition']}.type": "injected",
                                        "storage.location.template": template}
    assert template == properties["location"] + f"profile-id=${{{properties['partition']}}}/"
    folders = set()
    for row in rows(output, table):
        value = hive_escaped(row["profile_id"]) if row["profile_id"] else HIVE
        folder = output / template.replace(f"${{{properties['partition']}}}", value).removeprefix("s3://b/x y/")
        assert folder.is_dir(), row["profile_id"]
        folders.add(folder.name)
    assert folders == {path.name for path in (output / table).iterdir()}


@pytest.mark.parametrize("table", ["labels", "predictions"])
def test_athena_has_a_column_for_every_field(place, table):
    command, output = place
    sql = ddl(command, "athena", output, "--location", "s3://b/x")
    found = athena_tables(sql)[table]
    assert found["serde"].pop("case.insensitive") == "FALSE"
    mapped = {name.removeprefix("mapping."): field for name, field in found["serde"].items()}
    assert set(mapped) <= set(found["columns"])
    held = [mapped.get(name, name) for name in found["columns"]]
    assert len(set(held)) == len(held) and held[:len(CANONICAL[table])] == CANONICAL[table]
    fields = {key for row in rows(output, table) for key in row} - {"PARTITION"}
    beyond = {field for field in fields if not field or re.search(r"""['"\\;$\x00-\x1f\x7f]""", field)}
    assert set(held) == (fields | set(CANONICAL[table])) - beyond
    for field in beyond:
        assert f"No column, since its name cannot be one here: {shown(field)}" in sql


def shown(field: str) -> str:
    return json.dumps(field, ensure_ascii=False).replace("$", "\\u0024").replace(";", "\\u003b")


def test_the_partition_gives_way_to_a_field_of_its_name(difficult):
    command, output = difficult
    assert "profile_partition" in HOSTILE_FIELDS
    found = athena_tables(ddl(command, "athena", output, "--location", "s3://b/x"))
    assert "profile_partition" in found["labels"]["columns"] and found["labels"]["partition"] == "profile_partition_"
    assert found["predictions"]["partition"] == "profile_partition"


def test_athena_warns_of_many_small_files(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", [collection(f"p{number}") for number in range(101)])
    write_lines(tmp_path / "p.jsonl", [prediction(f"p{number}") for number in range(100)])
    gristmill.run("c.jsonl", "p.jsonl", "out", "--quiet").must(OK)
    outcome = gristmill("ddl", "athena", "out", "--location", "s3://b/x").must(OK)
    assert outcome.stderr.count("warning: labels are 101 files") == 1 and "predictions are" not in outcome.stderr
    assert "-- Warning: labels are 101 files" in outcome.stdout and "`sessions`" in outcome.stderr
    athena_tables(outcome.stdout)
    for words in (["spark", "out"], ["duckdb", "out"]):
        assert gristmill("ddl", *words).must(OK).stderr == ""


# ---- what is no code is a comment

@pytest.mark.parametrize("engine", ["athena", "duckdb", "spark"])
def test_only_sql_is_printed(difficult, engine):
    command, output = difficult
    words = ["--location", "s3://b/x"] if engine == "athena" else []
    sql = ddl(command, engine, output, *words, "--database", "daily")
    assert sql.endswith(";\n")
    for block in sql.split(";\n"):
        code = [line for line in block.splitlines() if line and not line.startswith("--")]
        assert not code or re.match(r"CREATE |DROP TABLE IF EXISTS `daily`\.`gristmill_", code[0]), code[0]
    for line in sql.splitlines():
        assert not line.startswith("--") or ";" not in line


# ---- mistakes

MISTAKES = {
    "ddl athena out": (USAGE, ["s3:// only", "--location s3://BUCKET/PREFIX"]),
    "ddl athena out --location there": (USAGE, ["s3:// only", "/there'"]),
    "ddl athena out --location s3://b/a*b": (USAGE, ["wildcards", "--location"]),
    "ddl athena out --location s3://b//a": (USAGE, ["empty name"]),
    "ddl athena out --location s3://b/a --database Daily": (USAGE, ["--database", "'Daily'", "small letters"]),
    "ddl spark out --database a-b": (USAGE, ["--database", "'a-b'"]),
    "ddl duckdb out --location s3://b/a?b": (USAGE, ["'?'", "--location"]),
    "ddl duckdb out --location a\\b": (USAGE, ["backslash", "--location"]),
    "ddl duckdb out --database NOTHING": (USAGE, ["--database is empty"]),
    "ddl duckdb out --location NOTHING": (USAGE, ["--location is empty"]),
    "ddl duckdb nowhere": (INPUT, ["no output", "nowhere"]),
    "ddl duckdb .": (INPUT, ["no complete output", "_SUCCESS"]),
    "ddl dukcdb out": (USAGE, ["ENGINE", "'dukcdb'", "'duckdb'", "athena, duckdb, spark"]),
    "ddl duckdb": (USAGE, ["OUT"]),
    "ddl": (USAGE, ["ENGINE"]),
    "ddl duckdb out --locaton x": (USAGE, ["'--locaton'", "'--location'"]),
}


@pytest.mark.parametrize("line", MISTAKES)
def test_mistakes(gristmill, tmp_path, line):
    gristmill.run(write_lines(tmp_path / "c.jsonl", [collection()]), (), "out", "--quiet").must(OK)
    code, words = MISTAKES[line]
    outcome = gristmill(*("" if word == "NOTHING" else word for word in line.split())).must_fail(code, *words)
    assert outcome.stdout == ""


def test_an_output_that_is_kept_back_is_not_published(gristmill, tmp_path):
    write_lines(tmp_path / "c.jsonl", [collection(), "no JSON"])
    gristmill.run("c.jsonl", (), "out", "--quiet").must(CHECKS)
    gristmill("ddl", "duckdb", "out").must_fail(OUTPUT, "nothing is published", "gristmill publish out")


def test_a_damaged_output(gristmill, tmp_path):
    gristmill.run(write_lines(tmp_path / "c.jsonl", [collection()]), (), "out", "--quiet").must(OK)
    rows_file = tmp_path / "out/labels/profile-id=p1/collections.jsonl"
    text = rows_file.read_text()
    rows_file.write_text("no JSON\n")
    gristmill("ddl", "duckdb", "out").must_fail(OUTPUT, "collections.jsonl", "line 1")
    rows_file.write_text(text)
    manifest = tmp_path / "out/_manifest.json"
    manifest.write_text(re.sub(r'"recipe":\{.*\},\n', "", manifest.read_text()))
    gristmill("ddl", "duckdb", "out").must_fail(OUTPUT, "_manifest.json", "recipe")
