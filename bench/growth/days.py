"""Days of data for an output that grows: the first touches every profile, each later one its share of them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

FIRST_SECOND = 1_746_057_600  # 2025-05-01
DAY = 86_400
LATE = 0.05  # of a day's lines belong to a session of the day before


@dataclass(frozen=True)
class Shape:
    """How the data of a benchmark are spread."""

    name: str
    profiles: int
    touched: float      # share of the profiles that a day's lines are about
    lines: int          # of each data set, a day
    days: int = 30
    entries: int = 12   # keystrokes of a collection


SHAPES = {shape.name: shape for shape in (
    Shape("thousand-all", 1_000, 1.0, 10_000),
    Shape("thousand-few", 1_000, 0.01, 10_000),
    Shape("many-few", 100_000, 0.01, 20_000),
    Shape("many-all", 100_000, 1.0, 100_000),
)}


def write_day(folder: Path, shape: Shape, day: int) -> tuple[Path, Path]:
    """One file of each data set; returns both paths."""
    rng = random.Random(f"{shape.name} {day}")
    count = round(shape.profiles * shape.touched)
    first = (day - 1) * count % shape.profiles
    profiles = range(shape.profiles) if day == 1 else [(first + i) % shape.profiles for i in range(count)]
    lines = max(shape.lines, len(profiles))
    collections, predictions = [], []
    for number in range(lines):
        profile = profiles[number % len(profiles)]
        of_day = day - 1 if day > 1 and rng.random() < LATE else day
        metadata = {"profile_id": f"p{profile:06}", "session_id": f"p{profile:06}-{of_day:03}-{number // len(profiles) % 5}",
                    "collection_id": f"{day:03}-{number:07}", "timestamp": (FIRST_SECOND + day * DAY + number % DAY) * 1000}
        entries = [{"timestamp": metadata["timestamp"] + 90 * i, "key_hash": f"{rng.getrandbits(40):010x}"} for i in range(shape.entries)]
        collections.append(json.dumps({"metadata": metadata, "behaviour": {"web": {"keystrokes": entries}}}, separators=(",", ":")))
        scored = {"model_name": "keystroke_model", "score": round(rng.random(), 6), "confidence": round(rng.random(), 6)}
        predictions.append(json.dumps({"metadata": metadata, "prediction": scored}, separators=(",", ":")))
    written = []
    for dataset, texts in (("collections", collections), ("predictions", predictions)):
        path = folder / dataset / f"day={day:03}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(texts) + "\n")
        written.append(path)
    return written[0], written[1]
