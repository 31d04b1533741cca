#!/usr/bin/env python3
"""Hostile inputs for the engine and the reference.

    hostile.py --seed N --lines N --output DIR [--recipe FILE]

writes `collections.jsonl` and `predictions.jsonl` below DIR: the same bytes
for the same arguments. With `--recipe` a random recipe is written as well (as
JSON, which is YAML too), and the lines lean on its limits and carried names.

A line is drawn in one of five ways: plainly canonical (compact, or spaced as
`json.dumps` writes), canonical with one byte broken, hot (built from a tree in
which every decision may go wrong, so that faults and repairs meet in one
line), a collection of known special lines, or a copy of an earlier line.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

IDS = ("profile_id", "session_id", "collection_id")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
HIVE = "__HIVE_DEFAULT_PARTITION__"

PROFILES = ("p0", "p1", "p2", "p3", "é", "😀", "a b", "null", "5")
SESSIONS = ("s0", "s1", "s2", "s3", "s4", "s5", "giant", "giant", "5")
MODELS = ("swipe_model", "keystroke_model", "keystrokes_model", "other_model")
PLATFORMS = ("mobile", "tablet", "web")
TYPES = ("keystrokes", "swipes", "taps")
ODD_MODELS = ("", " ", "\t\x0b", "swipe_model ", "Swipe_Model", "SWIPE_MODEL", "Other_model", "\u3000", "\x85", "NaN",
              "null", "swipe_model\0", "é", "e\u0301", "😀", "\uffff", "m\ufffd", "\ufffd", "a\"b\\c")
SURROGATE_MODELS = ("m\ud800", "m\udfff", "\ud800", "\udc00\ud800", "\ud800\ufffd", " \ud800", "é\ud83dx")
ODD_PLATFORMS = ("", "mobile", "\0", "é")
ODD_TYPES = ("", " ", "\t\x0b", "\u3000", "\x85", "null", "a\"b", "é", "\0", "x/y")

HOSTILE_IDS = (
    "../../etc/passwd", ".", "..", "/", "a/b", "-", "--help", "$(id)", ";ls", "",
    " ", "null", "NULL", "nUlL", "nulls", "NaN", HIVE, HIVE + "x", HIVE.lower(),
    "%5F_HIVE_DEFAULT_PARTITION__", "%2F", "%", "%00", "a\0b", "\0", "a\nb", "a\tb",
    "\x1f", "\x7f", "\x80", "con\x85trol", "\ufeff", "\ufeffp0", "\u2028", "\u3000x\u3000",
    "\xa0x\xa0", "é", "e\u0301", "😀", "\U0010ffff", "\uffff", "\ufffd", "profile-id=x",
    "'", '"', "#", "*", ":", "=", "?", "\\", "\\\\t", "{", "}", "[", "]", "^", "~", "@",
    "&", "+", ",", "<>", "007", "1", "1.0", "1e5", "-0", "true", "s1", "\x0bx", "x\x0b",
    "xy\\", "_hidden", ".hidden", "Ⅷ", "nuſl", "ÑULL",
    "None", "undefined", "N/A", "#N/A", "(null)", "<NA>", "--", "\\N", "00000000-0000-0000-0000-000000000000",
    "P0", "P1", "S1", "S5", "Giant", "gIANT", "a[", "a{", "A{", "É",
)
LONG_IDS = ("x" * 244, "x" * 245, "é" * 122, "é" * 122 + "x", "/" * 81 + "x", "/" * 82,
            "😀" * 61, "😀" * 61 + "x", "\x01" * 81, "x" * 5000, "x" * (64 << 10), "x" * (64 << 10) + "y",
            "é" * (32 << 10), " " + "x" * (64 << 10) + " ")
SURROGATE_IDS = ("é" * (32 << 10) + "\ud800", "\ud800", "a\udc00", "\ud83dx", "\udc00\ud800", " \ud800 ")
WHITE_SPACES = (" ", "\t", "\n", "\r", "\x0b", "\f", "  ", "\n\x0b ", "\xa0", "\x85", "\u2003")
ALIASES = {
    "metadata": ("Metadata", "meta_data", "META-DATA", "_metadata_", "metaData"),
    "behaviour": ("behavior", "Behaviour", "BEHAVIOR", "be-haviour", "behavi_or"),
    "prediction": ("Prediction", "PREDICTION", "pre_diction", "predic-tion"),
    "profile_id": ("profileId", "profile-id", "ProfileID", "profileid", "__profile__id-"),
    "session_id": ("sessionId", "session-id", "SESSION_ID", "sessionid", "se_ssion_id"),
    "collection_id": ("collectionId", "collection-id", "CollectionID", "collectionid"),
    "timestamp": ("timeStamp", "time_stamp", "TIMESTAMP", "Time-Stamp"),
    "model_name": ("modelName", "model-name", "MODEL_NAME", "modelname"),
    "score": ("Score", "s_core", "SCORE", "score-"),
    "confidence": ("Confidence", "con-fidence", "CONFIDENCE", "_confidence"),
}
NO_ALIASES = ("profıle_id", "profile id", "profile.id", "profileid2", "ſession_id",
              "pro\u00adfile_id", "PROFİLE_ID", "meta data", "behaviours", "\u212across")
EXTRA_NAMES = (
    "device", "app", "value", "platform", "behaviour_type", "col_timestamp", "score",
    "confidence", "model_name", "metadata", "behaviour", "prediction", "timestamp",
    "profile_id", "session_id", "collection_id", "", "é", "sdk.v", "os version", "a\"b",
    "back\\slash", "x/y", "\0", "😀", "other", "label", "key_hash", "x",
)
NUMBERS_AT_END = ("",) * 8 + ("_2", "_2", "_3", "_1", "_02", "_2_2", "_99999999999")
PREFIXES = ("entry_", "metadata_", "prediction_", "line_")
TOP_NAMES = ("app", "platform", "line_app", "line_platform", "line_app_2", "sdk.v", "version",
             "", "é", "trace", "value", "entry_value", "score", "timestamp", "profileId",
             "profile_id", "session_id", "behaviour", "prediction", "col_timestamp", "other",
             "metadata.profile_id", "Meta-data.x", "behavior.mobile.swipes", "prediction.score", ".metadata")

NUMBERS = (
    "0", "-0", "0.0", "-0.0", "0e0", "0E+0", "1", "-1", "1.0", "2.50", "1e5", "1E5", "1E+5",
    "1e-5", "1e400", "-1e400", "1e-400", "1e999", "1e-999", "-1e-999", "4.9e-324", "2.5e-324",
    "2.4703282292062327208e-324", "1.7976931348623157e308", "1.7976931348623159e308",
    "9007199254740993", "9223372036854775808", "123456789012345678901234567890",
    "0.30000000000000004", "0.1e-7", "100000000000000000000.000", "1" + "0" * 400,
    "0." + "0" * 400 + "1", "0." + "3" * 900, "1e00000000000000000001", "1e-00000000000005",
)
EDGE_SECONDS = (
    "99999999999", "100000000000", "-99999999999", "-100000000000", "99999999999.9",
    "99999999999.99999", "99999999999.999999999", "99999999999.9999999999999999", "1e11", "1E11",
    "9.9999999999e10", "-1e11", "1747299119", "1747299119.5", "1747299119.0005",
    "1747299119.0015", "16777216.0005", "1.0000005", "0.0005", "0.0015", "0.0025", "-0.0005",
    "-0.0015", "1e-30", "1.747299119e9", "1.747299119e12", "946684799", "946684800",
    "4102444800", "4102444801", "946684799999", "946684800000", "4102444800000",
    "4102444800001", "4102444800000.5", "946684799999.9", "1747299119000.5", "1e999", "-1e999",
    "174729911900000000000000000000", "0.001", "12345678.9012345678901234567890",
)
EDGE_MEASURES = (
    "-0.0", "-0.0", "-0", "0", "0.0", "-1e-999", "4.9e-324", "-4.9e-324", "2.5e-324", "1e-300", "-1e-300", "0.1", "0.2",
    "0.3", "1e16", "-1e16", "1e300", "-1e300", "1.7976931348623157e308", "-1.7976931348623157e308",
    "9007199254740993", "0.00001", "1",
)
EDGE_TIMES = (
    "0", "-0", "0.0", "-0.0", "0e5", "-1", "0.5", "1e-320", "-1e-999", "1e999", "-1e999", "1e400",
    "1.7e308", "-1.7e308", "9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740991",
    "-9007199254740992", "9007199254740990.5", "4503599627370495.5", "1e15", "1e16", "1e21",
    "123456789012345678901234567890", "1.0", "1747299119000.0", "1747299119000.5", "1.747299119e12",
    "null", "true", "[1747299119000]", '"1747299119000"', '"-0"',
)
SPELLINGS_OF_TIMESTAMP = (r'"\u0074imestamp"', r'"timest\u0061mp"', r'"time\u0073tam\u0070"')
NO_NUMBERS = ("01", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_000", " 1", "1 ", "1\n", "--1", "-",
              "1,5", "١", "１", "1e5.5", "nan", "inf", "Infinity", "-Infinity", "NULL", "None",
              "true", " ", "NaN ", "null ", "-NaN", "1\0", "0b1", "00", "-01")
NON_FINITE = ("NaN", "Infinity", "-Infinity")
SYNTAX_FAULTS = (
    "nan", "+Infinity", "-NaN", "NaNx", "Infinit", "-Inf", "inf", "None", "True", "nul", "nulls",
    "tru", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1 2", "'a'", "[1,]", "[,1]", "[",
    "{", "]", "}", "{,}", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "{1:2}", '{"a":1 "b":2}', "[1 2]",
    '"\\x41"', '"\\u12"', '"\\u12g4"', '"\\U0041"', '"\\', '"', '"\\"', '"\t"', '"\0"', '"\x1f"',
    "/*c*/1", "1//c", "#", "\x0b", "\f1", "\xa01", "\ufeff1", "\u20281", "", "\0", "1\0", "\\u0031",
)
BROKEN_UTF8 = (
    b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xe0\x80\x80", b"\xe0\x9f\xbf",
    b"\xe2\x82", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf0\x80\x80\x80",
    b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xfe", b"\xff",
    b"\xf8\x88\x80\x80\x80", b"\xc3(", b"\xe2(\xa1",
)
EDGE_UTF8 = (b"\xc2\x80", b"\xdf\xbf", b"\xe0\xa0\x80", b"\xed\x9f\xbf", b"\xee\x80\x80",
             b"\xef\xbf\xbf", b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf", b"\x7f", b"\xef\xbb\xbf")
SPECIAL_LINES = (
    b"", b" ", b"\t", b" \t \t", b"\r", b"\r\r", b" \r", b"\x0b", b"\x0c", b"\x00", b"\xc2\xa0",
    b"[]", b"[{}]", b"{}", b" {} ", b"1", b"-0", b"null", b"true", b"NaN", b"-Infinity", b'"{}"',
    b'"a"', b'"', b"{", b"}", b"[", b"]", b"{}{}", b"{} {}", b"{},", b"[]]", b"{'a':1}", b"//",
    b"\xef\xbb\xbf{}", b"{}\x00", b"\xff", b'{"":{}}', b"{}\xef\xbb\xbf", b'{"a":1,"a":2}',
    b'{"metadata":null}', b'{"metadata":{}}', b'{"metadata":NaN,"behaviour":NaN,"prediction":NaN}',
    b'{"behaviour":null}', b'{"prediction":[]}', b'{"timestamp":1}', b'{"profile_id":null}',
    b'{"profile_id":"","prediction":[null,null]}', b'{"profile_id":"p0","profileId":"p0"}',
    b'{"metadata":{},"profile_id":1,"profile_id":1}', b'{"metadata":null,"Metadata":null}',
    b'{"metadata":{"session_id":"s1"},"behaviour":{"mobile":{}}}',
    b'{"behaviour":{},"behavior":{}}', b'{"prediction":{},"prediction":{}}',
)
MUTANT_BYTES = b'"\\{}[]:,.-+eE0159 \t\r/utnfNIl_\x00\x0b\x0c\x1f\x7f\x80\xa0\xbf\xc0\xc3\xed\xef\xf4\xff'


class Object(list):
    """A JSON object as (key, value) pairs, so that keys may repeat."""


class Raw(str):
    """A token that is written as it stands."""


class Encoded:
    """A value that is written as text inside a string."""

    def __init__(self, value, around: tuple[str, str] = ("", "")):
        self.value = value
        self.around = around


class Writer:
    """Turns a tree into text, with white space and escapes of one style."""

    def __init__(self, rng: random.Random, style: str, escapes: float):
        self.rng = rng
        self.style = style
        self.escapes = escapes

    def text(self, value) -> str:
        if isinstance(value, Raw):
            return str(value)
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, Encoded):
            inner = Writer(self.rng, self.style, self.escapes / 2)
            return self.string(value.around[0] + inner.text(value.value) + value.around[1])
        if isinstance(value, Object):
            pairs = [self.text(k) + self.gap() + ":" + self.gap(True) + self.text(v) for k, v in value]
            return "{" + self.gap() + self.joined(pairs) + self.gap() + "}"
        if isinstance(value, list):
            return "[" + self.gap() + self.joined([self.text(item) for item in value]) + self.gap() + "]"
        return json.dumps(value)

    def joined(self, parts: list[str]) -> str:
        out = parts[:1]
        for part in parts[1:]:
            out.append(self.gap() + "," + self.gap(True) + part)
        return "".join(out)

    def gap(self, after_separator: bool = False) -> str:
        if self.style == "dumps":
            return " " if after_separator else ""
        if self.style == "wild":
            return self.rng.choice(("", "", "", " ", "\t", "\r", "  ", " \t "))
        return ""

    def string(self, text: str) -> str:
        return '"' + "".join(map(self.char, text)) + '"'

    def char(self, char: str) -> str:
        if char in '"\\':
            escaped = "\\" + char
        elif char < " ":
            escaped = json.dumps(char)[1:-1]
        elif "\ud800" <= char <= "\udfff":
            return self.unit(ord(char))
        elif self.rng.random() >= self.escapes:
            return char
        elif char == "/":
            return "\\/"
        else:
            escaped = "".join(map(self.unit, utf16(char)))
        if char < "\x80" and self.rng.random() < self.escapes:
            return self.unit(ord(char))
        return escaped

    def unit(self, code: int) -> str:
        digits = f"{code:04x}"
        return "\\u" + "".join(self.rng.choice((d, d.upper())) for d in digits)


def utf16(char: str) -> list[int]:
    data = char.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2)]


class LineMaker:
    """Draws the lines of one dataset."""

    def __init__(self, rng: random.Random, dataset: str, recipe: dict):
        self.rng = rng
        self.dataset = dataset
        self.payload = "behaviour" if dataset == "collections" else "prediction"
        self.depth_limit = recipe.get("limits", {}).get("depth", 128)
        self.line_limit = recipe.get("limits", {}).get("line")
        self.carry = recipe.get("carry", [])
        self.added = recipe.get("aliases", {})
        self.heat = 0.0
        self.earlier: list[bytes] = []

    # -------------------------------------------------------------- drawing

    def odd(self, chance: float) -> bool:
        """Whether a decision goes wrong; never in a canonical line."""
        return self.rng.random() < chance * self.heat

    def pick(self, choices):
        return self.rng.choice(choices)

    def line(self) -> bytes:
        """One line without its end."""
        kind = self.rng.random()
        if kind < 0.30:
            line = self.canonical()
        elif kind < 0.50:
            line = self.mutant(self.canonical())
        elif kind < 0.88:
            line = self.hot()
        elif kind < 0.95 or not self.earlier:
            line = self.special()
        else:
            return self.pick(self.earlier)
        self.earlier = self.earlier[-20:] + [line]
        return line

    def canonical(self) -> bytes:
        self.heat = 0.0
        style = self.pick(("compact", "compact", "dumps"))
        return Writer(self.rng, style, 0.0).text(self.record()).encode("utf-8")

    def mutant(self, line: bytes) -> bytes:
        """The line with one byte deleted, inserted or replaced (rarely two)."""
        for _ in range(self.pick((1, 1, 1, 1, 2))):
            at = self.rng.randrange(len(line))
            byte = bytes([self.pick((self.pick(MUTANT_BYTES), self.rng.randrange(256)))])
            byte = b" " if byte == b"\n" else byte
            cut = self.pick((0, 1, 1))
            new = self.pick((byte, b"")) if cut else byte
            line = line[:at] + new + line[at + cut:]
        return line

    def hot(self) -> bytes:
        """A line built with faults; sometimes broken again as text."""
        self.heat = self.pick((0.3, 0.6, 1.0, 1.5))
        style = self.pick(("compact", "dumps", "wild"))
        writer = Writer(self.rng, style, self.pick((0.0, 0.0, 0.1, 0.5)))
        text = writer.text(self.record())
        if style == "wild":
            text = writer.gap() + text + writer.gap()
        line = text.encode("utf-8", "surrogatepass")
        if self.odd(0.06):
            line = inserted(self.rng, line, self.pick(BROKEN_UTF8 + EDGE_UTF8))
        if self.odd(0.06):
            line = self.mutant(line)
        return line

    def special(self) -> bytes:
        kind = self.rng.random()
        if kind < 0.45:
            return self.pick(SPECIAL_LINES)
        if kind < 0.75:
            return self.deep_line()
        if self.line_limit is None:
            return self.canonical()
        return self.long_line()

    # ------------------------------------------------------------ whole lines

    def deep_line(self) -> bytes:
        """Brackets around the depth limit, complete or not."""
        depth = self.depth_limit + self.pick((-2, -1, 0, 1, 2))
        kind = self.rng.randrange(6)
        if kind == 0:
            return b"[" * depth + self.pick((b"", b"1" + b"]" * depth, b"x", b"}"))
        if kind == 1:
            return b'{"a":' * depth + self.pick((b"1" + b"}" * depth, b"", b"{", b"["))
        if kind == 2:
            return b'{"a":[1,],"d":' + self.nest(depth).encode() + b"}"
        if kind == 3:
            return b'{"d":' + self.nest(depth).encode() + b',"a":[1,]}'
        self.heat = 0.3
        record = self.record()
        record.insert(self.rng.randrange(len(record) + 1), ("deep", Raw(self.nest(depth - 1))))
        return Writer(self.rng, "compact", 0.0).text(record).encode("utf-8", "surrogatepass")

    def nest(self, depth: int) -> str:
        """`depth` brackets, of one kind or of both."""
        if depth <= 0:
            return self.pick(("1", "NaN", '"[[["'))
        if self.rng.random() < 0.7:
            return "[" * depth + self.pick(("", "1")) + "]" * depth
        kinds = [self.rng.random() < 0.5 for _ in range(depth)]
        opening = "".join("[" if kind else '{"d":' for kind in kinds)
        return opening + "1" + "".join("]" if kind else "}" for kind in reversed(kinds))

    def long_line(self) -> bytes:
        """A line padded to a length around the limit."""
        filler = self.pick((b" ", b"\t", b"x", "é".encode(), "😀".encode()))
        length = self.line_limit + self.pick((-1, 0, 1, 2, 100, 5000))
        if filler in (b" ", b"\t"):
            line = self.pick((b"", b"", self.canonical(), b"\xff", b"x"))
            return line + filler * max(0, length - len(line))
        head = b"x" * self.rng.randrange(4) + self.pick((b"", b"\xff"))
        return (head + filler * length)[:length]

    # ------------------------------------------------------------ the record

    def record(self) -> Object:
        """The object of a line."""
        payload = self.behaviour() if self.dataset == "collections" else self.prediction()
        fields = Object()
        if self.odd(0.12):
            fields += self.metadata_fields()
            if self.odd(0.4):
                fields.append((self.name("metadata"), self.pick((None, Raw("NaN"), Object(), "null"))))
        elif not self.odd(0.05):
            fields.append((self.name("metadata"), self.metadata()))
        if not self.odd(0.05):
            fields.append((self.name(self.payload), payload))
        fields += self.top_level_extras()
        if self.odd(0.03) and fields:
            fields.append((self.name(self.pick(("metadata", self.payload))), self.any_value()))
        if self.odd(0.04):
            fields.append(("n", Raw(self.pick(SYNTAX_FAULTS))))
        if self.odd(0.5):
            self.rng.shuffle(fields)
        return fields

    def top_level_extras(self) -> list:
        extras = []
        while self.odd(0.35):
            name = self.pick(TOP_NAMES + tuple(self.carry) * 2)
            extras.append((name, self.any_value()))
            if self.odd(0.15):
                extras.append((name, self.any_value()))
        return extras

    def name(self, canonical: str):
        """A field's name, or one that should (or nearly should) match it."""
        if self.odd(0.12):
            return self.pick(ALIASES[canonical] + tuple(self.added.get(canonical, ())))
        if self.odd(0.015):
            return self.pick(NO_ALIASES)
        return canonical

    # ------------------------------------------------------------- metadata

    def metadata(self):
        if self.odd(0.05):
            return self.pick((None, True, 1, 0.5, [], [Object()], "", " ", "text", Object(),
                              Raw("NaN"), Encoded(None), Encoded([]), Encoded(1), "{\"a\":1,}"))
        fields = self.metadata_fields() + self.extras(("metadata_", "entry_", "line_"))
        if self.odd(0.5):
            self.rng.shuffle(fields)
        return self.maybe_encoded(Object(fields))

    def metadata_fields(self) -> list:
        fields = [(self.name(name), self.identifier(name)) for name in IDS if not self.odd(0.06)]
        if not self.odd(0.06):
            fields.append((self.name("timestamp"), self.timestamp()))
        if self.odd(0.04):
            name = self.pick(IDS + ("timestamp",))
            value = self.timestamp() if name == "timestamp" else self.identifier(name)
            fields.append((self.name(name), value))
        if self.odd(0.3):
            self.rng.shuffle(fields)
        return fields

    def maybe_encoded(self, value):
        """Sometimes the value as text inside a string, rarely faulty there."""
        if not self.odd(0.15):
            return value
        if self.odd(0.12):
            return self.pick((
                Encoded(Object(list(value) + [("d", Raw(self.nest(self.depth_limit - 1)))])),
                Encoded(Object(list(value) + [("d", Raw(self.nest(self.depth_limit)))])),
                Encoded(Object(list(value) + [("d", Raw("[" * (self.depth_limit + 2) + "x"))])),
                Encoded(Object([("n", Raw(self.pick(SYNTAX_FAULTS)))] + list(value))),
                Encoded(value, ("", "\ud800")), Encoded(value, ("", " x")), Encoded([value]),
                Encoded(Object(list(value) + [("s", Raw('"\ud800"'))])),
                Encoded(Object(list(value) + [("s", Raw('"\\ud800"'))])),
                Encoded(value, ("\ufeff", "")), Encoded(value, ("", "\0")), Encoded(Encoded(value)),
                Encoded(value, ("\x0b", "")), Encoded(value, ("\xa0", "")),
            ))
        around = ("", " ", "\n\t", "\r ") if self.odd(0.5) else ("",)
        return Encoded(value, (self.pick(around), self.pick(around)))

    def identifier(self, name: str):
        pool = {"profile_id": PROFILES, "session_id": SESSIONS}.get(name)
        value = self.pick(pool) if pool else f"c{self.rng.randrange(12)}"
        if self.odd(0.25):
            value = self.pick(HOSTILE_IDS)
        if self.odd(0.15):
            value = self.pick(WHITE_SPACES) + value + self.pick(("",) + WHITE_SPACES)
        if self.odd(0.12):
            return self.pick((None, "", "  ", "\t\n", Raw("NaN"), Raw("-Infinity"), Raw("5"),
                              Raw("-0"), Raw("0"), Raw("12345678901234567890123"), Raw("-7")))
        if self.odd(0.03):
            return self.pick((True, False, [], ["s1"], Object(), Raw("1.0"), Raw("1e5"), Raw("1E2"),
                              Raw("-0.0"), Object([("id", "p1")]), Raw("1e999")))
        if self.odd(0.02):
            return self.pick(SURROGATE_IDS)
        if self.odd(0.04):
            return self.pick(LONG_IDS)
        return value

    def timestamp(self):
        value = 1747299119000 + self.rng.randrange(10 ** 9)
        if self.odd(0.15):
            return Raw(self.pick(EDGE_SECONDS))
        if self.odd(0.08):
            return self.pick(EDGE_SECONDS + NUMBERS)
        if self.odd(0.3):
            return self.iso8601()
        if self.odd(0.06):
            return self.pick((None, "NaN", "null", "", Raw("NaN"), Raw("Infinity"), Raw("null")))
        if self.odd(0.03):
            return self.pick((True, [], Object(), [value]) + NO_NUMBERS)
        return value

    def iso8601(self) -> str:
        """A time in ISO 8601, mostly right, mostly at an edge."""
        rng = self.rng
        year = self.pick((2025, 2025, 2024, 2000, 1900, 2100, 1970, 1969, 1999, 1, 9999, 0, 4, 400))
        month, day = self.pick(((5, 15), (2, 28), (2, 29), (12, 31), (1, 1), (4, 30), (3, 1)))
        hour, minute, second = self.pick(((8, 51, 59), (0, 0, 0), (23, 59, 59)))
        if rng.random() < 0.12:
            (month, day, hour, minute, second) = self.pick((
                (13, 1, 0, 0, 0), (0, 1, 0, 0, 0), (2, 30, 0, 0, 0), (4, 31, 0, 0, 0), (1, 0, 0, 0, 0),
                (1, 32, 0, 0, 0), (1, 1, 24, 0, 0), (12, 31, 23, 59, 60), (1, 1, 0, 60, 0), (1, 1, 25, 0, 0)))
        fraction = self.pick(("", "", ".5", ".123", ".0005", ".0015", ".0025", ".9995", ".9994999",
                              ".00050000000000000000000001", ".00049999999999999999999999",
                              ".9999999999999999999", ".1234567890123456789", ".000000", ".",
                              ".0005" + "0" * 300, ".0005" + "0" * 300 + "1", ".9985", ".9975"))
        zone = self.pick(("Z", "Z", "z", "", "+00:00", "-00:00", "+0000", "+05:30", "-0800", "+23:59", "-23:59"))
        if rng.random() < 0.15:
            zone = self.pick(("+24:00", "+23:60", "-12:60", "+99:99", "+5:30", "+05", "+053", " Z", "ZZ",
                              "+05:30Z", "UTC", "\u221205:00", "+2359", "-2400"))
        text = f"{year:04d}-{month:02d}-{day:02d}{self.pick('TTTt ')}{hour:02d}:{minute:02d}:{second:02d}"
        text += fraction + zone
        if rng.random() < 0.15:
            at = rng.randrange(len(text))
            text = self.pick((text[:at] + text[at + 1:], " " + text, text + " ", text[:10], text[:16] + "Z",
                              "+" + text, "0" + text, text.replace("-", ""), text.replace("T", "_"),
                              text.replace(".", ","),
                              text[:at] + self.pick("0٣xT:.-") + text[at + 1:], text.replace(":", "")))
        return text

    def extras(self, prefixes: tuple[str, ...]) -> list:
        """Further fields of an object, keen to collide."""
        fields = []
        while self.odd(0.3):
            name = self.pick(EXTRA_NAMES)
            for _ in range(self.pick((0, 0, 0, 1, 1, 2))):
                name = self.pick(prefixes) + name
            name += self.pick(NUMBERS_AT_END)
            fields.append((name, self.any_value()))
            while self.odd(0.2):
                fields.append((name, self.any_value()))
            if self.odd(0.3):
                fields.append((self.pick(prefixes) + name + self.pick(NUMBERS_AT_END), self.any_value()))
        if self.odd(0.01):
            fields.append(("\ud800", self.any_value()))
        return fields

    # ------------------------------------------------------------ behaviour

    def behaviour(self):
        if self.odd(0.08):
            return self.pick((None, Object(), [], [Object()], 1, True, "", "text", Raw("NaN"),
                              Encoded(None), Encoded([]), Object([("mobile", None)])))
        platforms = Object((platform, self.platform())
                           for platform in self.rng.sample(PLATFORMS, self.rng.randint(1, 2)))
        if self.odd(0.1):
            platforms.insert(self.rng.randrange(len(platforms) + 1),
                             (self.type_name(), self.pick(([], self.entries(), [None]))))
        if self.odd(0.05):
            platforms.append((self.pick(ODD_PLATFORMS + ("b\ud800",)), self.platform()))
        if self.odd(0.05):
            platforms.append(("other", self.pick((
                None, Raw("NaN"), Object(), [], "x", "{}", Encoded(Object()), 1, True, Raw("-0.5")))))
        return self.maybe_encoded(platforms)

    def platform(self) -> Object:
        names = self.rng.sample(TYPES, self.rng.randint(1, 2))
        fields = Object((self.type_name(name), self.entries()) for name in names)
        if self.odd(0.12):
            fields.append((self.type_name(), self.pick((
                None, Raw("NaN"), [], Object(), 5, "word", True, self.entry(), "", Raw("1e5")))))
        if self.odd(0.05):
            fields.append(fields[0])
        return fields

    def type_name(self, name: str | None = None) -> str:
        if self.odd(0.1):
            return self.pick(ODD_TYPES + ("t\ud800",))
        return name or self.pick(TYPES)

    def entries(self) -> list:
        return [self.entry() for _ in range(self.rng.randint(0 if self.odd(0.3) else 1, 3))]

    def entry(self):
        if self.odd(0.08):
            return self.any_value()
        time = 1747299119000 + self.rng.randrange(2 * 10 ** 9)
        if self.rng.random() < 0.5:
            fields = [("timestamp", time), ("key_hash", f"ab{self.rng.randrange(99)}")]
        else:
            fields = [("timestamp", time), ("x", self.coordinate()), ("y", self.coordinate())]
        if self.odd(0.1):
            fields[0] = ("timestamp", self.pick((None, str(time), True, [time], Raw("NaN"), Raw("-0"),
                                                 Raw("1e400"), Raw(f"{time}.5"), Raw("1.7e12"), time * 10 ** 6,
                                                 time * 1000, time // 1000, time / 1000, Raw(f"{time}e3"), time // 2000,
                                                 Raw(f"{time // 1000}.25"), 5210.4)))
        if self.rng.random() < 0.15:
            fields[0] = self.entry_time()
        if self.rng.random() < 0.05:
            fields.insert(self.rng.randrange(len(fields) + 1), self.entry_time())
        if self.rng.random() < 0.1:
            fields.append(fields.pop(0))
        if self.odd(0.05):
            fields.append(("timestamp", self.pick((0, None, time))))
        if self.odd(0.03):
            fields[0] = ("Timestamp", 0)
        fields += self.extras(("entry_", "metadata_", "entry_"))
        if self.odd(0.3):
            self.rng.shuffle(fields)
        return Object(fields)

    def entry_time(self) -> tuple:
        """An entry's timestamp that is legal but odd, by a name that may have escapes."""
        name = Raw(self.pick(SPELLINGS_OF_TIMESTAMP)) if self.rng.random() < 0.2 else "timestamp"
        return name, Raw(self.pick(EDGE_TIMES))

    def coordinate(self):
        if self.odd(0.3):
            return Raw(self.pick(NUMBERS))
        return self.pick((round(self.rng.uniform(-500, 500), 2), self.rng.random(), self.rng.randrange(1000)))

    # ----------------------------------------------------------- prediction

    def prediction(self):
        if self.odd(0.06):
            return self.pick((None, Object(), [], Raw("NaN"), 1, True, "", "text", "{} {}", [[]], ["x"],
                              [1], [True], [None], [None, None], [Raw("NaN")], [Object()], ["{}", None],
                              Encoded([Object()]), Encoded(None), [Encoded([])], [Object(), []]))
        if self.odd(0.15):
            return [self.one_prediction() for _ in range(self.rng.randint(1, 4))]
        return self.one_prediction()

    def one_prediction(self):
        fields = []
        if not self.odd(0.08):
            fields.append((self.name("model_name"), self.model()))
        for name in ("score", "confidence"):
            if not self.odd(0.08):
                fields.append((self.name(name), self.measure()))
        if self.odd(0.04):
            name = self.pick(("model_name", "score", "confidence"))
            fields.append((self.name(name), self.model() if name == "model_name" else self.measure()))
        fields += self.extras(("prediction_", "metadata_", "prediction_", "line_"))
        if self.odd(0.4):
            self.rng.shuffle(fields)
        return self.maybe_encoded(Object(fields))

    def model(self):
        if self.odd(0.2):
            return self.pick(ODD_MODELS + SURROGATE_MODELS + (
                None, Raw("NaN"), Raw(r'"swipe\u005fmodel"'), Raw(r'"other\u005Fmod\u0065l"'), Raw(r'"m\ud83d\u0078"')))
        if self.odd(0.02):
            return self.pick((1, True, [], Object(), ["swipe_model"], Raw("0.5")))
        return self.pick(MODELS)

    def measure(self):
        value = self.rng.random()
        if self.rng.random() < 0.1:
            return Raw(self.pick(EDGE_MEASURES))
        if self.odd(0.12):
            return Raw(self.pick(NUMBERS[:-12] + NUMBERS[-6:]))
        if self.odd(0.06):
            return Raw(self.pick(("1e16", "-1e16", "1", "1.7e308", "-1.7e308", "4.9e-324", "9999999999999998",
                                  "1e-999", "1e4", "0.0001", "0.00001", "1e15", "1e22", "123456789012345680")))
        if self.odd(0.08):
            return self.pick(("0.93", "1e-3", "-0.50", "1E5", "0", "1e-999", "-0") + NUMBERS)
        if self.odd(0.08):
            return self.pick((None, "NaN", "null", "", Raw("NaN"), Raw("Infinity"), Raw("-Infinity"),
                              Raw(r'"\u004eaN"'), Raw(r'"n\u0075ll"')))
        if self.odd(0.03):
            return self.pick((True, [], [0.5], Object(), Raw("1e999"), Raw("-1e400"), "1e999") + NO_NUMBERS)
        return value

    # ----------------------------------------------------------- any value

    def any_value(self, depth: int = 0):
        """A value that is only carried along."""
        kind = self.rng.randrange(8 if depth < 3 else 5)
        if kind == 0:
            return Raw(self.pick(NUMBERS))
        if kind == 1:
            return self.pick((None, True, False, Raw(self.pick(NON_FINITE))))
        if kind <= 3:
            return self.pick(("", "NaN", "NaN, Infinity", "a\"b\\c/d", "\b\f\n\r\t", "\0", "\x7f", "\u2028",
                              "\ud800", "\udfff", "\ude00\ud83d", "\ud83dx", "é😀", '{"a":1}', "[[[", "\\",
                              "null", "x", "text", ","))
        if kind == 4:
            return self.rng.randrange(1000)
        if kind <= 6:
            return [self.any_value(depth + 1) for _ in range(self.rng.randrange(3))]
        return Object((self.pick(("a", "b", "é", "NaN", "x y", "")), self.any_value(depth + 1))
                      for _ in range(self.rng.randrange(3)))


def inserted(rng: random.Random, line: bytes, part: bytes) -> bytes:
    """The line with `part` put anywhere, inside a string if there is one."""
    quotes = [at for at, byte in enumerate(line) if byte == ord('"')]
    at = rng.choice(quotes) + 1 if quotes and rng.random() < 0.7 else rng.randrange(len(line) + 1)
    return line[:at] + part + line[at:]


def make_file(rng: random.Random, maker: LineMaker, lines: int) -> bytes:
    """The bytes of a file."""
    kind = rng.random()
    if kind < 0.02:
        return rng.choice((b"", BYTE_ORDER_MARK, b"\n", b"\r\n", b"\r", b" ", BYTE_ORDER_MARK + b"\n"))
    out = [BYTE_ORDER_MARK * rng.choice((1, 1, 1, 2))] if kind < 0.25 else []
    ends = rng.choice(((b"\n",), (b"\n",) * 9 + (b"\r\n", b"\r\n", b"\r\r\n"), (b"\r\n",)))
    for number in range(lines):
        line = maker.line().replace(b"\n", b" ")
        last = number == lines - 1
        out += [line, rng.choice(ends)] if not last or rng.random() < 0.6 else [line, rng.choice((b"", b"\r"))]
    return b"".join(out)


COLUMN_NAMES = ("mean", "Sum", "_", "__x", "lowest_score", "select", "null", "TRUE", "timestamp", "score", "count",
                "model_name", "number_of_collections", "mean_swipe_score", "a1", "X" * 100)
FIELDS_OF = {  # what functions may take, and what `where` may name
    "collections": (("timestamp",), ("collection_id", "timestamp")),
    "labels": (("timestamp",), ("collection_id", "timestamp", "platform", "behaviour_type")),
    "predictions": (("score", "confidence", "timestamp"),
                    ("collection_id", "timestamp", "score", "confidence", "model_name")),
}
NAMES_OF_FILTERS = {  # those of the data, and others
    "models": MODELS + ODD_MODELS + ("no_model", "swipe"),
    "behaviour_types": TYPES + ODD_TYPES + ("Swipes", "swipe", "no_type"),
    "platforms": PLATFORMS + ODD_PLATFORMS + ("Mobile", "other", "no_platform"),
}
FILTERS_OF = {"collections": (), "labels": ("behaviour_types", "platforms"), "predictions": ("models",)}


def make_aggregates(rng: random.Random) -> dict[str, dict]:
    """A random table of columns."""
    if rng.random() < 0.05:
        return {"number_of_collections": {"of": "collections", "count": "collection_id"},
                "weighted_mean_model_score": {"of": "predictions", "mean": "score", "weight": "confidence"},
                "mean_swipe_score": {"of": "predictions", "mean": "score", "models": ["swipe_model"]},
                "failed_keystroke_predictions": {"of": "predictions", "count": "rows", "where": "score is null",
                                                 "models": ["keystroke_model", "keystrokes_model"]}}
    table: dict[str, dict] = {}
    for number in range(rng.randint(1, 20)):
        name = rng.choice(COLUMN_NAMES)
        if any(name.lower() == other.lower() for other in table):
            name += f"_{number}"
        table[name] = make_column(rng)
    return table


def make_column(rng: random.Random) -> dict:
    """One column, its keys in any order."""
    of = rng.choice(("collections", "labels", "predictions", "predictions"))
    measures, conditions = FIELDS_OF[of]
    function = rng.choice(("count", "mean", "sum", "min", "max"))
    column = {"of": of, function: rng.choice(("rows", "collection_id") if function == "count" else measures)}
    if function == "mean" and of == "predictions" and rng.random() < 0.5:
        column["weight"] = rng.choice(("confidence", "confidence", "score", "timestamp"))
    for key in FILTERS_OF[of]:
        if rng.random() < 0.4:
            names = list(dict.fromkeys(NAMES_OF_FILTERS[key]))
            usual = [name for name in names if name in MODELS + TYPES + PLATFORMS]
            column[key] = rng.sample(rng.choice((usual, names)), rng.randint(1, 3))
    if rng.random() < 0.4:
        column["where"] = f"{rng.choice(conditions)} {rng.choice(('is null', 'is not null'))}"
    keys = rng.sample(sorted(column), len(column))
    return {key: column[key] for key in keys}


def make_recipe(rng: random.Random) -> dict:
    """A random recipe; every key is left out now and then."""
    recipe: dict = {}
    if rng.random() < 0.3:
        recipe["strict"] = rng.random() < 0.7
    if rng.random() < 0.5:
        recipe["sessions"] = rng.choice(("all", "collections"))
    if rng.random() < 0.75:  # half of all rounds: a third of those of the tests have no recipe
        recipe["aggregates"] = make_aggregates(rng)
    elif rng.random() < 0.8:
        recipe["models"] = {"swipe": rng.sample(MODELS, rng.randrange(1, 3)),
                            "keystroke": rng.sample(MODELS, rng.randrange(1, 3))}
    if rng.random() < 0.6:
        names = [name for name in TOP_NAMES if name not in ("behaviour", "prediction")]
        recipe["carry"] = rng.sample(names, rng.randrange(1, 5))
    if rng.random() < 0.4:
        pool = {"profile_id": ["user", "User Name"], "session_id": ["visit"], "timestamp": ["ts", "when"],
                "score": ["probability"], "model_name": ["model", "modèle"], "metadata": ["meta"],
                "behaviour": ["actions"], "prediction": ["result"]}
        recipe["aliases"] = {name: pool[name] for name in rng.sample(sorted(pool), rng.randrange(1, 4))}
    if rng.random() < 0.5:
        recipe["limits"] = {"line": rng.choice((300, 1000, 4096, 6000)),
                            "depth": rng.choice((6, 7, 8, 20, 128, 1000)),
                            "rows": rng.choice((400, 1000, 4096) + (8 << 30,) * 4)}
    if rng.random() < 0.6:
        names = ("missing_ids", "duplicate_ids", "unmatched_sessions", "missing_types", "rejected_lines",
                 "repairs", "repeated_lines", "range", "time")
        recipe["checks"] = {name: {"severity": rng.choice(("ignore", "warn", "fail")),
                                   "fail_above": rng.choice((0, 5, 1000, "0.1%", "5%", "50%", "100%"))}
                            for name in rng.sample(names, rng.randrange(1, 4))}
    return recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--lines", type=int, required=True, help="lines a file")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--recipe", type=Path, metavar="FILE", help="write a random recipe here")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    recipe = {}
    if arguments.recipe:
        recipe = make_recipe(rng)
        arguments.recipe.parent.mkdir(parents=True, exist_ok=True)
        arguments.recipe.write_text(json.dumps(recipe, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for dataset in ("collections", "predictions"):
        maker = LineMaker(rng, dataset, recipe)
        data = make_file(rng, maker, arguments.lines)
        (arguments.output / f"{dataset}.jsonl").write_bytes(data)


if __name__ == "__main__":
    main()
