#!/usr/bin/env python3
"""Does a rival's output say the same as gristmill's?

    check_equal.py GRISTMILL_OUTPUT RIVAL_OUTPUT

- `labels/` and `predictions/`: for every profile's folder the same rows as parsed JSON, however many files
  they lie in. Order does not count, since no rival keeps it, nor does a null against a missing field, since
  Spark leaves nulls out and the others fill them in. Numbers are equal as doubles.
- `aggregated-result/` and `aggregated-json/`: the same sessions in the same order, doubles within 1e-9, since
  rivals do not sum exactly.
- `checks.json`: the counts of the four main checks as in `validation/report.json`.

Exit code 1 and the first differences if not.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

import pyarrow.parquet as parquet

TOLERANCE = 1e-9
SHOWN = 5
DATASETS = ("labels", "predictions")
CHECKS = ("missing_ids", "duplicate_ids", "unmatched_sessions", "missing_types")


def data_files(folder: Path) -> list[Path]:
    """The files below a folder but for what Spark adds: checksums and `_SUCCESS`."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] not in "._")


def rows_of(folder: Path) -> Counter:
    """The rows of a profile with how often each occurs."""
    rows = Counter()
    for path in data_files(folder):
        with path.open("rb") as file:
            for line in file:
                rows[frozenset(item for item in json.loads(line).items() if item[1] is not None)] += 1
    return rows


def difference_of_rows(folders: tuple[Path, Path]) -> str:
    """What tells the rows of two folders apart; empty if nothing does."""
    ours, theirs = map(rows_of, folders)
    if ours == theirs:
        return ""
    only = [[dict(row) for row in (one - other).elements()] for one, other in ((ours, theirs), (theirs, ours))]
    return (f"{folders[1]}: {len(only[0])} of {ours.total()} rows missing, such as {only[0][:1]}; "
            f"{len(only[1])} rows too many, such as {only[1][:1]}")


def differences_of_partitions(ours: Path, theirs: Path, pool) -> list[str]:
    names = [{path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
             for folder in (ours, theirs)]
    found = [f"{theirs}: no folder {name}" for name in sorted(names[0] - names[1])]
    found += [f"{theirs}: folder {name} is too many" for name in sorted(names[1] - names[0])]
    pairs = [(ours / name, theirs / name) for name in sorted(names[0] & names[1])]
    return found + [each for each in pool.imap(difference_of_rows, pairs, chunksize=4) if each]


def sessions_of(folder: Path) -> list[dict]:
    """The rows of the aggregates, in Parquet or in JSON Lines."""
    rows = []
    for path in data_files(folder):
        if path.suffix == ".parquet":
            rows += parquet.read_table(path, partitioning=None).to_pylist()
        else:
            rows += map(json.loads, path.read_bytes().splitlines())
    return rows


def equal_sessions(ours: dict, theirs: dict) -> bool:
    for name in ours:
        one, other = ours[name], theirs.get(name)
        if isinstance(one, float) and isinstance(other, (int, float)):
            if not math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
                return False
        elif one != other:
            return False
    return not theirs.keys() - ours.keys()


def differences_of_sessions(ours: Path, theirs: Path) -> list[str]:
    wanted, got = sessions_of(ours), sessions_of(theirs)
    if len(wanted) != len(got):
        return [f"{theirs}: {len(got)} sessions, not {len(wanted)}"]
    return [f"{theirs}: {other}, not {one}" for one, other in zip(wanted, got) if not equal_sessions(one, other)]


def differences_of_checks(ours: Path, theirs: Path) -> list[str]:
    if not theirs.is_file():
        return [f"{theirs}: missing"]
    report, checks = json.loads(ours.read_bytes()), json.loads(theirs.read_bytes())
    found = []
    for check in report["checks"]:
        if check["name"] not in CHECKS:
            continue
        for dataset, counts in check["counts"].items():
            given = checks[check["name"]][dataset]
            wanted = dict(counts)
            if check["name"] == "missing_ids":
                del wanted["lines"]  # lines without any of the three: a rival is not asked for that
            if given != wanted:
                found.append(f"{theirs}: {check['name']} of {dataset} are {given}, not {wanted}")
    return found


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    ours, theirs = map(Path, sys.argv[1:])
    found = []
    with Pool(os.cpu_count()) as pool:
        for dataset in DATASETS:
            found += differences_of_partitions(ours / dataset, theirs / dataset, pool)
    for folder in ("aggregated-result", "aggregated-json"):
        found += differences_of_sessions(ours / folder, theirs / folder)
    found += differences_of_checks(ours / "validation/report.json", theirs / "checks.json")
    for each in found[:SHOWN]:
        print(each)
    print(f"{len(found)} differences" if found else "no difference")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
