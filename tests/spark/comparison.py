"""Holds an output of Spark against that of the command, file by file."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pyarrow
import pyarrow.parquet
from outputs import contents, differences, manifest

CUT = ("aggregated-parquet", "aggregated-json")  # may be in other parts


def must_be_same(native: Path, spark: Path) -> None:
    """Fails with what differs, but for the parts of the aggregates, the manifest and the report's run."""
    found = differences(whole_files(native), whole_files(spark))
    assert not found, "\n".join(found)
    assert joined_json(spark) == joined_json(native)
    must_be_same_parquet(native, spark)
    must_list_the_same(native, spark)
    assert modes(spark) == modes(native)


def whole_files(root: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(root).items() if name.split("/")[0] not in CUT}


def parts(root: Path, folder: str) -> list[Path]:
    """The parts in order; they must be counted from 0 without a gap."""
    found = sorted((root / folder).iterdir())
    suffix = ".parquet" if folder == "aggregated-parquet" else ".json"
    assert [path.name for path in found] == [f"part-{number:05}{suffix}" for number in range(max(1, len(found)))]
    return found


def joined_json(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in parts(root, "aggregated-json"))


def must_be_same_parquet(native: Path, spark: Path) -> None:
    """The same rows in the same order, of the same types; every part says which recipe it was made by."""
    expected = pyarrow.parquet.read_table(native / "aggregated-result/data.parquet", partitioning=None)
    tables = [pyarrow.parquet.read_table(path, partitioning=None) for path in parts(spark, "aggregated-parquet")]
    for table in tables:
        assert table.schema.equals(expected.schema, check_metadata=True)
    # As text, since NaN is no value that equals itself and a null must stay one.
    assert pyarrow.concat_tables(tables).to_pylist().__repr__() == expected.to_pylist().__repr__()


def must_list_the_same(native: Path, spark: Path) -> None:
    """Manifests of the same data: alike but for the run's id and time, and the files that may be cut."""
    expected, actual = manifest(native), manifest(spark)
    assert list(actual) == list(expected)
    for member in expected.keys() - {"run_id", "started", "files", "file_count", "byte_count"}:
        assert actual[member] == expected[member], member
    assert actual["file_count"] == len(actual["files"])
    assert actual["byte_count"] == sum(entry["size"] for entry in actual["files"])

    def listed(found):
        return [entry for entry in found["files"]
                if entry["path"].split("/")[0] not in CUT and entry["path"] not in ("validation/report.json", "validation/history.jsonl")]
    assert listed(actual) == listed(expected)
    names = [entry["path"] for entry in actual["files"]]
    assert names == sorted(names, key=os.fsencode)
    there = {path.relative_to(spark).as_posix() for path in spark.rglob("*") if path.is_file()}
    assert set(names) == there - {"_manifest.json", "_SUCCESS"}
    assert all(entry.keys() == expected["files"][0].keys() for entry in actual["files"])
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", actual["run_id"])


def modes(root: Path) -> dict[str, str]:
    """Kinds and permissions of folders and files, those of cut files left out."""
    found = {path.relative_to(root).as_posix(): stat.filemode(path.lstat().st_mode) for path in (root, *root.rglob("*"))}
    return {name: mode for name, mode in found.items() if name.split("/")[0] not in CUT}
