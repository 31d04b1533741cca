"""Other programs read the output: DuckDB and PyArrow find exactly the ids and values that went in."""

import json
import random

import duckdb
import hostile
import pyarrow
import pyarrow.dataset
import pyarrow.parquet
import pytest
from command import OK, Gristmill
from lines import compact, metadata, prediction, write_lines
from outputs import aggregates, contents

HIVE = "__HIVE_DEFAULT_PARTITION__"
MISSING = None


def trimmed(text):
    return text.strip(" \t\n\r\v\f")


def usable_ids() -> list[str]:
    """Every hostile id that has a partition of its own, and one for each ASCII character."""
    ids = [*hostile.HOSTILE_IDS, *hostile.LONG_IDS, *(f"x{chr(code)}y" for code in range(128)),
           *(chr(code) for code in range(33, 127)), *("null"[:n] + "null"[n:].upper() for n in range(5)),
           "_", "=", "a=b", "profile-id=", "*.jsonl", "a,b;c", "%", "%%", "%4", "%41", "a" * 244]
    ids = sorted({trimmed(each) for each in ids} - {""})
    return [each for each in ids if len(hive_escaped(each).encode()) + len("profile-id=") <= 255]


def hive_escaped(text: str) -> str:
    """Hive's FileUtils.escapePathName, and gristmill's two rules beside it."""
    def escape(char):
        return f"%{ord(char):02X}" if char in "\"#%'*/:=?\\\x7f{[]^" or char < " " else char
    if text == HIVE or text.lower() == "null":
        return f"%{ord(text[0]):02X}" + text[1:]
    return "".join(map(escape, text))


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Each id in both data sets, twice, and lines without one."""

    folder = tmp_path_factory.mktemp("ids")
    rng = random.Random(3)
    ids = usable_ids() * 2 + [None, "", " "]
    rng.shuffle(ids)
    collections = write_lines(folder / "c.jsonl", [
        json.dumps({"metadata": metadata(each, f"s{n}", f"c{n}"), "behaviour": {"m": {"k": [{"v": each}]}}},
                   ensure_ascii=n % 2 == 0) for n, each in enumerate(ids)])
    predictions = write_lines(folder / "p.jsonl", [
        json.dumps({"metadata": metadata(each, f"s{n}", f"c{n}"), "prediction": {"score": n / 7, "own": each}},
                   ensure_ascii=n % 2 == 1) for n, each in enumerate(ids)])
    Gristmill(folder).run(collections, predictions, folder / "out").must(OK)
    return folder / "out"


FOLDERS = pytest.mark.parametrize("folder, name, own", [("labels", "collections", "v"), ("predictions", "predictions", "own")])


def expected_pairs(output, folder, name) -> list:
    """(partition, the row's own id) of every row that went in, sorted."""
    pairs = [(each, each) for each in usable_ids() for _ in range(2)]
    return sorted(pairs + [(MISSING, None), (MISSING, ""), (MISSING, "")], key=repr)


@FOLDERS
def test_partition_names(output, folder, name, own):
    names = {path.name for path in (output / folder).iterdir()}
    assert names == {f"profile-id={hive_escaped(each)}" for each in usable_ids()} | {f"profile-id={HIVE}"}
    assert all(path.name == f"{name}.jsonl" for path in (output / folder).glob("*/*"))


@FOLDERS
def test_duckdb_reads_back_the_ids(output, folder, name, own):
    rows = duckdb.sql(f"""
        SELECT "profile-id", profile_id FROM read_json('{output}/{folder}/*/{name}.jsonl', format = 'newline_delimited',
          columns = {{profile_id: 'VARCHAR'}}, hive_partitioning = true, hive_types_autocast = false)""").fetchall()
    assert sorted(rows, key=repr) == expected_pairs(output, folder, name)


@FOLDERS
def test_duckdb_finds_each_id_by_its_partition(output, folder, name, own):
    for each in usable_ids()[::10]:
        relation = duckdb.execute(f"""
            SELECT count(*) FROM read_json('{output}/{folder}/*/{name}.jsonl', format = 'newline_delimited',
              columns = {{profile_id: 'VARCHAR'}}, hive_partitioning = true, hive_types_autocast = false)
            WHERE "profile-id" = ?""", [each])
        assert relation.fetchall() == [(2,)], each


@FOLDERS
def test_pyarrow_reads_back_the_ids(output, folder, name, own):
    """PyArrow unescapes before it compares, and so takes a real __HIVE_DEFAULT_PARTITION__ for null."""
    partitioning = pyarrow.dataset.partitioning(pyarrow.schema([("profile-id", pyarrow.string())]), flavor="hive")
    schema = pyarrow.schema([("profile_id", pyarrow.string()), ("profile-id", pyarrow.string())])
    dataset = pyarrow.dataset.dataset(str(output / folder), format="json", partitioning=partitioning, schema=schema)
    table = dataset.to_table()
    rows = list(zip(table["profile-id"].to_pylist(), table["profile_id"].to_pylist()))
    expected = [(None if each == HIVE else each, own_id) for each, own_id in expected_pairs(output, folder, name)]
    assert sorted(rows, key=repr) == sorted(expected, key=repr)


@FOLDERS
def test_nothing_lies_outside_the_partitions(output, folder, name, own):
    for path in output.parent.rglob("*"):
        if path.is_file() and path.name == f"{name}.jsonl":
            assert path.parent.parent == output / folder
    rows = [json.loads(line) for path in (output / folder).glob("*/*") for line in path.read_bytes().splitlines()]
    assert all((row["profile_id"] or None) == (trimmed(row[own]) or None if row[own] else None) for row in rows)


# ---- the Parquet file

COLUMNS = [("profile_id", "string"), ("session_id", "string"), ("number_of_collections", "int64"),
           ("weighted_mean_model_score", "double"), ("mean_swipe_score", "double"),
           ("failed_keystroke_predictions", "int64")]


@pytest.fixture(params=["aggregated-result/data.parquet", "aggregated-parquet/part-00000.parquet"])
def parquet(request, output):
    return output / request.param


def test_schema(parquet):
    schema = pyarrow.parquet.read_schema(parquet)
    assert [(field.name, str(field.type)) for field in schema] == COLUMNS
    assert all(field.nullable for field in schema if "mean" in field.name)


def test_pyarrow_reads_what_the_json_says(output, parquet):
    assert pyarrow.parquet.read_table(parquet).to_pylist() == aggregates(output)


def test_duckdb_reads_what_the_json_says(output, parquet):
    relation = duckdb.sql(f"SELECT * FROM read_parquet('{parquet}')")
    assert [dict(zip(relation.columns, row)) for row in relation.fetchall()] == aggregates(output)
    assert [str(each) for each in relation.types] == ["VARCHAR", "VARCHAR", "BIGINT", "DOUBLE", "DOUBLE", "BIGINT"]


def test_folder_is_a_data_set(output):
    table = pyarrow.dataset.dataset(output / "aggregated-parquet", format="parquet").to_table()
    assert table.to_pylist() == aggregates(output)


def test_rows_stand_bytewise(output):
    keys = [(row["profile_id"].encode(), row["session_id"].encode()) for row in aggregates(output)]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys)) == 2 * len(usable_ids())


def test_ids_are_those_that_went_in(output):
    assert {row["profile_id"] for row in aggregates(output)} == set(usable_ids())


def test_key_value_metadata(output, parquet, gristmill):
    found = pyarrow.parquet.read_metadata(parquet).metadata
    assert gristmill("--version").stdout.strip() == "gristmill " + found[b"gristmill.version"].decode()
    recipe = json.loads(found[b"gristmill.recipe"])
    assert recipe == json.loads((output / "_manifest.json").read_bytes())["recipe"]
    assert not {"threads", "memory", "output", "collections", "predictions"} & recipe.keys()


def test_compression_dictionary_and_statistics(parquet):
    columns = [pyarrow.parquet.read_metadata(parquet).row_group(0).column(number) for number in range(6)]
    assert {column.compression for column in columns} == {"ZSTD"}
    assert all(column.is_stats_set for column in columns)
    for column in columns[:2]:
        assert "RLE_DICTIONARY" in column.encodings


def test_row_groups_end_after_122880_rows_or_4_mib_of_ids(gristmill, tmp_path):
    short = [compact({"metadata": {"profile_id": "p", "session_id": f"{n:07}"}, "behaviour": {}}) for n in range(130_000)]
    gristmill.run(write_lines(tmp_path / "short.jsonl", short), (), "short").must(OK)
    long = [compact({"metadata": {"profile_id": "p" * 100, "session_id": f"{n:0924}"}, "behaviour": {}}) for n in range(10_000)]
    gristmill.run(write_lines(tmp_path / "long.jsonl", long), (), "long").must(OK)

    def groups(output):
        found = pyarrow.parquet.read_metadata(tmp_path / output / "aggregated-result/data.parquet")
        return [found.row_group(number).num_rows for number in range(found.num_row_groups)]
    assert groups("short") == [122_880, 130_000 - 122_880]
    assert groups("long") == [4096, 4096, 10_000 - 2 * 4096]


def test_both_parquet_files_are_one(output):
    [one], [other] = (contents(output, folder).values() for folder in ("aggregated-result", "aggregated-parquet"))
    assert one == other


def test_no_session_is_a_file_without_rows(gristmill, tmp_path):
    gristmill.run((), write_lines(tmp_path / "p.jsonl", [prediction()]), "out").must(OK)
    table = pyarrow.parquet.read_table(tmp_path / "out/aggregated-result/data.parquet")
    assert table.num_rows == 0 and table.column_names == [name for name, _ in COLUMNS]
    assert duckdb.sql(f"SELECT * FROM '{tmp_path}/out/aggregated-parquet/*.parquet'").fetchall() == []
