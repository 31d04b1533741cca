"""Which files are inputs, how they are called, what is in them, and where their lines are.

`find` gives the files of a data set, `decompressed` the bytes of one,
`framing_of` what its records are, `cut_lines` and `cut_values` its lines.
"""

from __future__ import annotations

import glob
import io
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import json_text
from json_text import JsonError, TooDeep

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
INPUT_NAME = re.compile(r".*\.(jsonl|ndjson|json)(\.gz|\.zst)?", re.DOTALL)
WILDCARD = re.compile(r"[*?[]")
LOOK = 1 << 20
LOOK_OF_UNUSABLE = 64 << 10
ASCII = rb"[\t\r\n\x20-\x7e]"
WIDE = re.compile(b"|".join(form % ASCII for form in (
    rb"(?:%s\0){2}", rb"(?:\0%s){2}", rb"(?:%s\0\0\0){2}", rb"(?:\0\0\0%s){2}")))


# ------------------------------------------------------------ files and names

@dataclass
class InputFile:
    """A file, its name, and what the name may be changed by."""

    path: str
    relative: str
    folder: str
    argument: int
    name: str = ""


@dataclass
class Found:
    """The files of a data set in their order, and the names of what is passed over."""

    files: list[InputFile]
    passed_over: list[str]


def find(arguments: list[str]) -> Found:
    """The input files of the arguments; a file met twice counts once."""
    read: dict[str, InputFile] = {}
    passed_over: dict[str, str] = {}
    for position, argument in enumerate(arguments, 1):
        folder, names, others = matched(argument)
        for name in sorted(names, key=os.fsencode):
            path = os.path.join(folder, name)
            last = os.path.basename(folder.rstrip("/")) or "."
            read.setdefault(os.path.realpath(path), InputFile(path, name, last, position))
        for name in sorted(others, key=os.fsencode):
            passed_over.setdefault(os.path.realpath(os.path.join(folder, name)), name)
    files = list(read.values())
    give_names(files)
    return Found(files, [name for path, name in passed_over.items() if path not in read])


def matched(argument: str) -> tuple[str, list[str], list[str]]:
    """The folder that names are relative to, the names to read, and the names passed over."""
    if os.path.isdir(argument):
        names = names_below(argument)
        return argument, [n for n in names if is_read(n)], [n for n in names if not is_read(n)]
    if os.path.isfile(argument):
        return os.path.dirname(argument), [os.path.basename(argument)], []
    wildcard = WILDCARD.search(argument)
    if not wildcard:
        sys.exit(f"{argument}: there is no such file or folder")
    fixed = argument[:argument.rfind("/", 0, wildcard.start()) + 1]
    paths = [path for path in glob.glob(argument, recursive=True) if os.path.isfile(path)]
    return fixed, [path[len(fixed):] for path in paths], []


def names_below(folder: str) -> list[str]:
    """The relative names of all files below a folder."""
    return [os.path.relpath(os.path.join(parent, name), folder)
            for parent, _, names in os.walk(folder, followlinks=True) for name in names]


def is_read(name: str) -> bool:
    parts = name.split("/")
    return all(part[0] not in "_." for part in parts) and bool(INPUT_NAME.fullmatch(parts[-1]))


def give_names(files: list[InputFile]) -> None:
    """The relative names, and what stands before those that are not unique."""
    times = Counter(file.relative for file in files)
    for file in files:
        alone = times[file.relative] == 1
        file.name = file.relative if alone else file.folder + "/" + file.relative
    times = Counter(file.name for file in files)
    for file in files:
        if times[file.name] > 1:
            file.name = f"{file.argument}:{file.relative}"


# ---------------------------------------------------------------- compression

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"


def is_skippable(data: bytes) -> bool:
    """Whether a skippable frame of Zstandard begins here."""
    return len(data) >= 4 and data[0] & 0xF0 == 0x50 and data[1:4] == b"\x2a\x4d\x18"


def compression_of_name(name: str) -> str:
    return "gzip" if name.endswith(".gz") else "zstd" if name.endswith(".zst") else "none"


def decompressed(path: str) -> tuple[bytes, str]:
    """The bytes of an input file, and the compression that its content shows."""
    data = Path(path).read_bytes()
    if data.startswith(GZIP):
        return from_gzip(data), "gzip"
    if data.startswith(ZSTD) or is_skippable(data):
        return from_zstd(data), "zstd"
    return data, "none"


def from_gzip(data: bytes) -> bytes:
    """All members; zero bytes may stand at the very end."""
    out = []
    while data.strip(b"\0"):
        member = zlib.decompressobj(wbits=31)
        try:
            out.append(member.decompress(data))
        except zlib.error as error:
            sys.exit(f"the gzip stream is corrupt: {error}")
        if not member.eof:
            sys.exit("the gzip stream is truncated")
        data = member.unused_data
    return b"".join(out)


def from_zstd(data: bytes) -> bytes:
    """All frames; skippable ones hold nothing, and zero bytes may stand at the very end."""
    import pyarrow  # only for inputs that need it

    out = []
    while data.strip(b"\0"):
        if is_skippable(data):
            length = 8 + int.from_bytes(data[4:8], "little")
        elif data.startswith(ZSTD):
            length = length_of_frame(data)
            frame = io.BytesIO(data[:length])
            out.append(pyarrow.input_stream(frame, compression="zstd").read())
        else:
            sys.exit("there is more after the end of the Zstandard frames")
        if length > len(data):
            sys.exit("the Zstandard stream is truncated")
        data = data[length:]
    return b"".join(out)


def length_of_frame(data: bytes) -> int:
    """The length of the Zstandard frame that `data` begins with (RFC 8878, 3.1.1)."""
    descriptor = data[4]
    single_segment = descriptor >> 5 & 1
    length_of_size = (single_segment, 2, 4, 8)[descriptor >> 6]
    length_of_dictionary = (0, 1, 2, 4)[descriptor & 3]
    at = 5 + (1 - single_segment) + length_of_dictionary + length_of_size
    last = 0
    while not last and at < len(data):
        block = int.from_bytes(data[at:at + 3], "little")
        last, kind, size = block & 1, block >> 1 & 3, block >> 3
        at += 3 + (1 if kind == 1 else size)
    return at + (4 if descriptor >> 2 & 1 else 0)


# --------------------------------------------------------------------- lines

@dataclass
class Line:
    """One line of an input, or a value in its place: where it stands, and its bytes.

    `raw` is what quarantine shows, without the line end; `text` is what is
    parsed, without the byte-order mark that `marked` tells of.
    """

    dataset: str
    file: str
    number: int
    offset: int
    raw: bytes
    text: bytes
    marked: bool
    is_value: bool


def non_blank(line: Line) -> bool:
    """A value is never blank, not even an empty one."""
    return line.is_value or line.text.strip(b" \t") != b""


def is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def beginning(data: bytes) -> int:
    """Where the first line begins: after the byte-order mark of the file."""
    return len(BYTE_ORDER_MARK) if data.startswith(BYTE_ORDER_MARK) else 0


def cut_lines(dataset: str, file: str, data: bytes) -> list[Line]:
    """Cut a file into lines at `\\n`, dropping one `\\r`."""
    offset = beginning(data)
    lines: list[Line] = []
    while offset < len(data):
        newline = data.find(b"\n", offset)
        end = len(data) if newline < 0 else newline
        raw = data[offset:end].removesuffix(b"\r")
        marked = bool(lines) and raw.startswith(BYTE_ORDER_MARK)
        text = raw.removeprefix(BYTE_ORDER_MARK) if marked else raw
        lines.append(Line(dataset, file, len(lines) + 1, offset, raw, text, marked, is_value=False))
        offset = end + 1
    return lines


def cut_values(dataset: str, file: str, data: bytes) -> Iterator[Line]:
    """Cut a file into JSON values, each of which takes the place of a line."""
    number, counted = 1, 0
    for value in values_of(data, beginning(data), open_arrays=True):
        number += data.count(b"\n", counted, value.offset)
        counted = value.offset
        raw = data[value.offset:value.end]
        yield Line(dataset, file, number, value.offset, raw, raw, value.marked, is_value=True)


# -------------------------------------------------------------------- values

SEPARATORS = b" \t\r\n,\x1e"
TOKEN = re.compile(rb'[^ \t\r\n,\x1e{}\[\]"]+')
CLOSING = {b"{": b"}", b"[": b"]"}


@dataclass
class Piece:
    """Where a value stands, and whether a byte-order mark stands before it."""

    offset: int
    end: int
    marked: bool


def values_of(data: bytes, at: int, open_arrays: bool) -> Iterator[Piece]:
    """The values from `at` on; without `open_arrays` an array is one value."""
    in_array = False
    while True:
        while at < len(data) and data[at] in SEPARATORS:
            at += 1
        if at == len(data):
            break
        marked = data.startswith(BYTE_ORDER_MARK, at)
        start = at + len(BYTE_ORDER_MARK) if marked else at
        first = data[start:start + 1]
        if first == b"[" and open_arrays and not in_array:
            in_array = True
            at = start + 1
            continue
        if first == b"]" and in_array and not marked:  # a mark before it is garbage
            in_array = False
            at = start + 1
            continue
        end = None if marked and first == b"]" else end_of_value(data, start)
        if end is None:
            start, marked = at, False
            end = end_of_line(data, at)
        yield Piece(start, end, marked)
        at = end
    if in_array:
        yield Piece(len(data), len(data), False)


def end_of_value(data: bytes, start: int) -> int | None:
    """The end of the value that begins at `start`; None where none does."""
    first = data[start:start + 1]
    if first in CLOSING:
        return after_bracket(data, start)
    if first == b'"':
        return after_string(data, start, end_of_line(data, start))
    if first == b"]":
        return start + 1
    token = TOKEN.match(data, start)
    return token.end() if token and json_text.is_token(token[0]) else None


def after_bracket(data: bytes, start: int) -> int:
    """Behind the bracket that closes the one at `start`, or the end of the file."""
    opening = data[start:start + 1]
    closing = CLOSING[opening]
    depth = 0
    at = start
    while at < len(data):
        byte = data[at:at + 1]
        if byte == b'"':
            at = after_string(data, at, len(data))
            continue
        depth += (byte == opening) - (byte == closing)
        at += 1
        if depth == 0:
            return at
    return len(data)


def after_string(data: bytes, start: int, end: int) -> int:
    """Behind the quote that ends the string at `start`, or `end` where none does."""
    at = start + 1
    while at < end:
        if data[at] == ord('"'):
            return at + 1
        at += 2 if data[at] == ord("\\") else 1
    return end


def end_of_line(data: bytes, start: int) -> int:
    """The end of the line without its `\\r`, but not before `start`."""
    newline = data.find(b"\n", start)
    end = len(data) if newline < 0 else newline
    return end - 1 if data[end - 1:end] == b"\r" and end - 1 > start else end


# ------------------------------------------------------------------ framing

def framing_of(data: bytes, depth_limit: int) -> str:
    """What `auto` takes the file for: "lines" or "values"."""
    start = beginning(data)
    look = data[start:start + LOOK]
    if look.lstrip(json_text.WHITE_SPACE)[:1] in (b"[", b"\x1e"):
        return "values"
    first = next(values_of(look, 0, open_arrays=False), None)
    if first:
        text = look[first.offset:first.end]
        if b"\n" in text and is_valid_object(text, depth_limit):
            return "values"
    *complete, last = look.split(b"\n")
    if last and start + LOOK >= len(data):
        complete.append(last)
    if not complete:
        return "values" if are_objects(look, depth_limit, cut_off=True) else "lines"
    complete = [line for line in complete if not is_blank(line)]
    if complete and all(are_objects(line, depth_limit, cut_off=False) for line in complete):
        return "values"
    return "lines"


def is_blank(line: bytes) -> bool:
    return not line.removesuffix(b"\r").removeprefix(BYTE_ORDER_MARK).strip(b" \t")


def are_objects(text: bytes, depth_limit: int, cut_off: bool) -> bool:
    """Whether the text is two or more values, all valid objects; an object that `cut_off` ends is left out."""
    pieces = list(values_of(text, 0, open_arrays=False))
    if cut_off and pieces and pieces[-1].end == len(text) and text[-1:] not in (b"}", b"]"):
        last = text[pieces[-1].offset:]
        if last.startswith(b"{") or BYTE_ORDER_MARK.startswith(last):
            pieces.pop()
    return len(pieces) >= 2 and all(
        is_valid_object(text[piece.offset:piece.end], depth_limit) for piece in pieces)


def is_valid_object(text: bytes, depth_limit: int) -> bool:
    if not text.startswith(b"{") or not is_utf8(text):
        return False
    try:
        json_text.parse(text, depth_limit)
    except (JsonError, TooDeep):
        return False
    return True


# ------------------------------------------------------------ unusable files

def looks_like(data: bytes) -> str | None:
    """What a file that cannot be used looks like, where the first marks make it certain."""
    look = data[:LOOK_OF_UNUSABLE]
    if look.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or WIDE.match(look):
        return "UTF-16 or UTF-32"
    if b"\0" * 64 in look:
        return "a long run of NULs"
    text = look[beginning(look):].lstrip(json_text.WHITE_SPACE)
    if text.startswith(b"version https://git-lfs.github.com/spec/"):
        return "a Git LFS pointer"
    if re.match(rb"<[!?a-zA-Z]", text):
        return "HTML or XML"
    if text.startswith(b"["):
        return "a JSON array"
    if text.startswith(b"{'") and b"\r" not in text:
        return "Python literals"
    return None
