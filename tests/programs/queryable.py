"""Outputs that are hard to query, and their rows, read without any engine."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

from command import OK, REPOSITORY
from lines import compact, metadata, prediction, write_lines
from test_read_back import HIVE, usable_ids

# A folder name with everything that an engine may take for something else, but a backslash.
HOSTILE_FOLDER = "an 'odd' \"place\" *[x]? 100% %2F a=b profile-id=zz platform=no {c,d} ${user.name} ; -- `ünï` 😀"
LONG = 21_000_000  # more than DuckDB and Spark's JSON parser take of themselves

NUMERIC = ["1001", "007", "1.0", "1e3", "12345678901234567890", "2025-05-15", "true", "NaN"]  # texts all the same

# Names of fields in entries, all in one row.
HOSTILE_FIELDS = ["it's", 'a"b', "a/b~c~1", "X", "x y", "profile-id", "profile_partition", "Profile_Id_", "", "a.b", "a;b", "${user.name}",
                  "back`tick", "back\\slash", "$", "*", "0", "select", "é", "a, b", "a:b", "filename", "json", "--", "value"]
UNSPEAKABLE = ["tab\there", "nul\0"]
# Of the field x: of every type.
MIXED = [1.5, "text", True, None, {"a": [1, {"b": None}]}, [], "1747299119000", "{}", 12345678901234567890, -0.0, "", "null", [1, "b"]]


def sample(gristmill) -> Path:
    """The bundled sample's output, in a folder like any other."""
    gristmill.run(REPOSITORY / "examples/collections", REPOSITORY / "examples/predictions", "out", "--quiet", "--publish-anyway").must(OK)
    return gristmill.folder / "out"


def hostile(gristmill) -> Path:
    """Hostile profile ids, fields, times and lengths, below a hostile folder."""
    collections, predictions = [], []
    for number, each in enumerate([*usable_ids(), *NUMERIC, None, ""]):
        head = metadata(each, f"s{number}", f"c{number}")
        collections.append(compact({"metadata": head, "region": each, "behaviour": {"m": {"k": [{"v": each, "x": MIXED[number % len(MIXED)]}]}}}))
        predictions.append(compact({"metadata": head, "prediction": {"model_name": "swipe_model", "score": number / 7, "own": each}}))
    fields = {name: name for name in HOSTILE_FIELDS + UNSPEAKABLE}
    collections.append(compact({"metadata": metadata("p", "s", "fields"), "region": {"nested": [1]}, "behaviour": {"m": {"k": [fields]}}}))
    collections.append('{"metadata":{"profile_id":"p","session_id":"s","collection_id":"twice"},'
                       '"behaviour":{"m":{"k":[{"x":"first","x":"last"}]}}}')
    collections.append(compact({"metadata": metadata("p", "s", "long"), "behaviour": {"m": {"k": [{"v": "x" * LONG}]}}}))
    for time in ("1747299119000.5", "1.75e12", "1e30"):
        collections.append('{"metadata":{"profile_id":"p","session_id":"s","collection_id":"%s","timestamp":%s}}' % (time, time))
    predictions.append(prediction("p", "s", "tiny").replace("0.5", "1e-999"))
    collections.append("no JSON ' \" \\ ; $")
    write_lines(gristmill.folder / "c.jsonl", collections)
    write_lines(gristmill.folder / "p.jsonl", predictions)
    (gristmill.folder / "recipe.yaml").write_text("carry: [region]\n")
    above = gristmill.folder / "profile-id=above" / "session_id=above"
    output = above / HOSTILE_FOLDER / "out"
    output.parent.mkdir(parents=True)
    # What is found instead where a wildcard is taken for one.
    for wrong in (HOSTILE_FOLDER.replace("*", "any"), HOSTILE_FOLDER.replace("?", "1"), HOSTILE_FOLDER.replace("[x]", "x")):
        for name, file in (("labels", "collections"), ("predictions", "predictions")):
            folder = above / wrong / "out" / name / "profile-id=wrong"
            folder.mkdir(parents=True)
            (folder / f"{file}.jsonl").write_text('{"profile_id":"wrong"}\n')
    gristmill.run("c.jsonl", "p.jsonl", output, "--recipe", "recipe.yaml", "--quiet").must(OK)
    return output


# ---- rows, read independently

def first_wins(pairs) -> dict:
    return dict(reversed(pairs))


def partition_of(path: Path) -> str | None:
    name = path.parent.name.removeprefix("profile-id=")
    return None if name == HIVE else unquote(name, errors="strict")


def rows(output: Path, table: str, pairs_to_object=dict) -> list[dict]:
    """The rows of a data set as they are in its files, with the partition that each lies in."""
    found = []
    for path in sorted((output / table).glob("*/*.jsonl")):
        for line in path.read_bytes().split(b"\n")[:-1]:
            found.append({**json.loads(line, object_pairs_hook=pairs_to_object), "PARTITION": partition_of(path)})
    assert found
    return found


def as_text(value) -> str | None:
    """How a value looks in a column of texts; spellings of numbers and of white space are one."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    if isinstance(parsed, (int, float)) and not isinstance(parsed, bool):
        parsed = float(parsed)
    return text if isinstance(parsed, str) else json.dumps(parsed, sort_keys=True)



def whole_milliseconds(time):
    """A time as the tables have it."""
    if time is None or abs(time) >= 2**63:
        return None
    return int(time + 0.5)


def expected(output: Path, table: str, columns: dict[str, str], pairs_to_object=dict) -> Counter:
    """The rows as a table must show them; `columns`: name of a column to the field that it holds."""
    clock = "timestamp" if table == "predictions" else "col_timestamp"
    found = Counter()
    for row in rows(output, table, pairs_to_object):
        row[clock] = whole_milliseconds(row[clock])
        found[tuple(normal(field, row.get(field), clock) for field in columns.values())] += 1
    return found


def normal(field: str, value, clock: str):
    if field in ("PARTITION", "profile_id", "session_id", "collection_id"):
        return value  # texts, to the byte
    if field in ("score", "confidence"):
        assert value is None or isinstance(value, (int, float))
        return None if value is None else float(value)
    if field == clock:
        assert value is None or type(value) is int
        return value
    return as_text(value)


def actual(found, columns: dict[str, str], table: str) -> Counter:
    """Rows of an engine, as dictionaries by column, in the same form."""
    clock = "timestamp" if table == "predictions" else "col_timestamp"
    return Counter(tuple(normal(field, row.get(name), clock) for name, field in columns.items()) for row in found)
