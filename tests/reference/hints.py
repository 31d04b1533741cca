"""What is legal but odd, each counted by data set and with its first places.

`of_line` says which hints one line gives; `of_run` counts them, and finds ids
that differ in case among all lines.
"""

from __future__ import annotations

from collections import defaultdict

PLACES = 10
NULL_WORDS = {
    "null", "none", "nil", "nan", "na", "n/a", "#n/a", "undefined", "-", "--", "\\n",
    "(null)", "(none)", "(nil)", "<null>", "<none>", "<nil>", "<na>",
    "00000000-0000-0000-0000-000000000000",
}
OF_LINES = ("null_words_as_ids", "ids_beside_metadata", "dotted_keys", "entry_time_unit", "page_clock")
IDS_THAT_MAY_DIFFER = ("profile_id", "session_id")
DATASETS = ("collections", "predictions")
PAYLOADS = {"collections": "behaviour", "predictions": "prediction"}
YEAR_2000 = 946684800000
YEAR_2100 = 4102444800000


def lowered(text: str) -> str:
    """A text in ASCII lower case."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def of_line(record, members: list, reader) -> set[str]:
    """The hints of one accepted line; `members` are the fields at its record's top level."""
    found = {
        "null_words_as_ids": any(lowered(text) in NULL_WORDS for text in record.ids.values() if text is not None),
        "ids_beside_metadata": has_ids_beside(record, members, reader),
        "dotted_keys": any(is_path(member.name, record.line.dataset, reader) for member in members),
        "entry_time_unit": record.line.dataset == "collections" and any(
            is_in_other_unit(row.timestamp, record.timestamp) for row in record.rows),
        "page_clock": "timestamp_from_seconds" in record.repairs and 0 < record.timestamp < YEAR_2000,
    }
    return {name for name, here in found.items() if here}


def has_ids_beside(record, members: list, reader) -> bool:
    """Whether a missing id stands at the top level, beside a metadata object."""
    top = {reader.canonical_of(member.name): member.value for member in members}  # the last of several counts
    if "metadata" not in top or top["metadata"].kind == "null":
        return False
    return any(text is None and name in top and top[name].kind != "null" for name, text in record.ids.items())


def is_path(name: str, dataset: str, reader) -> bool:
    """Whether a field is named by a path into metadata, behaviour or prediction."""
    head, dot, _ = name.partition(".")
    known = reader.canonical_of(name) is not None or name in reader.recipe.carry
    return bool(dot) and not known and reader.canonical_of(head) in ("metadata", PAYLOADS[dataset])


def is_in_other_unit(entry: float | None, time: float | None) -> bool:
    """Whether an entry's time is near its collection's only in another unit."""
    if entry is None or time is None or not YEAR_2000 <= time <= YEAR_2100:
        return False
    scaled = (time / 1000, time * 1000, time * 1000000)
    return any(near * 0.5 <= entry <= near * 2 for near in scaled)


def of_run(data: dict[str, list], carry_not_found: dict[str, list[str]]) -> dict:
    """All hints: counts by data set, and the first places as [data set, file, line]."""
    found = {"ids_differ_in_case": ids_differing_in_case(data)}
    for name in OF_LINES:
        found[name] = [(dataset, record.line) for dataset in DATASETS for record in data[dataset]
                       if name in record.hints]
    hints = {}
    for name, places in found.items():
        hints[name] = {
            "counts": {d: sum(dataset == d for dataset, _ in places) for d in DATASETS},
            "first": [[dataset, line.file, line.number] for dataset, line in places[:PLACES]],
        }
    names = [dataset for dataset in DATASETS for _ in carry_not_found[dataset]]
    hints["carry_not_found"] = {
        "counts": {d: len(carry_not_found[d]) for d in DATASETS},
        "first": [[dataset, None, None] for dataset in names[:PLACES]],
    }
    return hints


def ids_differing_in_case(data: dict[str, list]) -> list[tuple]:
    """Each id that has a twin in either data set, where it first occurs in each, in input order."""
    spellings = defaultdict(set)
    first = {}
    for dataset in DATASETS:
        for record in data[dataset]:
            for kind in IDS_THAT_MAY_DIFFER:
                text = record.ids[kind]
                if text is not None:
                    spellings[kind, lowered(text)].add(text)
                    first.setdefault((dataset, kind, text), record.line)
    # A dict keeps the order in which its keys came.
    return [(dataset, line) for (dataset, kind, text), line in first.items()
            if len(spellings[kind, lowered(text)]) > 1]
