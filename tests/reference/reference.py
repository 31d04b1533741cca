#!/usr/bin/env python3
"""What gristmill makes of its inputs, computed a second time, slowly and simply.

The program follows the data contract sentence by sentence, in memory, in one
thread, with exact sums of fractions, and shares nothing with the engine. Its
output is compared with the engine's by `compare.py`; `hostile.py` writes
inputs for both.

    reference.py [--collections F...] [--predictions F...] --output DIR [--recipe R]

An argument is a file, a folder or a glob.

The output folder gets `labels/`, `predictions/`, `aggregated-json/`,
`aggregated-models/rows.json` (the rows of the Parquet file), `quarantine/`
(with an empty message and a fixed `inputs_id`) and `verdict.json`, the numbers
that a report must show and the types of the aggregates' columns.

Recipe keys: `collections`, `predictions`, `framing`, `unwrap`, `strict`,
`sessions`, `models`, `aggregates`, `carry`, `aliases`, `limits` (`line` and
`rows` in bytes, `depth`) and `checks`, named as in the engine's recipe.

The file reads from the bottom up: `main`, `Run` (a whole run), `Verdict` (the
counts), `read_line` (one line to one record), then `Reader` (the repairs of one
value). `aggregates.py` sums up sessions and models; `input_files.py` finds, names
and decompresses files and cuts them into lines; `json_text.py` parses; `hints.py`
tells what is legal but odd.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import os
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import aggregates
import hints
import input_files
import json_text
from aggregates import BLANK, Aggregate
from input_files import InputFile, Line, is_utf8, non_blank
from json_text import NULL, JsonError, Member, TooDeep, Value, quote

ID_NAMES = ("profile_id", "session_id", "collection_id")
METADATA_NAMES = ID_NAMES + ("timestamp",)
PREDICTION_NAMES = ("model_name", "score", "confidence")
LABEL_COLUMNS = ID_NAMES + ("col_timestamp", "platform", "behaviour_type")
PREDICTION_COLUMNS = METADATA_NAMES + PREDICTION_NAMES
PAYLOAD_NAMES = {"collections": "behaviour", "predictions": "prediction"}
OTHER = {"collections": "predictions", "predictions": "collections"}

REPAIRS = (
    "alias", "metadata_at_top_level", "metadata_from_string",
    "behaviour_from_string", "prediction_from_string", "id_from_number",
    "id_trimmed", "timestamp_from_string", "timestamp_from_iso8601",
    "timestamp_from_seconds", "score_from_string", "confidence_from_string",
    "byte_order_mark", "nan_to_null", "entry_not_in_list", "platform_missing", "prediction_list",
)

DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
ESCAPED_IN_PARTITION = set("\"#%'*/:=?\\{[]^\x7f") | {chr(code) for code in range(0x20)}
LONGEST_PARTITION = 255
LONGEST_ID = 64 << 10
STRINGS_FOR_NULL = ("NaN", "null", "")
SECONDS_BELOW = 1e11
YEAR_2000 = 946684800000
YEAR_2100 = 4102444800000
KEPT_OF_LONG_LINE = 4096
FIELD_NAMES_LISTED = 1000
PASSED_OVER_LISTED = 10


# ---------------------------------------------------------------- settings

@dataclass
class Recipe:
    """The inputs, and the settings that may change the data or the verdict."""

    inputs: dict[str, list[str]] = field(default_factory=lambda: {d: [] for d in PAYLOAD_NAMES})
    framing: dict[str, str] = field(default_factory=lambda: dict.fromkeys(PAYLOAD_NAMES, "auto"))
    unwrap: dict[str, str] = field(default_factory=lambda: dict.fromkeys(PAYLOAD_NAMES, ""))
    strict: bool = False
    all_sessions: bool = False
    columns: list[Aggregate] = field(default_factory=lambda: columns_of({}))
    carry: tuple[str, ...] = ()
    aliases: dict[str, list[str]] = field(default_factory=dict)
    line_limit: int = 64 << 20
    depth_limit: int = 128
    rows_limit: int = 8 << 30
    checks: dict[str, dict] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | None) -> Recipe:
        """Read a recipe; without a path, the defaults."""
        settings = load_settings(Path(path)) if path else {}
        default = cls()
        limits = settings.get("limits", {})
        return cls(
            inputs={dataset: a_list(settings.get(dataset, ())) for dataset in PAYLOAD_NAMES},
            framing=per_dataset(settings.get("framing"), "auto"),
            unwrap=per_dataset(settings.get("unwrap"), ""),
            strict=settings.get("strict", False),
            all_sessions=settings.get("sessions", "collections") == "all",
            columns=columns_of(settings),
            carry=tuple(settings.get("carry", ())),
            aliases=settings.get("aliases", {}),
            line_limit=limits.get("line", default.line_limit),
            depth_limit=limits.get("depth", default.depth_limit),
            rows_limit=limits.get("rows", default.rows_limit),
            checks=settings.get("checks", {}),
        )

    def canonical_names(self) -> dict[str, str]:
        """From the loose spelling of a name or an alias to the canonical name."""
        names = [*METADATA_NAMES, *PREDICTION_NAMES, "metadata", *PAYLOAD_NAMES.values()]
        table = {loose(name): name for name in names}
        table[loose("behavior")] = "behaviour"
        for name, aliases in self.aliases.items():
            for alias in a_list(aliases):
                table[loose(alias)] = name
        return table

    def expected_names(self) -> set[str]:
        """The loose spellings of the aliases that the recipe itself gives."""
        return {loose(alias) for aliases in self.aliases.values() for alias in a_list(aliases)}


def load_settings(path: Path) -> dict:
    """A recipe in JSON, or in YAML where it is no JSON."""
    text = path.read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except ValueError:
        import yaml  # only for recipes that need it
        return yaml.safe_load(text) or {}


def columns_of(settings: dict) -> list[Aggregate]:
    """The columns of the session rows: the recipe's own, or the usual ones for its models."""
    if settings.get("aggregates") is not None:
        return [Aggregate.of_setting(name, column) for name, column in settings["aggregates"].items()]
    models = settings.get("models", {})
    return aggregates.usual_columns(a_list(models.get("swipe", ["swipe_model"])),
                                    a_list(models.get("keystroke", ["keystroke_model", "keystrokes_model"])))


def a_list(setting) -> list[str]:
    """A list, or the one value that stands for a list of it."""
    return [setting] if isinstance(setting, str) else list(setting)


def per_dataset(setting: str | dict[str, str] | None, default: str) -> dict[str, str]:
    """A setting that is one for all data sets, or a map from data set to it."""
    if isinstance(setting, dict):
        return {dataset: setting.get(dataset, default) for dataset in PAYLOAD_NAMES}
    return dict.fromkeys(PAYLOAD_NAMES, default if setting is None else setting)


def loose(name: str) -> str:
    """A field name without regard to ASCII case, `_` and `-`."""
    lowered = "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)
    return lowered.replace("_", "").replace("-", "")


# ------------------------------------------------------------------- lines

class Rejected(Exception):
    """The line has a fault; `reason` is its name."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass
class Wrapped:
    """The record of a line, and what stood beside it in its wrappers."""

    record: Value
    siblings: list[Member]


def parse_line(line: Line, recipe: Recipe) -> Wrapped:
    """Parse a line that is not blank, or raise the reason why it holds no record."""
    if not is_utf8(line.raw):
        raise Rejected("invalid_utf8")
    root = parse(line.text, recipe.depth_limit, "invalid_json")
    unwrap = recipe.unwrap[line.dataset]
    if unwrap == '""':
        if root.kind != "string":
            raise Rejected("not_wrapped")
        return Wrapped(object_in_string(root, recipe.depth_limit, "not_wrapped"), [])
    if root.kind != "object":
        raise Rejected("not_an_object")
    siblings: list[Member] = []
    for name in unwrap.split(".") if unwrap else []:
        here = [member for member in root.members if member.name == name]
        if len(here) != 1:
            raise Rejected("not_wrapped")
        siblings += [member for member in root.members if member is not here[0]]
        root = here[0].value
        if root.kind == "string":
            root = object_in_string(root, recipe.depth_limit, "not_wrapped")
        if root.kind != "object":
            raise Rejected("not_wrapped")
    return Wrapped(root, siblings)


def parse(text: bytes, depth_limit: int, fault: str) -> Value:
    """One JSON value, or a rejection."""
    try:
        return json_text.parse(text, depth_limit)
    except JsonError:
        raise Rejected(fault) from None
    except TooDeep:
        raise Rejected("too_deep") from None


def object_in_string(value: Value, depth_limit: int, fault: str) -> Value:
    """The object that a string encodes."""
    try:
        text = value.text.encode("utf-8")
    except UnicodeEncodeError:
        raise Rejected(fault) from None
    root = parse(text, depth_limit, fault)
    if root.kind != "object":
        raise Rejected(fault)
    return root


# ----------------------------------------------------- repairs of one value

class Reader:
    """The recipe at work on one line; collects the names of its repairs."""

    def __init__(self, recipe: Recipe):
        self.recipe = recipe
        self.canonical = recipe.canonical_names()
        self.expected = recipe.expected_names()
        self.repairs: set[str] = set()

    def canonical_of(self, name: str) -> str | None:
        """The canonical field that a name stands for."""
        return self.canonical.get(loose(name))

    def canonical_fields(self, members: list[Member], wanted: tuple[str, ...]):
        """Yield (name, member) of the canonical fields among `wanted`, in order.

        Raises duplicate_key at a member that is the same field as an earlier one.
        """
        seen: set[str] = set()
        for member in members:
            name = self.canonical.get(loose(member.name))
            if name not in wanted:
                continue
            if name in seen:
                raise Rejected("duplicate_key")
            seen.add(name)
            if member.name != name and loose(member.name) not in self.expected:
                self.repairs.add("alias")
            yield name, member

    def fields(self, members: list[Member], wanted: tuple[str, ...]) -> dict[str, Member]:
        """All canonical fields of one object, by name."""
        return dict(self.canonical_fields(members, wanted))

    def decode(self, value: Value, what: str) -> Value:
        """An object encoded as a string, decoded."""
        root = object_in_string(value, self.recipe.depth_limit, f"{what}_not_object")
        self.repairs.add(f"{what}_from_string")
        if root.has_non_finite:
            self.repairs.add("nan_to_null")
        return root

    def object_or_null(self, value: Value, what: str) -> Value:
        """An object or null, decoded where it is a string."""
        if value.kind == "string":
            return self.decode(value, what)
        if value.kind not in ("object", "null"):
            raise Rejected(f"{what}_not_object")
        return value

    def identifier(self, value: Value) -> Id:
        """A profile, session or collection id."""
        if value.kind == "null":
            return Id(b"null", None)
        if value.kind == "number" and json_text.INTEGER.fullmatch(value.token):
            self.repairs.add("id_from_number")
            if len(value.token) > LONGEST_ID:
                raise Rejected("id_too_long")
            return Id(b'"' + value.token + b'"', value.token.decode())
        if value.kind != "string":
            raise Rejected("id_not_scalar")
        token = trimmed(value.token)
        if token != value.token:
            self.repairs.add("id_trimmed")
        text = json_text.unescape(token)
        try:
            length = len(text.encode("utf-8"))
        except UnicodeEncodeError:
            raise Rejected("invalid_utf8") from None
        if length > LONGEST_ID:
            raise Rejected("id_too_long")
        return Id(token, text or None)

    def timestamp(self, value: Value) -> Value:
        """The metadata's timestamp: a number of milliseconds, or null."""
        fault = Rejected("timestamp_invalid")
        if value.kind == "string":
            text = value.text
            if text in STRINGS_FOR_NULL:
                self.repairs.add("nan_to_null")
                return NULL
            if not json_text.is_number(text):
                milliseconds = from_iso8601(text)
                if milliseconds is None:
                    raise fault
                self.repairs.add("timestamp_from_iso8601")
                return number(milliseconds)
            self.repairs.add("timestamp_from_string")
            value = Value("number", text.encode())
        if value.kind == "null":
            return NULL
        if value.kind != "number":
            raise fault
        seconds = float(value.token)
        if abs(seconds) >= SECONDS_BELOW:
            return value
        self.repairs.add("timestamp_from_seconds")
        return number(round(seconds * 1000.0))

    def measure(self, value: Value, what: str) -> Value:
        """A score or a confidence: a finite number, or null."""
        if value.kind == "null":
            return NULL
        text = value.text if value.kind == "string" else value.token.decode()
        if value.kind == "string" and text in STRINGS_FOR_NULL:
            self.repairs.add("nan_to_null")
            return NULL
        if not json_text.is_number(text) or abs(float(text)) == float("inf"):
            raise Rejected(f"{what}_not_number")
        if value.kind == "string":
            self.repairs.add(f"{what}_from_string")
        return Value("number", text.encode())


@dataclass
class Id:
    """An id: how the row spells it, and its text (None where it is missing)."""

    token: bytes
    text: str | None


def number(value: int) -> Value:
    return Value("number", str(value).encode())


def trimmed(token: bytes) -> bytes:
    """A string token without the raw or escaped white space at its ends."""
    units = json_text.string_units(token)
    while units and is_blank_unit(units[-1]):
        units.pop()
    while units and is_blank_unit(units[0]):
        units.pop(0)
    return b'"' + b"".join(units) + b'"'


def is_blank_unit(unit: bytes) -> bool:
    if unit.startswith(b"\\"):
        return json_text.unescape(b'"' + unit + b'"') in BLANK
    return unit == b" "


def is_missing(text: str | None) -> bool:
    """Whether a behaviour type or a model name is absent, null or blank."""
    return text is None or text.strip(BLANK) == ""


ISO8601 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})"
    r"(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(?:[Zz]| UTC| GMT|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)


def from_iso8601(text: str) -> int | None:
    """Milliseconds since 1970 UTC, the fraction rounded half to even."""
    match = ISO8601.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(match[i] or 0) for i in range(1, 7))
    if year == 0 or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    offset = 0
    if match[8]:
        hours, minutes = int(match[9]), int(match[10] or 0)
        if hours > 23 or minutes > 59:
            return None
        offset = (hours * 60 + minutes) * (-60 if match[8] == "-" else 60)
    days = days_before_year(year) - days_before_year(1970) + day - 1
    days += sum(days_in_month(year, earlier) for earlier in range(1, month))
    seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
    digits = match[7] or "0"
    fraction = sum(Fraction(int(digit), 10 ** place) for place, digit in enumerate(digits, 1))
    return round((seconds + fraction) * 1000)


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def days_before_year(year: int) -> int:
    past = year - 1
    return past * 365 + past // 4 - past // 100 + past // 400


# --------------------------------------------------------------- one record

Column = tuple[bytes, bytes]  # the key's token and the value's token


class Row:
    """The columns of a row, and the names that are taken in it."""

    def __init__(self, reserved: tuple[str, ...]):
        self.columns: list[Column] = []
        self.taken = set(reserved)

    def copy(self) -> Row:
        twin = Row(tuple(self.taken))
        twin.columns = list(self.columns)
        return twin

    def put(self, name: str, token: bytes) -> None:
        """Add one of the row's own columns."""
        self.columns.append((quote(name), token))

    def put_all(self, members: list[Member], prefix: str, beside: list[Member]) -> None:
        """Add the extra fields of one object; `beside` are all of its fields.

        A field whose name is a column already takes the prefix, and a number
        at its end where that is not free. The names given become columns of
        the row.
        """
        names = {member.name for member in beside}
        given: set[str] = set()
        for member in members:
            name, key = member.name, member.key
            if name in self.taken:
                suffixes = itertools.chain([""], (f"_{number}" for number in itertools.count(2)))
                suffix = next(suffix for suffix in suffixes
                              if not any(prefix + name + suffix in names_in_use
                                         for names_in_use in (self.taken, names, given)))
                name = prefix + name + suffix
                key = b'"' + prefix.encode() + key[1:-1] + suffix.encode() + b'"'
            self.columns.append((key, member.value.token))
            given.add(name)
        self.taken |= given

    def text(self) -> bytes:
        return b"{" + b",".join(key + b":" + value for key, value in self.columns) + b"}\n"


@dataclass
class Label:
    """One row of the labels, and what checks and aggregates ask of it."""

    row: bytes
    platform: str | None
    behaviour_type: str | None
    timestamp: float | None


@dataclass
class Prediction:
    """One row of the predictions, and what checks and aggregates ask of it."""

    row: bytes
    model: str | None
    score: float | None
    confidence: float | None


@dataclass
class Record:
    """An accepted line."""

    ids: dict[str, str | None]
    timestamp: float | None
    rows: list
    repairs: set[str]
    not_carried: set[str]
    had: set[str]
    recognised: bool
    has_the_other: bool
    line: Line
    hints: set[str]

    @property
    def session(self) -> tuple[str, str] | None:
        """(profile, session), where both are present."""
        profile, session = self.ids["profile_id"], self.ids["session_id"]
        return None if profile is None or session is None else (profile, session)

    @property
    def partition(self) -> str:
        return partition_name(self.ids["profile_id"])


def partition_name(profile: str | None) -> str:
    """The folder of a profile, escaped as Hive does."""
    if profile is None:
        return "profile-id=" + DEFAULT_PARTITION
    name = "".join(f"%{ord(c):02X}" if c in ESCAPED_IN_PARTITION else c for c in profile)
    if profile == DEFAULT_PARTITION or (profile.isascii() and profile.lower() == "null"):
        name = f"%{ord(profile[0]):02X}" + name[1:]
    return "profile-id=" + name


@dataclass
class Envelope:
    """The top level of a line: what is read of it, and what is left over."""

    metadata: list[Member]
    metadata_fields: dict[str, Member]
    payload: Value
    other: list[Member]
    every: list[Member]


def read_envelope(reader: Reader, root: Value, payload_name: str) -> Envelope:
    """Tell the fields of the top level apart, and read the metadata object."""
    found = reader.fields(root.members, ("metadata", payload_name))
    metadata = found["metadata"].value if "metadata" in found else NULL
    read = list(found.values())
    if metadata.kind == "null":
        fields = reader.fields(root.members, METADATA_NAMES)
        read += fields.values()
        members = list(fields.values())
        if fields:
            reader.repairs.add("metadata_at_top_level")
    else:
        members = reader.object_or_null(metadata, "metadata").members
        fields = reader.fields(members, METADATA_NAMES)
    payload = found[payload_name].value if payload_name in found else NULL
    other = [member for member in root.members if all(member is not one for one in read)]
    return Envelope(members, fields, payload, other, root.members)


def value_of(fields: dict[str, Member], name: str) -> Value:
    return fields[name].value if name in fields else NULL


def put_carried(row: Row, envelope: Envelope, carry: tuple[str, ...]) -> None:
    """Add the top-level fields that the recipe carries, in its order."""
    for name in carry:
        members = [member for member in envelope.other if member.name == name]
        members = members or [Member(quote(name), name, NULL)]
        row.put_all([Member(quote(name), name, m.value) for m in members], "line_", envelope.every)


def read_line(line: Line, recipe: Recipe) -> Record:
    """One line to one record, or raise Rejected."""
    wrapped = parse_line(line, recipe)
    reader = Reader(recipe)
    if line.marked:
        reader.repairs.add("byte_order_mark")
    if wrapped.record.has_non_finite:
        reader.repairs.add("nan_to_null")
    envelope = read_envelope(reader, wrapped.record, PAYLOAD_NAMES[line.dataset])
    fields = envelope.metadata_fields
    ids = {name: reader.identifier(value_of(fields, name)) for name in ID_NAMES}
    timestamp = reader.timestamp(value_of(fields, "timestamp"))

    collection = line.dataset == "collections"
    row = Row(LABEL_COLUMNS if collection else PREDICTION_COLUMNS)
    for name in ID_NAMES:
        row.put(name, ids[name].token)
    row.put("col_timestamp" if collection else "timestamp", timestamp.token)
    extra = [m for m in envelope.metadata if all(m is not one for one in fields.values())]
    row.put_all(extra, "metadata_", envelope.metadata)
    put_carried(row, envelope, recipe.carry)
    read_payload = read_behaviour if collection else read_predictions
    rows = read_payload(reader, envelope.payload, row)

    there = {reader.canonical.get(loose(member.name)) for member in wrapped.record.members}
    beside = {member.name for member in envelope.other}
    record = Record(
        ids={name: ids[name].text for name in ID_NAMES},
        timestamp=float(timestamp.token) if timestamp.kind == "number" else None,
        rows=rows,
        repairs=reader.repairs,
        not_carried=beside - set(recipe.carry) | {member.name for member in wrapped.siblings},
        had={member.name for member in wrapped.record.members} & set(recipe.carry),
        recognised=PAYLOAD_NAMES[line.dataset] in there,
        has_the_other=PAYLOAD_NAMES[OTHER[line.dataset]] in there,
        line=line,
        hints=set(),
    )
    record.hints = hints.of_line(record, wrapped.record.members, reader)
    if len(os.fsencode(record.partition)) > LONGEST_PARTITION:
        raise Rejected("partition_name_too_long")
    if sum(len(row.row) for row in rows) > recipe.rows_limit:
        raise Rejected("rows_too_large")
    if recipe.strict and record.repairs:
        raise Rejected(min(record.repairs, key=REPAIRS.index))
    return record


def read_behaviour(reader: Reader, behaviour: Value, row: Row) -> list[Label]:
    """One label for each behaviour entry; one in all where there is none."""
    behaviour = reader.object_or_null(behaviour, "behaviour")
    labels: list[Label] = []
    for platform in behaviour.members:
        if platform.value.kind == "object":
            for behaviour_type in platform.value.members:
                labels += read_entries(reader, platform, behaviour_type, row)
        elif platform.value.kind == "array":
            reader.repairs.add("platform_missing")
            labels += read_entries(reader, None, platform, row)
        elif platform.value.kind != "null":
            raise Rejected("behaviour_not_object")
    if not labels:
        empty = row.copy()
        empty.put("platform", b"null")
        empty.put("behaviour_type", b"null")
        labels.append(Label(empty.text(), None, None, None))
    return labels


def read_entries(reader: Reader, platform: Member | None, behaviour_type: Member, row: Row) -> list[Label]:
    """The labels of one behaviour type."""
    platform_key, platform_name = (platform.key, platform.name) if platform else (b"null", None)
    entries = behaviour_type.value.items
    if behaviour_type.value.kind not in ("array", "null"):
        reader.repairs.add("entry_not_in_list")
        entries = [behaviour_type.value]
    labels = []
    for entry in entries:
        label = row.copy()
        label.put("platform", platform_key)
        label.put("behaviour_type", behaviour_type.key)
        members = entry.members
        if entry.kind != "object":
            members = [Member(b'"value"', "value", entry)]
        label.put_all(members, "entry_", members)
        labels.append(Label(label.text(), platform_name, behaviour_type.name, entry_timestamp(entry)))
    return labels


def entry_timestamp(entry: Value) -> float | None:
    """The first `timestamp` of an entry, where it is a number."""
    for member in entry.members:
        if member.name == "timestamp":
            return float(member.value.token) if member.value.kind == "number" else None
    return None


def read_predictions(reader: Reader, prediction: Value, row: Row) -> list[Prediction]:
    """One row for each prediction; one in all where there is none."""
    elements = [prediction]
    if prediction.kind == "array":
        reader.repairs.add("prediction_list")
        elements = prediction.items or [NULL]
    return [read_prediction(reader, element, row) for element in elements]


def read_prediction(reader: Reader, element: Value, row: Row) -> Prediction:
    element = reader.object_or_null(element, "prediction")
    fields: list[Member] = []
    read: dict[str, Value] = {name: NULL for name in PREDICTION_NAMES}
    for name, member in reader.canonical_fields(element.members, PREDICTION_NAMES):
        fields.append(member)
        if name != "model_name":
            read[name] = reader.measure(member.value, name)
        elif member.value.kind in ("string", "null"):
            read[name] = member.value
        else:
            raise Rejected("model_name_not_string")
    flat = row.copy()
    for name in PREDICTION_NAMES:
        flat.put(name, read[name].token)
    extra = [m for m in element.members if all(m is not one for one in fields)]
    flat.put_all(extra, "prediction_", element.members)
    model, score, confidence = (read[name] for name in PREDICTION_NAMES)
    return Prediction(
        flat.text(),
        model.text if model.kind == "string" else None,
        None if score.kind == "null" else float(score.token),
        None if confidence.kind == "null" else float(confidence.token),
    )


# ------------------------------------------------------------------ verdict

class Verdict:
    """Every number that the report must show."""

    def __init__(self, data: dict[str, list[Record]], recipe: Recipe):
        self.data = data
        self.recipe = recipe
        self.sessions = {record.session for record in data["collections"]} - {None}

    def per_dataset(self, count) -> dict:
        return {dataset: count(self.data[dataset]) for dataset in PAYLOAD_NAMES}

    def missing_ids(self) -> dict:
        return self.per_dataset(lambda records: {
            name: sum(record.ids[name] is None for record in records) for name in ID_NAMES})

    def lines_without_profile_or_session(self) -> dict:
        return self.per_dataset(lambda records: sum(record.session is None for record in records))

    def duplicate_ids(self) -> dict:
        def count(records: list[Record]) -> dict[str, int]:
            profiles = defaultdict(set)
            for record in records:
                if record.session is not None:
                    profiles[record.session[1]].add(record.session[0])
            return {session: len(of) for session, of in sorted(profiles.items()) if len(of) > 1}
        return self.per_dataset(count)

    def unmatched_sessions(self) -> dict:
        seen = self.per_dataset(
            lambda records: {record.ids["session_id"] for record in records} - {None})
        result = {}
        for here, there in (("collections", "predictions"), ("predictions", "collections")):
            alone = seen[here] - seen[there]
            rows = sum(len(r.rows) for r in self.data[here] if r.ids["session_id"] in alone)
            result[here] = {"sessions": len(alone), "rows": rows}
        return result

    def missing_types(self) -> dict:
        labels = [row for record in self.data["collections"] for row in record.rows]
        predictions = [row for record in self.data["predictions"] for row in record.rows]
        return {"labels": sum(is_missing(row.behaviour_type) for row in labels),
                "predictions": sum(is_missing(row.model) for row in predictions)}

    def repairs(self) -> dict:
        return self.per_dataset(lambda records: dict(sorted(
            Counter(name for record in records for name in record.repairs).items())))

    def out_of_range(self) -> dict:
        def outside(value: float | None) -> bool:
            return value is not None and not 0.0 <= value <= 1.0
        rows = [row for record in self.data["predictions"] for row in record.rows]
        return {"score": sum(outside(row.score) for row in rows),
                "confidence": sum(outside(row.confidence) for row in rows),
                "rows": sum(outside(row.score) or outside(row.confidence) for row in rows)}

    def times(self) -> dict:
        early = sum(
            record.timestamp is not None and row.timestamp is not None
            and row.timestamp < record.timestamp
            for record in self.data["collections"] for row in record.rows)
        outside = self.per_dataset(lambda records: sum(
            record.timestamp is not None and not YEAR_2000 <= record.timestamp <= YEAR_2100
            for record in records))
        return {"entries_before_collection": early, "metadata_outside_2000_2100": outside}

    def nothing_recognised(self) -> dict:
        def count(records: list[Record]) -> dict[str, int]:
            lost = [record for record in records if not record.recognised]
            return {"lines": len(lost), "with_the_other": sum(r.has_the_other for r in lost)}
        return self.per_dataset(count)

    def without_profile_or_session(self) -> dict:
        return self.per_dataset(lambda records: {
            "lines": sum(record.session is None for record in records),
            "rows": sum(len(record.rows) for record in records if record.session is None)})

    def predictions_of_unknown_sessions(self) -> int:
        return sum(len(record.rows) for record in self.data["predictions"]
                   if record.session is not None and record.session not in self.sessions)

    def fields_not_carried(self) -> dict:
        def count(records: list[Record]) -> dict[str, int]:
            counts = Counter(name for record in records for name in record.not_carried)
            names = sorted(counts, key=lambda name: name.encode("utf-8", "surrogatepass"))
            listed = {name: counts[name] for name in names[:FIELD_NAMES_LISTED]}
            rest = sum(counts[name] for name in names[FIELD_NAMES_LISTED:])
            return {**listed, **({"other": rest} if rest else {})}
        return self.per_dataset(count)

    def carry_not_found(self) -> dict:
        return self.per_dataset(lambda records: [
            name for name in self.recipe.carry if all(name not in r.had for r in records)])


DEFAULT_CHECKS = {
    "rejected_lines": {"severity": "fail", "fail_above": "5%"},
    "missing_ids": {"severity": "fail", "fail_above": "50%"},
    "nothing_recognised": {"severity": "fail", "fail_above": "50%"},
    "unusable_files": {"severity": "fail", "fail_above": 0},
}


@dataclass
class Size:
    """A number of lines that are not blank, and their bytes without line ends."""

    lines: int = 0
    bytes: int = 0


def failed_checks(checks: dict, sizes: dict[str, Size], without_ids: dict, recipe: Recipe) -> list[str]:
    """The checks of severity `fail` whose count exceeds `fail_above` in a dataset."""
    counts = {
        "missing_ids": {d: sum(n.values()) for d, n in checks["1_missing_ids"].items()},
        "duplicate_ids": {d: len(n) for d, n in checks["2_duplicate_ids"].items()},
        "unmatched_sessions": {
            d: n["sessions"] for d, n in checks["3_sessions_missing_on_the_other_side"].items()},
        "missing_types": {"collections": checks["4_missing_types"]["labels"],
                          "predictions": checks["4_missing_types"]["predictions"]},
        "rejected_lines": {d: sum(n.values()) for d, n in checks["5_rejected"].items()},
        "repairs": {d: sum(n.values()) for d, n in checks["6_repairs_lines"].items()},
        "repeated_lines": checks["7_repeated_lines"],
        "range": {"predictions": checks["8_range"]["rows"]},
        "time": dict(checks["9_time"]["metadata_outside_2000_2100"]),
        "unusable_files": {d: len(n) for d, n in checks["10_unusable_files"].items()},
        "nothing_recognised": {d: n["lines"] for d, n in checks["11_nothing_recognised"].items()},
    }
    counts["time"]["collections"] += checks["9_time"]["entries_before_collection"]
    settings = dict(DEFAULT_CHECKS)
    for name, given in recipe.checks.items():
        implied = {"severity": "fail"} if "fail_above" in given else {}
        settings[name] = {**settings.get(name, {}), **implied, **given}
    failed = []
    for name, setting in settings.items():
        if setting.get("severity", "warn") != "fail":
            continue
        fail_above = str(setting.get("fail_above", 0))
        for dataset, count in counts[name].items():
            if fail_above.endswith("%") and name == "missing_ids":
                count = without_ids[dataset]
            too_many = count > threshold(fail_above, sizes[dataset].lines)
            if fail_above.endswith("%") and name == "rejected_lines":
                rejected = checks["5_rejected_bytes"][dataset]
                too_many |= rejected > threshold(fail_above, sizes[dataset].bytes)
            if too_many:
                failed.append(f"{name} in {dataset}")
    return failed


def threshold(fail_above: str, whole: int) -> Fraction:
    """A threshold as a number; `"5%"` is a share of the whole."""
    if fail_above.endswith("%"):
        return Fraction(fail_above[:-1].strip()) * whole / 100
    return Fraction(fail_above)


# ---------------------------------------------------------------------- run

class Run:
    """A whole run in memory: `read` the inputs, then `write` what they give."""

    def __init__(self, recipe: Recipe):
        self.recipe = recipe
        self.data: dict[str, list[Record]] = {dataset: [] for dataset in PAYLOAD_NAMES}
        self.rejected: dict[str, list[tuple[Line, str]]] = {d: [] for d in PAYLOAD_NAMES}
        self.files: list[dict] = []
        self.sizes = {dataset: Size() for dataset in PAYLOAD_NAMES}
        self.repeated = Counter({dataset: 0 for dataset in PAYLOAD_NAMES})
        self.passed_over: dict[str, list[str]] = {dataset: [] for dataset in PAYLOAD_NAMES}
        self.differing: dict[str, list[str]] = {dataset: [] for dataset in PAYLOAD_NAMES}
        self.unusable: dict[str, dict[str, str | None]] = {dataset: {} for dataset in PAYLOAD_NAMES}

    def read(self, dataset: str, arguments: list[str]) -> None:
        """Read every input file of a dataset."""
        seen: set[bytes] = set()
        found = input_files.find(arguments)
        self.passed_over[dataset] = found.passed_over
        for file in found.files:
            self.read_file(dataset, file, seen)

    def read_file(self, dataset: str, file: InputFile, seen: set[bytes]) -> None:
        data, compression = input_files.decompressed(file.path)
        framing = self.recipe.framing[dataset]
        if framing == "auto":
            framing = input_files.framing_of(data, self.recipe.depth_limit)
        cut = input_files.cut_values if framing == "values" else input_files.cut_lines
        counts = {"lines": 0, "blank": 0, "accepted": 0, "rejected": 0}
        for line in cut(dataset, file.name, data):
            outcome = self.read_line(line)
            counts["lines"] += 1
            counts[outcome] += 1
            if outcome != "blank":
                self.sizes[dataset].lines += 1
                self.sizes[dataset].bytes += len(line.raw)
            if outcome == "accepted":
                self.repeated[dataset] += line.raw in seen
                seen.add(line.raw)
        self.files.append({"dataset": dataset, "file": file.name, "compression": compression,
                           "framing": framing, **counts})
        if compression != input_files.compression_of_name(file.name) and os.path.getsize(file.path):
            self.differing[dataset].append(file.name)
        if counts["rejected"] and not counts["accepted"]:
            self.unusable[dataset][file.name] = input_files.looks_like(data)

    def read_line(self, line: Line) -> str:
        """Sort a line into accepted, rejected or blank."""
        try:
            if len(line.raw) > self.recipe.line_limit:
                raise Rejected("line_too_long")
            if not non_blank(line):
                return "blank"
            self.data[line.dataset].append(read_line(line, self.recipe))
            return "accepted"
        except Rejected as rejection:
            self.rejected[line.dataset].append((line, rejection.reason))
            return "rejected"

    def write(self, output: Path) -> None:
        """Write the rows, the aggregates, the quarantine and the verdict."""
        folders = {"collections": "labels", "predictions": "predictions"}
        for dataset, folder in folders.items():
            partitions = defaultdict(list)
            for record in self.data[dataset]:
                partitions[record.partition] += [row.row for row in record.rows]
            for partition, rows in partitions.items():
                write(output / folder / partition / f"{dataset}.jsonl", b"".join(rows))
            if self.rejected[dataset]:
                lines = [quarantine_line(line, reason) for line, reason in self.rejected[dataset]]
                write(output / "quarantine" / f"{dataset}.jsonl", b"".join(lines))
        write(output / "aggregated-json" / "part-00000.json",
              b"".join(aggregates.session_rows(self.sessions(), self.data, self.recipe.columns)))
        write(output / "aggregated-models" / "rows.json", b"".join(self.model_rows()))
        verdict = json.dumps(self.verdict(), indent=1)
        write(output / "verdict.json", verdict.encode() + b"\n")

    def sessions(self) -> set[tuple[str, str]]:
        """The sessions that get a row of aggregates."""
        datasets = PAYLOAD_NAMES if self.recipe.all_sessions else ["collections"]
        return {record.session for dataset in datasets for record in self.data[dataset]} - {None}

    def model_rows(self) -> list[bytes]:
        return aggregates.model_rows(self.sessions(), self.data["predictions"])

    def totals(self) -> dict:
        totals = {}
        for dataset in PAYLOAD_NAMES:
            files = [file for file in self.files if file["dataset"] == dataset]
            totals[dataset] = {
                what: sum(file[what] for file in files)
                for what in ("lines", "accepted", "rejected", "blank")}
        return totals

    def verdict(self) -> dict:
        verdict = Verdict(self.data, self.recipe)
        rejected = {dataset: dict(sorted(Counter(reason for _, reason in lines).items()))
                    for dataset, lines in self.rejected.items()}
        checks = {
            "1_missing_ids": verdict.missing_ids(),
            "2_duplicate_ids": verdict.duplicate_ids(),
            "3_sessions_missing_on_the_other_side": verdict.unmatched_sessions(),
            "4_missing_types": verdict.missing_types(),
            "5_rejected": rejected,
            "5_rejected_bytes": {dataset: sum(len(line.raw) for line, _ in lines)
                                 for dataset, lines in self.rejected.items()},
            "6_repairs_lines": verdict.repairs(),
            "7_repeated_lines": dict(self.repeated),
            "8_range": verdict.out_of_range(),
            "9_time": verdict.times(),
            "10_unusable_files": self.unusable,
            "11_nothing_recognised": verdict.nothing_recognised(),
        }
        folders = {"labels": "collections", "predictions": "predictions"}
        failed = failed_checks(
            checks, self.sizes, verdict.lines_without_profile_or_session(), self.recipe)
        return {
            "files": self.files,
            "totals": self.totals(),
            "rows": {**{folder: sum(len(record.rows) for record in self.data[dataset])
                        for folder, dataset in folders.items()},
                     "sessions": len(self.sessions()),
                     "models": len(self.model_rows())},
            "columns": {column.name: column.type for column in self.recipe.columns},
            "partitions": {folder: len({record.partition for record in self.data[dataset]})
                           for folder, dataset in folders.items()},
            "fields_not_carried": verdict.fields_not_carried(),
            "carry_not_found": verdict.carry_not_found(),
            "hints": hints.of_run(self.data, verdict.carry_not_found()),
            "passed_over": {dataset: {"files": len(names), "names": names[:PASSED_OVER_LISTED]}
                            for dataset, names in self.passed_over.items()},
            "name_and_content_differ": self.differing,
            "without_profile_or_session": verdict.without_profile_or_session(),
            "predictions_of_unknown_sessions": verdict.predictions_of_unknown_sessions(),
            "exit": 5 if failed else 0,
            "checks": checks,
        }


def quarantine_line(line: Line, reason: str) -> bytes:
    """One JSON object of the quarantine."""
    too_long = reason == "line_too_long"
    kept = line.raw[:KEPT_OF_LONG_LINE] if too_long else line.raw
    entry = {
        "inputs_id": "reference", "dataset": line.dataset, "file": line.file,
        "line": line.number, "offset": line.offset, "reason": reason, "message": "",
    }
    if is_utf8(kept) and len(quote(kept.decode("utf-8"))) - 2 <= 2 * len(kept):
        entry["raw"] = kept.decode("utf-8")
    else:
        entry["raw_base64"] = base64.b64encode(kept).decode("ascii")
    if too_long:
        entry["truncated"] = True
        entry["length"] = len(line.raw)
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogateescape") + b"\n"


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--collections", nargs="+", action="extend", default=[], metavar="F")
    parser.add_argument("--predictions", nargs="+", action="extend", default=[], metavar="F")
    parser.add_argument("--recipe", metavar="R")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR")
    arguments = parser.parse_args()
    sys.setrecursionlimit(100_000)
    recipe = Recipe.load(arguments.recipe)
    run = Run(recipe)
    run.read("collections", arguments.collections or recipe.inputs["collections"])
    run.read("predictions", arguments.predictions or recipe.inputs["predictions"])
    run.write(arguments.output)


if __name__ == "__main__":
    main()
