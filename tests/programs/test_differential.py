"""Hostile inputs: the engine against the reference, and the engine's JSON against Python's."""

import contextlib
import io
import json
import random
import sys

import compare
import hostile
import pytest
import reference
from command import CHECKS, OK
from lines import collection, compact, metadata, prediction, write_lines
from outputs import quarantine


# ---- the reference

def refer(recipe_path, inputs, output):
    """Runs the reference in this process."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        run = reference.Run(reference.Recipe.load(recipe_path))
        for dataset, path in zip(("collections", "predictions"), inputs):
            run.read(dataset, [str(path)])
        run.write(output)
    finally:
        sys.setrecursionlimit(limit)


def differs(expected, actual) -> str:
    """What `compare.py` says of two outputs; empty where they agree."""
    found = compare.Differences()
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        for folder in ("labels", "predictions"):
            compare.compare_partitions(expected, actual, folder, found)
        compare.compare_aggregates(expected, actual, found)
        compare.compare_quarantine(expected, actual, found)
        compare.compare_verdict(expected, actual, found)
    return text.getvalue() if found.count else ""


def run_both(gristmill, folder, seed, lines, hooks=None):
    rng = random.Random(seed)
    recipe = hostile.make_recipe(rng) if seed % 3 else {}
    (folder / "recipe.yaml").write_text(json.dumps(recipe, ensure_ascii=False))
    inputs = [folder / "collections.jsonl", folder / "predictions.jsonl"]
    for path in inputs:
        path.write_bytes(hostile.make_file(rng, hostile.LineMaker(rng, path.stem, recipe), lines))
    refer(str(folder / "recipe.yaml"), inputs, folder / "reference")
    words = ["--recipe", folder / "recipe.yaml", "--threads", 1 + seed % 3]
    gristmill.run(*inputs, folder / "out", *words, "--publish-anyway", hooks=hooks).must(OK)
    assert differs(folder / "reference", folder / "out") == ""
    verdict = json.loads((folder / "reference/verdict.json").read_text())
    validated = gristmill("validate", "--collections", inputs[0], "--predictions", inputs[1], *words)
    assert validated.code == verdict["exit"] and validated.code in (OK, CHECKS)


@pytest.mark.parametrize("seed", range(12))
def test_engine_against_reference(gristmill, tmp_path, seed):
    run_both(gristmill, tmp_path, seed, 150)


@pytest.mark.parametrize("seed", range(100, 104))
def test_engine_against_reference_without_the_fast_path(gristmill, tmp_path, seed):
    run_both(gristmill, tmp_path, seed, 150, {"NO_FAST_PATH": 1})


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_engine_against_reference_at_length(gristmill, tmp_path, block):
    for seed in range(1000 + block * 10, 1010 + block * 10):
        folder = tmp_path / str(seed)
        folder.mkdir()
        run_both(gristmill, folder, seed, 600)


CANONICAL = {
    "collections": collection("p1", "s1", "c1", entries=2),
    "predictions": prediction("p1", "s1", "c1", score=0.25, confidence=1),
}


def small_faults(line: str, tricky: bytes) -> list[bytes]:
    """The line with one byte replaced, put in, taken out or doubled, cut off, and with something behind it."""
    whole = line.encode()
    out = [whole + tail for tail in (b"}", b"]", b",", b"x", b" ", b"\t", b"{}", b" {}", b"\x00", b"\xff", whole, b"\r", b"\r\r")]
    for at in range(len(whole)):
        out += [whole[:at], whole[:at] + whole[at + 1:], whole[:at + 1] + whole[at:]]
        for byte in tricky:
            out += [whole[:at] + bytes([byte]) + whole[at + 1:], whole[:at] + bytes([byte]) + whole[at:]]
    return out


@pytest.mark.parametrize("spaced", [False, True])
def test_every_small_fault_of_a_canonical_line(gristmill, tmp_path, spaced):
    inputs = []
    for dataset, line in CANONICAL.items():
        if spaced:
            line = line.replace('":', '": ').replace(',"', ', "').replace(",{", ", {")
        inputs.append(write_lines(tmp_path / f"{dataset}.jsonl", small_faults(line, b'"\\}, 0e\xc3')))
    refer(None, inputs, tmp_path / "reference")
    gristmill.run(*inputs, "out", "--publish-anyway").must(OK)
    assert differs(tmp_path / "reference", tmp_path / "out") == ""


# ---- Python's json

CHARACTERS = ["a", "é", "😀", "\u2028", "\x7f", "\ufeff", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", "\\ud800",
              "\\udc00x", "\\u0000", "\\b\\f\\n\\r\\t"]
BAD_CHARACTERS = ["\t", "\x00", "\x1f", "\\x", "\\u12", "\\u12G4", "\\", "\\'", "\\U0041", "\"", "\x01"]
NUMBERS = ["0", "-0", "1", "-1", "10", "1.5", "-0.0", "1e5", "1E+5", "1e-5", "0.1e1", "123456789012345678901234567890", "1e999",
           "4.9e-324", "0e0"]
BAD_NUMBERS = ["01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "--1", "1_0", "00", "-01", "1.e5", "1 2", "١", "1.5.5", "Inf",
               "nan", "-NaN", "+Infinity", "infinity"]
WORDS = ["true", "false", "null", "NaN", "Infinity", "-Infinity"]
BAD_WORDS = ["True", "nul", "nulll", "truefalse", "undefined", "None", "TRUE", "tru e", "'a'", "a", "/*x*/1", "1//", "1#", ""]
SPACES = ["", "", "", " ", "\t", "\r", "  "]
BAD_SPACES = ["\x0b", "\x0c", "\xa0", "\u2028", "\ufeff", "\x00", "\x85"]
BAD_BYTES = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82", b"\xf5\x80\x80\x80", b"\x80", b"\xf0\x9f\x98"]


class Values:
    """Draws JSON values as text, each part of which may go wrong."""

    def __init__(self, rng, odd):
        self.rng, self.odd = rng, odd

    def pick(self, good, bad):
        return self.rng.choice(bad if self.rng.random() < self.odd else good)

    def gap(self):
        return self.pick(SPACES, BAD_SPACES)

    def string(self):
        inner = "".join(self.pick(CHARACTERS, BAD_CHARACTERS) for _ in range(self.rng.randrange(5)))
        return '"' + inner + self.pick(['"'], ["", "'", '""'])

    def value(self, depth=0):
        kind = self.rng.randrange(4 if depth > 3 else 7)
        if kind == 0:
            return self.pick(NUMBERS, BAD_NUMBERS)
        if kind == 1:
            return self.pick(WORDS, BAD_WORDS)
        if kind <= 3:
            return self.string()
        count = self.rng.randrange(4)
        if kind == 4:
            items = [self.gap() + self.value(depth + 1) + self.gap() for _ in range(count)]
            return self.pick(["["], ["", "(", "[,"]) + self.joined(items) + self.pick(["]"], ["", "}", ",]", "]]"])
        members = [self.gap() + self.pick([self.string()], ["a", "1", ""]) + self.gap() + self.pick([":"], ["", "=", "::", ","])
                   + self.gap() + self.value(depth + 1) + self.gap() for _ in range(count)]
        return self.pick(["{"], ["", "[", "{,"]) + self.joined(members) + self.pick(["}"], ["", "]", ",}", "}}"])

    def joined(self, items):
        return self.pick([","], [",,", "", ";"]).join(items)

    def line(self, number, place) -> bytes:
        value = self.gap() + self.value() + self.gap()
        line = PLACES[place].replace("NUMBER", str(number)).replace("VALUE", value).encode("utf-8", "surrogatepass")
        line = line.replace(b"\n", b" ")
        if self.rng.random() < self.odd:
            at = self.rng.randrange(len(line))
            line = line[:at] + self.rng.choice(BAD_BYTES) + line[at:]
        return line


# Where a value stands in its line: carried whole, or an entry's field, for which there is the fast path.
HEAD = compact(metadata("p", "s", "NUMBER"))
PLACES = {
    "carried": '{"metadata":' + HEAD + ',"x":VALUE}',
    "entry": '{"metadata":' + HEAD + ',"behaviour":{"mobile":{"k":[{"x":VALUE}]}}}',
    "spaced-entry": '{"metadata": ' + HEAD.replace('":', '": ').replace(',"', ', "')
                    + ', "behaviour": {"mobile": {"k": [{"a": 1, "x": VALUE}]}}}',
}


def python_reads(line: bytes, place):
    """The line's `x` as Python's json reads it, or an exception; bare NaN and infinities as None."""
    value = json.loads(line.decode("utf-8"), parse_constant=lambda name: None)
    return value["x"] if place == "carried" else value["behaviour"]["mobile"]["k"][0]["x"]


def compare_with_python(gristmill, folder, place, lines, hooks=None):
    path = write_lines(folder / "c.jsonl", lines)
    words = ["--carry", "x"] if place == "carried" else []
    gristmill.run(path, (), folder / "out", *words, "--publish-anyway", hooks=hooks).must(OK)
    rejected = {entry["line"]: entry["reason"] for entry in quarantine(folder / "out", "collections")}
    accepted = {}
    for row in (folder / "out/labels/profile-id=p/collections.jsonl").read_bytes().splitlines():
        row = json.loads(row)
        accepted[int(row["collection_id"])] = row["x"]
    for number, line in enumerate(lines, start=1):
        try:
            expected = python_reads(line, place)
        except (ValueError, RecursionError):
            assert rejected.get(number) in ("invalid_json", "invalid_utf8"), line
        else:
            assert number not in rejected, (rejected[number], line)
            assert repr(accepted[number]) == repr(expected), line
    return len(accepted), len(rejected)


@pytest.mark.parametrize("odd", [0, 0.02, 0.1])
@pytest.mark.parametrize("place", PLACES)
def test_json_is_what_python_takes_for_json(gristmill, tmp_path, place, odd):
    values = Values(random.Random(odd), odd)
    lines = [values.line(number, place) for number in range(1, 1501)]
    accepted, rejected = compare_with_python(gristmill, tmp_path, place, lines)
    assert accepted > 400
    assert (rejected > 100) == (odd > 0)


@pytest.mark.long
@pytest.mark.parametrize("place", PLACES)
def test_json_is_what_python_takes_for_json_at_length(gristmill, tmp_path, place):
    for seed in range(100):
        values = Values(random.Random(seed), seed % 10 / 50)
        lines = [values.line(number, place) for number in range(1, 3001)]
        compare_with_python(gristmill, tmp_path / str(seed), place, lines)


@pytest.mark.parametrize("place", PLACES)
def test_every_byte_anywhere_in_a_small_value(gristmill, tmp_path, place):
    """Each byte put in place of, and before, each byte of a value."""
    value = b'[1.5e2,"\\u0041",{"a":true}]'
    lines = []
    for at in range(len(value)):
        for byte in set(range(256)) - {10}:
            for end in (at, at + 1):
                line = PLACES[place].replace("NUMBER", str(len(lines) + 1)).encode()
                lines.append(line.replace(b"VALUE", value[:at] + bytes([byte]) + value[end:]))
    accepted, rejected = compare_with_python(gristmill, tmp_path, place, lines)
    assert accepted > 300 and rejected > 1000


def test_numbers_of_any_length_are_carried_verbatim(gristmill, tmp_path):
    numbers = ["9" * 10_000, "0." + "3" * 10_000, "1e" + "9" * 1000, "-0.0", "1.0", "1E5", "1e+05", "9223372036854775808"]
    lines = [f'{{"metadata":{{"profile_id":"p","session_id":"s"}},"behaviour":{{}},"x":{number}}}' for number in numbers]
    gristmill.run(write_lines(tmp_path / "c.jsonl", lines), (), "out", "--carry", "x").must(OK)
    rows = (tmp_path / "out/labels/profile-id=p/collections.jsonl").read_text().splitlines()
    assert [row.split('"x":')[1].split(",")[0] for row in rows] == numbers
