"""What is said of a session, and of each model in it: columns made of the session's rows.

A column takes the session's collections, labels or predictions as `Item`s, keeps those that pass
its filters, and makes one count or one double of them. The rows by model are columns too, of the
predictions of one model.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from json_text import quote

BLANK = " \t\n\r\v\f"
FUNCTIONS = ("count", "mean", "sum", "min", "max")
FILTERS = {"models", "behaviour_types", "platforms"}
WHOLE_BELOW = 2.0 ** 53


@dataclass
class Item:
    """A collection, a label or a prediction as functions and filters see it; None is null."""

    collection_id: str | None = None
    timestamp: float | None = None
    score: float | None = None
    confidence: float | None = None
    model_name: str | None = None
    platform: str | None = None
    behaviour_type: str | None = None


@dataclass
class Aggregate:
    """One column of the recipe's table `aggregates`; a filter that is None lets all through."""

    name: str
    of: str
    function: str
    field: str
    weight: str | None = None
    models: list[str] | None = None
    behaviour_types: list[str] | None = None
    platforms: list[str] | None = None
    where: str | None = None

    @classmethod
    def of_setting(cls, name: str, setting: dict) -> Aggregate:
        """A column from its line in the recipe, such as `{of: predictions, mean: score}`."""
        [function] = [key for key in setting if key in FUNCTIONS]
        rest = {key: value for key, value in setting.items() if key != function}
        for key in FILTERS & rest.keys():
            rest[key] = [rest[key]] if isinstance(rest[key], str) else rest[key]
        return cls(name, function=function, field=setting[function], **rest)

    @property
    def type(self) -> str:
        return "int64" if self.function == "count" else "double"

    def takes(self, item: Item) -> bool:
        """Whether an item passes all filters."""
        filters = ((self.models, item.model_name), (self.behaviour_types, item.behaviour_type),
                   (self.platforms, item.platform))
        if any(names is not None and value not in names for names, value in filters):
            return False
        if self.where is None:
            return True
        name, _, condition = self.where.partition(" ")
        return (getattr(item, name) is None) == {"is null": True, "is not null": False}[condition]

    def value(self, items: list[Item]) -> int | float | None:
        """The column's value; `items` are those of one session that the column is `of`."""
        items = [item for item in items if self.takes(item)]
        if self.function == "count":
            return len(items) if self.field == "rows" else len({item.collection_id for item in items} - {None})
        if self.weight is not None:
            return weighted_mean([(getattr(item, self.field), getattr(item, self.weight)) for item in items])
        doubles = [double for item in items if (double := getattr(item, self.field)) is not None]
        if not doubles:
            return None
        if self.function == "mean":
            return quotient(exact_sum(doubles), float(len(doubles)))
        return {"sum": exact_sum, "min": least, "max": greatest}[self.function](doubles)

    def text(self, value: int | float | None) -> bytes:
        """The value in `aggregated-json`."""
        is_time = self.field == "timestamp" and self.function in ("min", "max")
        if is_time and value is not None and value.is_integer() and abs(value) < WHOLE_BELOW:
            return repr(value).removesuffix(".0").encode()  # repr has no exponent below 2^53
        return b"null" if value is None else repr(value).encode()


def usual_columns(swipe: list[str], keystroke: list[str]) -> list[Aggregate]:
    """The columns of a recipe without a table."""
    return [
        Aggregate("number_of_collections", "collections", "count", "collection_id"),
        Aggregate("weighted_mean_model_score", "predictions", "mean", "score", weight="confidence"),
        Aggregate("mean_swipe_score", "predictions", "mean", "score", models=swipe),
        Aggregate("failed_keystroke_predictions", "predictions", "count", "rows", models=keystroke,
               where="score is null"),
    ]


MODEL_COLUMNS = [
    Aggregate("predictions", "predictions", "count", "rows"),
    Aggregate("scored", "predictions", "count", "rows", where="score is not null"),
    Aggregate("failed", "predictions", "count", "rows", where="score is null"),
    Aggregate("mean_score", "predictions", "mean", "score"),
    Aggregate("weighted_mean_score", "predictions", "mean", "score", weight="confidence"),
    Aggregate("min_score", "predictions", "min", "score"),
    Aggregate("max_score", "predictions", "max", "score"),
]


# --------------------------------------------------------------------- rows

def session_rows(sessions: set[tuple[str, str]], data: dict[str, list], columns: list[Aggregate]) -> list[bytes]:
    """The rows of `aggregated-json`: one a session, sorted bytewise."""
    items = {"collections": by_session(data["collections"], items_of_collection),
             "labels": by_session(data["collections"], items_of_labels),
             "predictions": by_session(data["predictions"], items_of_predictions)}
    rows = []
    for profile, session in sorted(sessions, key=bytewise):
        ids = [(b'"profile_id"', quote(profile)), (b'"session_id"', quote(session))]
        values = [(quote(column.name), column.text(column.value(items[column.of].get((profile, session), []))))
                  for column in columns]
        rows.append(json_row(ids + values))
    return rows


def model_rows(sessions: set[tuple[str, str]], predictions: list) -> list[bytes]:
    """The rows of `aggregated-models`: one a session and model, sorted bytewise, the missing model first."""
    items = by_session(predictions, items_of_predictions)
    rows = []
    for session in sorted(sessions & items.keys(), key=bytewise):
        models = defaultdict(list)
        for item in items[session]:
            models[name_of_model(item.model_name)].append(item)
        for model in sorted(models, key=lambda name: b"" if name is None else name.encode()):
            names = [(b'"profile_id"', quote(session[0])), (b'"session_id"', quote(session[1])),
                     (b'"model_name"', b"null" if model is None else quote(model))]
            rows.append(json_row(names + [(quote(column.name), column.text(column.value(models[model])))
                                          for column in MODEL_COLUMNS]))
    return rows


def json_row(members: list[tuple[bytes, bytes]]) -> bytes:
    return b"{" + b",".join(name + b":" + value for name, value in members) + b"}\n"


def bytewise(session: tuple[str, str]) -> tuple[bytes, bytes]:
    return session[0].encode(), session[1].encode()


def name_of_model(name: str | None) -> str | None:
    """A model's name in its row: None where it is missing, without lone surrogates."""
    if name is None or name.strip(BLANK) == "":
        return None
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in name)


# -------------------------------------------------------------------- items

def by_session(records: list, items_of) -> dict[tuple[str, str], list[Item]]:
    """The items of each session; records without a profile or a session are in none."""
    groups = defaultdict(list)
    for record in records:
        if record.session is not None:
            groups[record.session] += items_of(record)
    return groups


def items_of_collection(record) -> list[Item]:
    return [Item(record.ids["collection_id"], finite(record.timestamp))]


def items_of_labels(record) -> list[Item]:
    """The labels, each with its entry's own timestamp."""
    return [Item(record.ids["collection_id"], finite(row.timestamp),
                 platform=row.platform, behaviour_type=row.behaviour_type) for row in record.rows]


def items_of_predictions(record) -> list[Item]:
    return [Item(record.ids["collection_id"], finite(record.timestamp),
                 row.score, row.confidence, row.model) for row in record.rows]


# ------------------------------------------------------------------ numbers

def finite(double: float | None) -> float | None:
    """A timestamp that is no finite double counts as absent."""
    return double if double is not None and math.isfinite(double) else None


def weighted_mean(pairs: list[tuple[float | None, float | None]]) -> float | None:
    """The mean of (value, weight) where both are present."""
    both = [(value, weight) for value, weight in pairs if value is not None and weight is not None]
    return quotient(exact_sum(value * weight for value, weight in both), exact_sum(weight for _, weight in both))


def exact_sum(doubles) -> float | None:
    """The correctly rounded sum, 0.0 where it is zero; None where it is not finite."""
    doubles = list(doubles)
    if not all(map(math.isfinite, doubles)):
        return None
    try:
        return float(sum(map(Fraction, doubles), Fraction(0)))
    except OverflowError:
        return None


def quotient(upper: float | None, lower: float | None) -> float | None:
    if upper is None or lower is None or lower == 0.0:
        return None
    return finite(upper / lower)


def least(doubles: list[float]) -> float:
    """The least of some doubles; -0.0 is below 0.0."""
    return min(doubles, key=lambda double: (double, math.copysign(1.0, double)))


def greatest(doubles: list[float]) -> float:
    """The greatest of some doubles; 0.0 is above -0.0."""
    return max(doubles, key=lambda double: (double, math.copysign(1.0, double)))
