"""A strict JSON parser over bytes that remembers how every value was spelled.

Python's own parser is too lax in places (it accepts duplicate keys silently,
takes control characters when asked to) and forgets the spelling everywhere
(`1.0`, `\\u0041`), so rows could not be spliced verbatim from it. This one is
slow and plain: one function per production of RFC 8259, nothing clever.

On top of the RFC it accepts the three bare tokens that Python's `json.dumps`
writes for non-finite floats (`NaN`, `Infinity`, `-Infinity`) as nulls, and it
limits the nesting depth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

WHITE_SPACE = b" \t\n\r"
NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]*)")
ESCAPED_UNIT = re.compile(rb"[0-9a-fA-F]{4}")
SIMPLE_ESCAPES = {
    0x22: '"', 0x5C: "\\", 0x2F: "/", 0x62: "\b",
    0x66: "\f", 0x6E: "\n", 0x72: "\r", 0x74: "\t",
}
WORDS = (
    (b"true", "true"), (b"false", "false"), (b"null", "null"),
    (b"NaN", "null"), (b"Infinity", "null"), (b"-Infinity", "null"),
)


class JsonError(Exception):
    """The text is not one complete JSON value."""


class TooDeep(Exception):
    """A bracket opens beyond the depth limit, before any other fault."""


@dataclass
class Value:
    """One JSON value.

    `kind` is object, array, string, number, true, false or null. `token` is
    the value's text without insignificant white space; the non-finite tokens
    are already `null` in it, and `has_non_finite` says that there was one.
    """

    kind: str
    token: bytes
    members: list[Member] = field(default_factory=list)
    items: list[Value] = field(default_factory=list)
    has_non_finite: bool = False

    @property
    def text(self) -> str:
        """The unescaped text of a string; lone surrogates stay as they are."""
        return unescape(self.token)


@dataclass
class Member:
    """One `"name": value` of an object; `key` is the name's raw token."""

    key: bytes
    name: str
    value: Value


NULL = Value("null", b"null")


def parse(text: bytes, depth_limit: int) -> Value:
    """Parse `text`, valid UTF-8, as exactly one JSON value.

    Raises JsonError or TooDeep, whichever fault's byte comes first.
    """
    return _Parser(text, depth_limit).document()


def unescape(token: bytes) -> str:
    """The text that a string token (with its quotes) stands for."""
    body = token[1:-1]
    out: list[str] = []
    at = 0
    while at < len(body):
        next_escape = body.find(b"\\", at)
        if next_escape != at:
            end = len(body) if next_escape < 0 else next_escape
            out.append(body[at:end].decode("utf-8"))
            at = end
        elif body[at + 1] == ord("u"):
            out.append(chr(int(body[at + 2:at + 6], 16)))
            at += 6
        else:
            out.append(SIMPLE_ESCAPES[body[at + 1]])
            at += 2
    return _join_surrogate_pairs("".join(out))


def _join_surrogate_pairs(text: str) -> str:
    """Join each high surrogate with the low one right after it."""
    return re.sub(
        "[\ud800-\udbff][\udc00-\udfff]",
        lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"),
        text,
    )


def string_units(token: bytes) -> list[bytes]:
    """The body of a string token cut into its escapes and single bytes."""
    return re.findall(rb"\\u[0-9a-fA-F]{4}|\\.|[^\\]", token[1:-1], re.DOTALL)


def is_token(text: bytes) -> bool:
    """Whether `text` is exactly a number or one of the words."""
    return NUMBER.fullmatch(text) is not None or any(text == word for word, _ in WORDS)


def is_number(text: str) -> bool:
    """Whether `text` is exactly one JSON number."""
    return text.isascii() and NUMBER.fullmatch(text.encode()) is not None


def quote(text: str) -> bytes:
    """`text` as a JSON string with the fewest escapes, in lower case."""
    out = ['"']
    short = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char in short:
            out.append(short[char])
        elif char < " " or "\ud800" <= char <= "\udfff":
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    out.append('"')
    return "".join(out).encode("utf-8")


class _Parser:
    def __init__(self, text: bytes, depth_limit: int):
        self.text = text
        self.at = 0
        self.depth = 0
        self.depth_limit = depth_limit

    def document(self) -> Value:
        self.skip_white_space()
        root = self.value()
        self.skip_white_space()
        if self.at != len(self.text):
            raise JsonError(f"more text after the value at byte {self.at}")
        return root

    def peek(self) -> bytes:
        return self.text[self.at:self.at + 1]

    def skip_white_space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in WHITE_SPACE:
            self.at += 1

    def value(self) -> Value:
        start = self.peek()
        if start == b"{":
            return self.object()
        if start == b"[":
            return self.array()
        if start == b'"':
            return Value("string", self.string())
        for word, kind in WORDS:
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return Value(kind, kind.encode(), has_non_finite=word[-1:] in (b"N", b"y"))
        number = NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            return Value("number", number[0])
        raise JsonError(f"no JSON value at byte {self.at}")

    def open_bracket(self) -> None:
        if self.depth == self.depth_limit:
            raise TooDeep(f"nesting deeper than {self.depth_limit} at byte {self.at}")
        self.depth += 1
        self.at += 1
        self.skip_white_space()

    def close_bracket(self) -> None:
        self.depth -= 1
        self.at += 1

    def another(self, closing: bytes) -> bool:
        """After a member or an item: True at a comma, False at the bracket."""
        self.skip_white_space()
        if self.peek() == b",":
            self.at += 1
            self.skip_white_space()
            return True
        if self.peek() == closing:
            return False
        raise JsonError(f"',' or {closing.decode()!r} should be at byte {self.at}")

    def object(self) -> Value:
        self.open_bracket()
        members: list[Member] = []
        if self.peek() != b"}":
            members.append(self.member())
            while self.another(b"}"):
                members.append(self.member())
        self.close_bracket()
        body = b",".join(member.key + b":" + member.value.token for member in members)
        non_finite = any(member.value.has_non_finite for member in members)
        return Value("object", b"{" + body + b"}", members=members, has_non_finite=non_finite)

    def member(self) -> Member:
        if self.peek() != b'"':
            raise JsonError(f"a field name should be at byte {self.at}")
        key = self.string()
        self.skip_white_space()
        if self.peek() != b":":
            raise JsonError(f"':' should be at byte {self.at}")
        self.at += 1
        self.skip_white_space()
        return Member(key, unescape(key), self.value())

    def array(self) -> Value:
        self.open_bracket()
        items: list[Value] = []
        if self.peek() != b"]":
            items.append(self.value())
            while self.another(b"]"):
                items.append(self.value())
        self.close_bracket()
        body = b",".join(item.token for item in items)
        non_finite = any(item.has_non_finite for item in items)
        return Value("array", b"[" + body + b"]", items=items, has_non_finite=non_finite)

    def string(self) -> bytes:
        """Consume a string and return its token, quotes included."""
        start = self.at
        self.at += 1
        while self.at < len(self.text):
            byte = self.text[self.at]
            if byte == ord('"'):
                self.at += 1
                return self.text[start:self.at]
            if byte < 0x20:
                raise JsonError(f"control character in a string at byte {self.at}")
            self.at += self.escape_length() if byte == ord("\\") else 1
        raise JsonError(f"unterminated string at byte {start}")

    def escape_length(self) -> int:
        letter = self.text[self.at + 1:self.at + 2]
        if letter == b"u":
            if not ESCAPED_UNIT.match(self.text, self.at + 2):
                raise JsonError(f"bad \\u escape at byte {self.at}")
            return 6
        if not letter or letter[0] not in SIMPLE_ESCAPES:
            raise JsonError(f"bad escape at byte {self.at}")
        return 2
