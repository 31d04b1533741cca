"""Lines that ask for much: time goes with the bytes read and written, memory keeps to its bound, signals are answered.

A shape makes one line of about so many bytes. What a shape costs is compared between sizes of one run, never with a
clock: a line that is ten times as long may take twenty times as long, and a hundred times is what quadratic means.
"""

import json
import signal
import time

import pytest
from command import INTERRUPTED, OK
from lines import compact, metadata, write_lines
from outputs import nothing_left_over, quarantine, report

MIB = 1 << 20
BUDGET = 16 * MIB
BESIDE_BUDGET = 64 * MIB
META = '{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000'


def many(size, *parts, joined=","):
    """Parts (texts with a %d, or without), one after the other again and again, of about so many bytes."""
    text, number = [], 0
    while size > 0:
        part = parts[number % len(parts)]
        text.append(part % number if "%" in part else part)
        size -= len(text[-1]) + len(joined)
        number += 1
    return joined.join(text)


def entries(inside, extra="", more=""):
    return f'{{"metadata":{META}{extra}}},"behaviour":{{"m":{{"t":[{inside}]}}}}{more}}}'


def behaviour(inside):
    return f'{{"metadata":{META}}},"behaviour":{inside}}}'


def with_metadata(inside):
    return f'{{"metadata":{META},{inside}}},"behaviour":{{"m":{{"t":[{{"x":1}},2]}}}}}}'


def prediction(inside, extra=""):
    return f'{{"metadata":{META}{extra}}},"prediction":{inside}}}'


def encoded(text):
    return json.dumps(text)


# By name: what makes the line of about so many bytes. A name that begins with "p:" is a prediction's.
SHAPES = {
    # names
    "repeated renamed field of an entry": lambda n: entries("{" + many(n, '"platform":0') + "}"),
    "repeated renamed fields, six in turn": lambda n: entries("{" + many(
        n, '"platform":0', '"profile_id":0', '"session_id":0', '"col_timestamp":0', '"behaviour_type":0') + "}"),
    "renamed field among its own new names": lambda n: entries(
        "{" + many(n, '"entry_platform_%d":0', '"platform":0') + "}"),
    "names with numbers that are columns": lambda n: entries(
        "{" + many(n // 2, '"x_%d":0', '"x":0') + "}", ',"x":0,' + many(n // 2, '"x_%d":0')),
    "entry with the names of metadata": lambda n: entries(
        "{" + many(n // 2, '"f%d":0') + "}", "," + many(n // 2, '"f%d":0')),
    "entries whose value is a column": lambda n: entries(
        many(2000, "0"), ',"value":0,' + many(n, '"entry_value_%d":0')),
    "distinct names of an entry": lambda n: entries("{" + many(n, '"%d":0') + "}"),
    "distinct names of metadata": lambda n: with_metadata(many(n, '"%d":0')),
    "repeated renamed field of metadata": lambda n: with_metadata(many(n, '"platform":0')),
    "escaped names": lambda n: entries("{" + many(n, r'"\u0070latform":0', r'"\u0070\u006c%d":0') + "}"),
    "long equal names": lambda n: entries("{" + many(n, '"' + "x" * 10_000 + '":0') + "}"),
    "one long name": lambda n: entries('{"' + "x" * n + '":0}'),
    "one long renamed name": lambda n: entries('{"' + "x" * (n // 3) + '":0,"' + "x" * (n // 3) + '":0}',
                                               ',"' + "x" * (n // 3) + '":0'),
    "names of low lines": lambda n: entries("{" + many(n, '"' + "_-" * 500 + 'profile":0') + "}"),
    "fields at the top level": lambda n: entries("{}", more="," + many(n, '"f%d":0')),
    "equal fields at the top level": lambda n: entries("{}", more="," + many(n, '"f":0')),
    "canonical names at the top level": lambda n: entries("{}", more="," + many(n, '"profile_id":0')),
    "alias names": lambda n: behaviour("{}")[:-1] + "," + many(n, '"Profile-ID":0') + "}",
    "carried field": lambda n: entries("{}", ',"app":0', "," + many(n, '"app":0')),
    "carried fields in turn": lambda n: entries("{}", "", "," + many(n, '"app":0', '"platform":0', '"line_app_%d":0')),
    # entries and rows
    "entries without fields": lambda n: entries(many(n // 10, "{}")),
    "scalar entries": lambda n: entries(many(n // 10, "0")),
    "small entries": lambda n: entries(many(n, '{"timestamp":1747299119100,"k":%d}')),
    "spaced entries": lambda n: entries(many(n, '{"timestamp": 1747299119100, "k": %d}', joined=", ")),
    "entries with NaN": lambda n: entries(many(n, '{"x":NaN,"y":-Infinity,"k":%d}')),
    "NaN tokens": lambda n: entries(f'{{"x":[{many(n, "NaN")}]}}'),
    "many platforms": lambda n: behaviour("{" + many(n, '"m%d":{"t":[0]}') + "}"),
    "many types": lambda n: behaviour('{"m":{' + many(n, '"t%d":[]') + "}}"),
    "types without a list": lambda n: behaviour('{"m":{' + many(n, '"t%d":0') + "}}"),
    "empty platforms": lambda n: behaviour("{" + many(n, '"m":{}') + "}"),
    "long platform name": lambda n: behaviour('{"' + "m" * n + '":{"t":[0,1]}}'),
    "metadata beside many entries": lambda n: entries(many(400, "0"), ',"note":"' + "x" * (n // 40) + '"'),
    "too many rows": lambda n: entries(many(n // 2, "0"), "," + many(n // 2, '"%d":0')),
    # values
    "long string": lambda n: entries('{"x":"' + "x" * n + '"}'),
    "escapes": lambda n: entries('{"x":"' + r"\u00e9" * (n // 6) + '"}'),
    "NULs escaped": lambda n: entries('{"x":"' + r"\u0000" * (n // 6) + '"}'),
    "backslashes": lambda n: entries('{"x":"' + r"\\" * (n // 2) + '"}'),
    "surrogate pairs": lambda n: entries('{"x":"' + r"\ud83d\ude00" * (n // 12) + '"}'),
    "UTF-8": lambda n: entries('{"x":"' + "é" * (n // 2) + '"}'),
    "long number": lambda n: entries('{"timestamp":' + "9" * n + "}"),
    "long fraction": lambda n: entries('{"timestamp":0.' + "3" * n + "}"),
    "long timestamp": lambda n: f'{{"metadata":{{"timestamp":{"1" * n}}}}}',
    "long time in a string": lambda n: f'{{"metadata":{{"timestamp":"2025-05-15T08:51:59.{"5" * n}Z"}}}}',
    "long number as an id": lambda n: f'{{"metadata":{{"session_id":{"1" * n}}}}}',
    "long id": lambda n: f'{{"metadata":{{"session_id":"{"x" * n}"}}}}',
    "long blank id": lambda n: f'{{"metadata":{{"session_id":"{" " * n}"}}}}',
    "deep within the limit": lambda n: entries(many(n, "[" * 100 + "]" * 100)),
    "too deep": lambda n: "[" * n,
    "white space": lambda n: '{"metadata":' + " " * n + "{}}",
    "white space between tokens": lambda n: entries(many(n, "{ \t \"x\" \t : \t 1 \t }", joined=" \t , \t ")),
    "no JSON": lambda n: "x" * n,
    # strings that encode objects
    "behaviour in a string": lambda n: behaviour(encoded('{"m":{"t":[' + many(n, '{"platform":"%d"}') + "]}}")),
    "metadata in a string": lambda n: f'{{"metadata":{encoded("{" + many(n, chr(34) + "f%d" + chr(34) + ":0") + "}")}}}',
    "p:predictions": lambda n: prediction("[" + many(n, '{"model_name":"m%d","score":0.5}') + "]"),
    "p:null predictions": lambda n: prediction("[" + many(n // 5, "null") + "]"),
    "p:predictions in strings": lambda n: prediction("[" + many(n, r'"{\"score\":%d,\"x\":1}"') + "]"),
    "p:repeated renamed field": lambda n: prediction("{" + many(n, '"timestamp":0') + "}"),
    "p:long model name": lambda n: prediction('{"model_name":"' + "m" * n + '"}'),
    "p:repeated renamed metadata": lambda n: prediction("{}", "," + many(n, '"score":0')),
    "p:long score": lambda n: prediction('{"score":0.' + "3" * n + "}"),
}
SOME = ["repeated renamed field of an entry", "entry with the names of metadata", "renamed field among its own new names",
        "carried fields in turn", "p:repeated renamed field", "too many rows"]


@pytest.fixture
def ground(gristmill, tmp_path):
    """Grinds one line of a shape: the seconds of the process, the bytes read and written, its peak."""
    def grind(shape, size):
        line = SHAPES[shape](size)
        dataset = "predictions" if shape.startswith("p:") else "collections"
        path = write_lines(tmp_path / "line.jsonl", [line])
        started = time.monotonic()
        outcome = gristmill.measured("run", f"--{dataset}", path, "--output", "out", "--publish-anyway", "--carry",
                                     "app,line_app", "--memory", BUDGET, "--threads", 1).must(OK)
        seconds = time.monotonic() - started
        allowed = BUDGET + BESIDE_BUDGET + 6 * len(line)
        assert outcome.peak <= allowed, f"peak {outcome.peak / MIB:.0f} MiB, bound {allowed / MIB:.0f} MiB"
        written = sum(file.stat().st_size for file in (tmp_path / "out").rglob("*.jsonl"))
        return seconds, len(line) + written
    return grind


def is_linear(ground, shape, sizes):
    costs = [ground(shape, size) for size in sizes]
    (small, little), (large, much) = costs[0], costs[-1]
    # What every process takes is not the line's.
    assert large <= 0.5 + 3 * small * max(much / little, 1), f"{sizes}: seconds and bytes {costs}"


@pytest.mark.parametrize("shape", SOME)
def test_costs_what_it_is_long(ground, shape):
    is_linear(ground, shape, [MIB // 8, MIB])


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_costs_what_it_is_long_at_length(ground, shape):
    is_linear(ground, shape, [MIB, 10 * MIB, 40 * MIB])


def test_rows_of_a_line_are_limited(gristmill, tmp_path):
    """One megabyte of names beside as many small entries would be 200 GB."""
    path = write_lines(tmp_path / "c.jsonl", [SHAPES["too many rows"](2 * MIB), compact({"metadata": metadata()})])
    gristmill.run(path, (), "out", "--publish-anyway").must(OK)
    [entry] = quarantine(tmp_path / "out", "collections")
    assert entry["reason"] == "rows_too_large"
    assert report(tmp_path / "out")["accounting"]["rows"]["labels"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("shape", ["rows", pytest.param("names", marks=pytest.mark.long)])
def test_signal_within_a_line(gristmill, tmp_path, shape, number):
    """One line whose rows are some gigabytes, or that has millions of names: it takes many seconds."""
    line = {"rows": lambda: entries(many(20_000, "0"), ',"note":"' + "x" * 700_000 + '"'),
            "names": lambda: SHAPES["repeated renamed field of an entry"](60 * MIB)}[shape]()
    path = write_lines(tmp_path / "c.jsonl", [line])
    process = gristmill.start("validate" if shape == "names" else "run", "--collections", path,
                              *(() if shape == "names" else ("--output", "out")))
    time.sleep(0.7)
    assert process.poll() is None
    started = time.monotonic()
    process.send_signal(number)
    outcome = gristmill.finish(process, 30)
    took = time.monotonic() - started
    assert outcome.code == INTERRUPTED, outcome.stderr
    assert took < 3, f"{took:.1f} seconds"
    nothing_left_over(tmp_path / "out", "c.jsonl", "spill")
