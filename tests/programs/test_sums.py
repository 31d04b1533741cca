"""The session aggregates against Python's own arithmetic: not one bit may differ."""

import json
import math
import random
import struct
from fractions import Fraction

import pyarrow.parquet
import pytest
from command import OK
from lines import collection, compact, metadata, write_lines
from outputs import aggregates

LARGEST = 1.7976931348623157e308
SMALLEST = 5e-324
NASTY = [0.0, -0.0, 1.0, -1.0, 0.1, 1 / 3, SMALLEST, -SMALLEST, 2.2250738585072014e-308, LARGEST, -LARGEST, 1e300, -1e300,
         1e-300, 1e16, 1e-16, 2.0 ** 53, 2.0 ** 53 + 2, 2.0 ** -53, 1 + 2.0 ** -52, 1e22, 1e23, 9007199254740993.0]


def exact_sum(values):
    """Their correctly rounded sum, without overflow on the way; None where it is not finite."""
    try:
        return finite(math.fsum(values))
    except (OverflowError, ValueError):  # on the way, or infinities of both signs
        if not all(map(math.isfinite, values)):
            return None
    try:
        return float(sum(map(Fraction, values)))
    except OverflowError:
        return None


def finite(value):
    return value if value is not None and math.isfinite(value) else None


def weighted_mean(pairs):
    both = [(score, confidence) for score, confidence in pairs if score is not None and confidence is not None]
    products = exact_sum([score * confidence for score, confidence in both])
    weights = exact_sum([confidence for _, confidence in both])
    return None if products is None or not weights else finite(products / weights)


def mean(scores):
    total = exact_sum(scores)
    return None if total is None or not scores else finite(total / len(scores))


def any_double(rng):
    while True:
        [value] = struct.unpack("<d", rng.randbytes(8))
        if math.isfinite(value):
            return value


DRAWS = {
    "usual": lambda rng: rng.random(),
    "signed": lambda rng: rng.uniform(-1, 1),
    "any": any_double,
    "nasty": lambda rng: rng.choice(NASTY),
    "cancelling": lambda rng: rng.choice((1, -1)) * rng.choice((1e16, 1.0, 1e-16, 1e300, 1e-300)),
    "huge": lambda rng: rng.choice((1, -1)) * rng.uniform(0.5, 1) * LARGEST,
    "tiny": lambda rng: rng.choice((1, -1)) * rng.randrange(5) * SMALLEST,
    "whole": lambda rng: float(rng.randrange(-10, 10)),
    "halves": lambda rng: 1 + rng.choice((0, 2.0 ** -53, 2.0 ** -54, 2.0 ** -105, -(2.0 ** -54))),
}


def draw_sessions(draw, rng, count):
    """Sessions of one to forty (model, score, confidence), some of them null."""
    def value():
        return None if rng.random() < 0.1 else draw(rng)
    return [[(rng.choice(("swipe_model", "keystroke_model", "keystrokes_model", "other")), value(), value())
             for _ in range(rng.randrange(1, 40))] for _ in range(count)]


def spelled(value, rng) -> str:
    """A number that Python reads as this value, spelled in one way or another."""
    if value is None:
        return "null"
    if rng.random() < 0.2 and value == int(value) and abs(value) < 1e300:
        return ("-" if math.copysign(1, value) < 0 and value == 0 else "") + str(int(value))
    return rng.choice((repr(value), f"{value:.17g}", f"{value:.30e}"))


def write_sessions(folder, sessions, rng):
    collections = [collection("p", f"s{n:05}", f"c{n}", 0) for n in range(len(sessions))]
    predictions = []
    for number, session in enumerate(sessions):
        head = compact(metadata("p", f"s{number:05}"))
        predictions += [f'{{"metadata":{head},"prediction":{{"model_name":"{model}","score":{spelled(score, rng)},'
                        f'"confidence":{spelled(confidence, rng)}}}}}' for model, score, confidence in session]
    rng.shuffle(predictions)
    return write_lines(folder / "c.jsonl", collections), write_lines(folder / "p.jsonl", predictions)


def bits(value):
    """The value such that 0.0 and -0.0 differ."""
    return None if value is None else struct.pack(">d", value).hex()


@pytest.mark.parametrize("draw", DRAWS)
def test_sums_are_those_of_python(gristmill, tmp_path, draw):
    rng = random.Random(draw)
    sessions = draw_sessions(DRAWS[draw], rng, 300)
    gristmill.run(*write_sessions(tmp_path, sessions, rng), "out").must(OK)
    rows = aggregates(tmp_path / "out")
    assert len(rows) == len(sessions)
    for session, row in zip(sessions, rows):
        swipes = [score for model, score, _ in session if model == "swipe_model" and score is not None]
        weighted = weighted_mean([(score, confidence) for _, score, confidence in session])
        assert bits(row["weighted_mean_model_score"]) == bits(weighted), session
        assert bits(row["mean_swipe_score"]) == bits(mean(swipes)), session
        assert row["failed_keystroke_predictions"] == sum(
            model in ("keystroke_model", "keystrokes_model") and score is None for model, score, _ in session)
    table = pyarrow.parquet.read_table(tmp_path / "out/aggregated-result/data.parquet")
    for name in ("weighted_mean_model_score", "mean_swipe_score"):
        assert [bits(value) for value in table[name].to_pylist()] == [bits(row[name]) for row in rows]


def test_doubles_are_written_as_python_writes_them(gristmill, tmp_path):
    rng = random.Random(10)
    values = NASTY + [any_double(rng) for _ in range(2000)] + [10.0 ** n for n in range(-30, 30)]
    values += [rng.random() * 10.0 ** rng.randrange(-8, 20) for _ in range(1000)]
    sessions = [[("swipe_model", value, None)] for value in values]
    gristmill.run(*write_sessions(tmp_path, sessions, rng), "out").must(OK)
    text = (tmp_path / "out/aggregated-json/part-00000.json").read_text()
    found = [line.split('"mean_swipe_score":')[1].split(",")[0] for line in text.splitlines()]
    assert found == [repr(value + 0.0) for value in values]


@pytest.mark.parametrize("pairs, expected", [
    ([(0.5, 0.0)], None),
    ([(0.5, 1.0), (0.5, -1.0)], None),
    ([(LARGEST, 1.0), (LARGEST, 1.0)], None),
    ([(LARGEST, 1.0), (LARGEST, 1.0), (-LARGEST, 1.0)], LARGEST / 3),
    ([(LARGEST, 2.0)], None),
    ([(0.1, 1.0)] * 10, 0.1),
    ([(1e16, 1.0), (1.0, 1.0), (-1e16, 1.0)], 1 / 3),
    ([(None, 0.5), (0.5, None)], None),
    ([(SMALLEST, 0.5)], 0.0),
    ([(0.0, -1.0)], -0.0),
])
def test_edges_of_the_weighted_mean(gristmill, tmp_path, pairs, expected):
    sessions = [[("other", score, confidence) for score, confidence in pairs]]
    assert bits(weighted_mean(pairs)) == bits(expected)
    gristmill.run(*write_sessions(tmp_path, sessions, random.Random(1)), "out").must(OK)
    assert bits(aggregates(tmp_path / "out")[0]["weighted_mean_model_score"]) == bits(expected)


def test_a_hundred_thousand_predictions_of_one_session_in_any_split(gristmill, tmp_path):
    rng = random.Random(5)
    sessions = [[("swipe_model", DRAWS["cancelling"](rng), rng.random()) for _ in range(100_000)]]
    inputs = write_sessions(tmp_path, sessions, rng)
    scores = [score for _, score, _ in sessions[0]]
    for words in (["--threads", 1], ["--threads", 5, "--memory", "1MiB"]):
        gristmill.run(*inputs, "out", *words).must(OK)
        [row] = aggregates(tmp_path / "out")
        assert bits(row["mean_swipe_score"]) == bits(mean(scores))
        assert bits(row["weighted_mean_model_score"]) == bits(weighted_mean([each[1:] for each in sessions[0]]))
