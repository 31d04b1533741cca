"""Inputs that look for trouble where work is cut into splits."""

from __future__ import annotations

import base64
import random
from pathlib import Path

from lines import TIME, collection, compact, compressed, metadata, prediction, write_bytes, write_lines

MEBIBYTE = 1 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def record(dataset: str, number: int, filler: str = "") -> str:
    """A good line of some profile, as long as the filler makes it; the filler is not carried into rows."""
    ids = f"p{number % 5}", f"s{number % 11}", f"c{number}"
    line = collection(*ids, entries=number % 3) if dataset == "collections" else prediction(
        *ids, ("swipe_model", "keystroke_model")[number % 2], number % 7 / 7, number % 3 / 3)
    return f'{line[:-1]},"filler":"{filler}"}}' if filler else line


class EdgeFile:
    """Bytes of one data set, with lines that end and begin at chosen places."""

    def __init__(self, dataset: str, seed: int = 0):
        self.dataset = dataset
        self.data = bytearray()
        self.number = seed

    def add(self, line: bytes | str, end: bytes = b"\n") -> EdgeFile:
        self.data += (line.encode() if isinstance(line, str) else line) + end
        return self

    def good(self, filler: str = "", end: bytes = b"\n") -> EdgeFile:
        self.number += 1
        return self.add(record(self.dataset, self.number, filler), end)

    def bad(self) -> EdgeFile:
        """A line for quarantine, which tells where it stood."""
        self.number += 1
        return self.add(f"no line {self.number}")

    def some(self) -> EdgeFile:
        return self.bad().good().add(b"").good().bad()

    def fill(self, place: int, end: bytes = b"\n", letter: str = "x") -> EdgeFile:
        """A good line that, with its end, ends at this place of the file."""
        self.number += 1
        rest = place - len(self.data) - len(record(self.dataset, self.number, letter)) + len(letter) - len(end)
        assert rest > 0, "no room for a line"
        text = letter * (rest // len(letter.encode())) + "x" * (rest % len(letter.encode()))
        self.add(record(self.dataset, self.number, text), end)
        assert len(self.data) == place
        return self


def edges(dataset: str) -> dict[str, bytes]:
    """Files whose lines lie in every way around the multiples of 1 MiB, by name."""
    file = EdgeFile(dataset)
    boundary = iter(range(MEBIBYTE, 100 * MEBIBYTE, MEBIBYTE))
    file.data += BYTE_ORDER_MARK
    file.some().fill(next(boundary)).some()                                    # a line begins where a split does
    file.fill(next(boundary) + 1).some()                                       # the line's end is a split's first byte
    file.fill(next(boundary) + 1, b"\r\n").some()                              # \r before, \n after
    file.fill(next(boundary) + 2, b"\r\r\n").some()
    at = next(boundary)
    file.fill(at - 5).add(b"", b"\n" * 10).some()                              # blank lines across
    file.fill(next(boundary)).add(BYTE_ORDER_MARK + b"{}").some()              # a mark that is not at a file's start
    file.fill(next(boundary) + 777, letter="é").some()                         # letters of two bytes, at an odd place
    file.fill(next(boundary) + 778, letter="é").some()
    file.fill(next(boundary) - 40).good("x" * (3 * MEBIBYTE)).some()           # splits in which no line begins
    file.fill(13 * MEBIBYTE - 1).some().good("y" * MEBIBYTE)
    cut = EdgeFile(dataset, 100)
    cut.some().fill(MEBIBYTE - 100).add(b'{"a":"' + b"\xff" * 400 + b'"}').some()  # invalid UTF-8 across
    cut.fill(2 * MEBIBYTE - 9).add(b" \t" * 9).some()                          # a blank line of spaces
    cut.fill(3 * MEBIBYTE - 50).add(b"z" * (2 * MEBIBYTE)).some()              # rejected, over two splits
    cut.fill(6 * MEBIBYTE - 3, b"\r").data.extend(b"\n")                       # nothing special, and then the end
    cut.fill(7 * MEBIBYTE)
    one_more = EdgeFile(dataset, 200).some().fill(MEBIBYTE + 1, b"")           # the last byte is a split of its own
    only_an_end = EdgeFile(dataset, 300).some().fill(MEBIBYTE, b"").add(b"")
    ends_at_once = EdgeFile(dataset, 400).some().fill(2 * MEBIBYTE, b"")
    files = {"a-edges.jsonl": file, "b-cut.jsonl": cut, "c-one-more.jsonl": one_more, "d-only-an-end.jsonl": only_an_end,
             "e-at-once.jsonl": ends_at_once}
    return {name: bytes(each.data) for name, each in files.items()}


def write_edges(folder: Path) -> tuple[Path, Path]:
    for dataset in ("collections", "predictions"):
        for name, data in edges(dataset).items():
            if dataset == "collections" or name[0] not in "ab":  # once is enough for the large ones
                write_bytes(folder / dataset / name, data)
    return folder / "collections", folder / "predictions"


def too_long(dataset: str, limit: int) -> bytes:
    """Lines around the limit of their length, some of them over several splits, good ones between."""
    file = EdgeFile(dataset)
    for length in (limit - 1, limit, limit + 1, 3 * MEBIBYTE, 600, limit + 5000, limit):
        file.some()
        start = len(file.data)
        file.fill(start + length + 1).some()
    file.data += b" " * (limit + 1) + b"\n"
    file.some().data.extend(b"q" * (2 * MEBIBYTE))  # has no end
    return bytes(file.data)


def write_many_files(folder: Path, files: int = 45) -> tuple[Path, Path]:
    """So many tiny files of all kinds, others without a line, and compressed ones that are larger than a split."""
    rng = random.Random(files)
    for dataset in ("collections", "predictions"):
        place = folder / dataset
        for number in range(files):
            suffix = ("", ".gz", ".zst", "", "")[number % 5]
            lines = [record(dataset, rng.randrange(1000)) for _ in range(rng.randrange(4))]
            if number % 7 == 0:
                lines.insert(rng.randrange(len(lines) + 1), f"no line {number}")
            data = "\n".join(lines).encode() + (b"\n", b"", b"\r\n")[number % 3] * bool(lines)
            if number % 11 == 0:
                data = BYTE_ORDER_MARK + data
            write_bytes(place / f"{number % 4}/{number:02}.jsonl{suffix}", data)
        write_bytes(place / "empty.jsonl", b"")
        write_bytes(place / "empty.jsonl.gz", b"")
        write_bytes(place / "blank.jsonl", b"\n \n\t\r\n\n")
        write_bytes(place / "mark.jsonl", BYTE_ORDER_MARK)
        write_lines(place / "_hidden.jsonl", ["no line"])
        # Digits that do not compress to less than a split; in gzip's members, cut without regard to lines.
        dense = b"".join(record(dataset, number, f"{rng.getrandbits(4000):x}").encode() + b"\n" for number in range(2400))
        write_bytes(place / "dense.jsonl.zst", dense)
        members = [compressed(dense[at:at + 500_000], ".gz") for at in range(0, len(dense), 500_000)]
        (place / "members.jsonl.gz").write_bytes(b"".join(members))
        # And one that becomes much larger than it is stored.
        write_lines(place / "long.jsonl.gz", [record(dataset, number, "l" * 20_000) for number in range(150)])
    return folder / "collections", folder / "predictions"


def write_skewed(folder: Path, lines: int, entries: int, long_lines: int = 0) -> tuple[Path, Path]:
    """Half of all lines are of one profile, and a third of its sessions' are of one session.

    Between them are some lines of 1.5 MB that do not become shorter by compression.
    """
    rng = random.Random(3)
    collections, predictions = [], []
    for number in range(lines):
        giant = rng.random() < 0.5
        ids = ("giant" if giant else f"p{rng.randrange(200)}", "s" if giant and rng.random() < 0.3 else f"s{rng.randrange(500)}",
               f"c{number}")
        more = {}
        if long_lines and number % (lines // long_lines) == 7:
            more["dense"] = base64.b64encode(rng.randbytes(1_125_000)).decode()
        collections.append(collection(*ids, entries=entries, **more))
        predictions.append(prediction(*ids, rng.choice(("swipe_model", "keystroke_model")), rng.random(), rng.random()))
    return write_lines(folder / "collections.jsonl", collections), write_lines(folder / "predictions.jsonl", predictions)


def write_plain(folder: Path, megabytes: int = 12, profiles: int = 60) -> tuple[Path, Path]:
    """Canonical lines of many profiles, with one rejected line in 500 and a session for every profile."""
    paths = []
    for dataset, share in (("collections", 0.8), ("predictions", 0.2)):
        lines, size, number = [], 0, 0
        while size < megabytes * 1e6 * share:
            number += 1
            ids = f"p{number % profiles}", f"s{number % (3 * profiles)}", f"c{number}"
            line = collection(*ids, entries=4) if dataset == "collections" else prediction(*ids, score=number % 10 / 10)
            lines.append("no line" if number % 500 == 0 else line)
            size += len(lines[-1]) + 1
        paths.append(write_lines(folder / f"{dataset}.jsonl", lines))
    return tuple(paths)


def missing_ids() -> tuple[list[str], list[str]]:
    """Lines without some of their ids, in every way."""
    ways = [{}, {"profile_id": None}, {"profile_id": ""}, {"profile_id": " "}, {"session_id": None}, {"session_id": "\t"},
            {"collection_id": None}, {"profile_id": None, "session_id": None, "collection_id": None}, {"profile_id": "null"},
            {"profile_id": "__HIVE_DEFAULT_PARTITION__"}, {"profile_id": "../../x"}, {"profile_id": "a\nb"}]
    ids = [{**metadata(collection=f"c{number}"), **way} for number, way in enumerate(ways)]
    ids += [{name: value for name, value in metadata().items() if name != left_out}
            for left_out in ("profile_id", "session_id", "collection_id", "timestamp")]
    collections = [compact({"metadata": each, "behaviour": {"mobile": {"taps": [{"timestamp": TIME}, 1]}}}) for each in ids]
    predictions = [compact({"metadata": each, "prediction": {"model_name": "swipe_model", "score": None}}) for each in ids]
    return [*collections, "{}", '{"metadata":null}'], [*predictions, "{}", '{"prediction":[]}']
