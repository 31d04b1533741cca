#!/usr/bin/env python3
"""Seed corpora for the fuzz targets.

    seeds.py OUTPUT [--gristmill PROGRAM]

writes OUTPUT/<target>/<hash> from the examples, the cases in tests/cases and the
hostile inputs of the tests: the same files every time. With a gristmill that
knows `generate`, lines of its making are added. Options that a target takes
from the end of its input stand there here too; see the targets.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "reference"))
sys.dont_write_bytecode = True
import hostile  # noqa: E402

LONGEST = 4000  # bytes of a seed
PAYLOADS = {"collections": "behaviour", "predictions": "prediction"}

RECIPES = (
    "", "# nothing\n", "output: out\n", "limits: {line: 16MiB, depth: 5}\nstrict: true\n",
    "collections: ['*.jsonl', a/b]\npredictions:\n  - p.jsonl\n  - \"q\\n\"\ncarry: [app, x]\n",
    "aliases: {profile_id: [user, uid], metadata: meta}\nmodels: {swipe: [a], keystroke: []}\n",
    "checks:\n  range: ignore\n  rejected_lines: {severity: fail, fail_above: 0.1%}\n  time:\n    fail_above: 10\n",
    "threads: 2\nmemory: 1.5GiB\nsessions: all\nsha256: yes\nfsync: off\n", "a: &a [*a]\n", "? {a: b}\n: c\n",
    "--- \noutput: x\n...\n---\noutput: y\n", "output: |\n  text\n", "output: 'not closed\n", "!!binary x: y\n",
    "\ufeffoutput: out\r\nstrict: no\r\n", "<<: {output: o}\n", "{output: out, limits: {line: 1}}\n", "[" * 40,
    "limit: {lin: 1}\n", "%YAML 1.2\n---\noutput: o\n", "a:\tb\n", "\tb: 1\n",
)
DOTENVS = (
    "", "# a comment\n", "export GRISTMILL_OUTPUT=/data/out  # rest\n", "GRISTMILL_CARRY = \"a,b\"\n",
    "NAME='single \\' and \\\\'\nGRISTMILL_THREADS=2\n", "A=\"double \\n \\t \\\" \\\\ \\$ and\na line\"\n",
    "GRISTMILL_CARRY=a\\,b,c\n", "\ufeffA=1\r\nB=2\r\n", "not a line\nA=$HOME ${HOME}\n", "GRISTMILL_OUTPUT\n",
    "GRISTMILL_LIMITS_LINE=16MiB\nGRISTMILL_STRICT=true\n", "A=\"open", "A='x' y\n", "GRISTMILL_UNKNOWN=1\n",
    "GRISTMILL_TEST_FAULT=1\nAWS_SECRET_ACCESS_KEY=abc\n", "export\n", "export A\n", "A=#b\nB= #c\nC=d#e\n",
)
GLOBS = (
    ("*.jsonl", "a.jsonl"), ("**/*.json", "a/b/c.json"), ("a/**", "a/b/c"), ("[a-c]?.j*", "bx.json"),
    ("[!a]*", "b"), ("**", ".a/b"), ("*/.x", "a/.x"), ("é?", "éa"), ("[é-ü]", "ö"), ("[]a]", "]"), ("[", "["),
    ("a*b*c", "aXbYbc"), ("**/**/x", "a/x"), ("[!]a]", "b"), ("[a-]", "-"), ("?", "😀"), ("a/", "a"), ("[c-a]", "b"),
)
TIMES = (
    "2025-05-15T08:51:59Z", "2025-05-15 08:51:59", "2025-05-15t08:51:59.123456+02:00", "2024-02-29T23:59:59.9995z",
    "1900-02-29T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.9999-2359", "1970-01-01T00:00:00.0005",
    "2025-05-15T08:51:60Z", "2025-05-15T24:00:00Z", "0000-01-01T00:00:00Z", "2025-05-15T08:51:59+24:00",
)
DOUBLES = (0.0, -0.0, 1.0, 0.1, 1e16, 9999999999999998.0, 1e-4, 9.999e-5, 5e-324, 1.7976931348623157e308, 2.0**70,
           1 / 3, 123456.789, 1e22, 1e23, 9007199254740993.0, -2.5e-7)


class Corpus:
    def __init__(self, folder: Path):
        self.folder = folder

    def add(self, target: str, data: bytes) -> None:
        if len(data) > LONGEST:
            return
        folder = self.folder / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def read_lines(path: Path, most: int) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:most] if path.exists() else []


def lines_of(dataset: str, program: str | None) -> list[bytes]:
    lines: list[bytes] = []
    for path in sorted((ROOT / "examples" / dataset).glob("*.jsonl")):
        lines += read_lines(path, 40)
    for path in sorted((ROOT / "tests" / "cases").glob(f"*/in/{dataset}.jsonl")):
        lines += read_lines(path, 400)
    for seed in range(6):
        rng = random.Random(seed)
        recipe = hostile.make_recipe(rng) if seed % 2 else {}
        maker = hostile.LineMaker(rng, dataset, recipe)
        lines += hostile.make_file(rng, maker, 120).split(b"\n")
    lines += hostile.SPECIAL_LINES
    if program and Path(program).exists():
        with tempfile.TemporaryDirectory() as folder:
            command = [program, "generate", f"{folder}/data", "--profiles", "20", "--sessions", "2", "--collections", "2",
                       "--behaviours", "4", "--anomaly", "repairs=50%", "--anomaly", "rejections=20%",
                       "--line-limit", f"{LONGEST}"]
            made = subprocess.run(command, capture_output=True, check=False)
            if made.returncode == 0:
                for path in sorted(Path(folder, "data", dataset).glob("*.jsonl")):
                    lines += read_lines(path, 200)
    return [line for line in dict.fromkeys(lines) if len(line) <= LONGEST - 2]


def add_lines(corpus: Corpus, dataset: str, lines: list[bytes], rng: random.Random) -> None:
    which = 0 if dataset == "collections" else 1
    usual = [line for line in lines if line.startswith((b'{"metadata":{"profile_id":', b'{"metadata": {"profile_id":'))]
    for line in lines:
        corpus.add("line", line + bytes([which | rng.choice((0, 2)), rng.randrange(32)]))
        if rng.random() > 0.2:
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(value, dict):
            continue
        for name, metadata in (("metadata", True), (PAYLOADS[dataset], False)):
            if name not in value:
                continue
            part = json.dumps(value[name]).encode()
            choice = 2 | which << 2 | (8 if metadata else 0)
            corpus.add("decoded_strings", part + bytes([choice]))
            corpus.add("decoded_strings", json.dumps(json.dumps(value[name]))[1:-1].encode() + b"\0")
            corpus.add("decoded_strings", part + b"\x01")
            if not metadata:
                compact = json.dumps(value[name], separators=(",", ":")).encode()
                corpus.add("fast_against_complete", compact + bytes([which | 4, 0]))
                corpus.add("fast_against_complete", part + bytes([which | 4 | 8, 0]))
    for _ in range(120):
        chosen = rng.sample(usual, min(3, len(usual)))
        corpus.add("fast_against_complete", b"\n".join(chosen) + bytes([which | rng.choice((0, 2)), rng.choice((0, 0, 1, 8, 16))]))


def add_entries(corpus: Corpus, rng: random.Random) -> None:
    """Entries as lists hold them, with the place and kind of a change (fast_against_complete)."""
    for _ in range(200):
        entry = {"timestamp": rng.choice((1747299119100, 10, -1, 0, 1.5e-7)),
                 rng.choice(("x", "é", "key_hash")): rng.choice((0, 10.25, "ab12", "é", "a\nb", None, [1, {"y": 2}]))}
        separators = rng.choice(((",", ":"), (", ", ": ")))
        text = json.dumps(entry, separators=separators, ensure_ascii=rng.random() < 0.5).encode()
        change = rng.choice((1, 0x10, 0x30 ^ 0x31, 0x31 ^ 0x30, ord('"') ^ ord("a"), 0x80, ord("1") ^ ord(".")))
        corpus.add("fast_against_complete", text + bytes([change, rng.randrange(60), 16, 0]))


def add_strings(corpus: Corpus) -> None:
    texts = hostile.HOSTILE_IDS + hostile.LONG_IDS + hostile.SURROGATE_IDS + hostile.WHITE_SPACES
    for text in texts:
        corpus.add("decoded_strings", json.dumps(text)[1:-1].encode() + b"\0")
        corpus.add("decoded_strings", text.encode("utf-8", "surrogatepass") + b"\x01")
    for part in hostile.BROKEN_UTF8 + hostile.EDGE_UTF8:
        corpus.add("decoded_strings", b"a" + part + b"\x01")


def add_numbers(corpus: Corpus) -> None:
    for text in hostile.NUMBERS + hostile.EDGE_SECONDS + hostile.NO_NUMBERS + TIMES:
        corpus.add("numbers_and_times", text.encode())
    for value in DOUBLES:
        corpus.add("numbers_and_times", struct.pack("<d", value))


def add_settings(corpus: Corpus, rng: random.Random) -> None:
    for text in RECIPES:
        corpus.add("recipe", text.encode())
    for _ in range(40):
        corpus.add("recipe", json.dumps(hostile.make_recipe(rng), ensure_ascii=False, indent=1).encode())
    page = (ROOT / "docs" / "guide" / "settings.md").read_text(encoding="utf-8")
    for block in page.split("```yaml\n")[1:]:
        corpus.add("recipe", block.split("```")[0].encode())
    for text in DOTENVS:
        corpus.add("dotenv", text.encode())


def manifest(run: str, files: list[tuple[str, int]], sha256: bool = False, header: str = '"version":"0.1.0",\n') -> str:
    lines = []
    for path, size in sorted(files, key=lambda file: file[0].encode()):
        digest = hashlib.md5(path.encode()).hexdigest()
        line = f'{{"path":{json.dumps(path, ensure_ascii=False)},"size":{size},"xxh3_128":"{digest}"'
        lines.append(line + (f',"sha256":"{digest * 2}"}}' if sha256 else "}"))
    listed = ",\n".join(lines) + ("\n" if lines else "")
    total = sum(size for _, size in files)
    return (f'{{"manifest":1,"run_id":"{run}",\n{header}"files":[\n{listed}],\n'
            f'"file_count":{len(files)},"byte_count":{total}}}\n')


def add_manifests(corpus: Corpus) -> None:
    files = [("labels/profile-id=p1/collections.jsonl", 512), ("validation/report.json", 90)]
    more = files[:1] + [("a", 0), ("labels/profile-id=é/collections.jsonl", 7), ("aggregated-result/data.parquet", 3)]
    evil = [("labels/mine", 1), ("mine", 4)]
    manifests = [manifest("run-1", []), manifest("run-1", files), manifest("run-2", more, sha256=True),
                 manifest("run-1", evil), manifest("run-1", files, header=""), manifest("run-1", [("../x", 1)]),
                 manifest("run-1", [("_staging/run-2/_manifest.json", 1)]), manifest("run-1", [("a\\nb", 2)])]
    for text in manifests:
        corpus.add("manifest_and_journal", text.encode() + b"\0")
    for old in manifests:
        for new in manifests[:5]:
            corpus.add("manifest_and_journal", old.encode() + b"\n" + new.encode() + b"\2")
    digits = "0123456789abcdef" * 2
    for run in ("run-1", "20250515T085159Z-4f1c", "..", ""):
        for replaces in ("", digits):
            record = f'{{"run_id":"{run}","manifest":"{digits}","replaces":"{replaces}"}}\n'
            corpus.add("manifest_and_journal", record.encode() + b"\1")


def add_streams(corpus: Corpus, lines: list[bytes], rng: random.Random) -> None:
    texts = [b"", b"\n", b"a", b"a\r\nb", b"\xef\xbb\xbf", b"\xef\xbb\xbfa\n", b"\n\r\n\r", b"abc" * 900 + b"\n" + b"x\r",
             b"\xef\xbb", b"x" * 4096 + b"\r\n"] + [b"\n".join(rng.sample(lines, 3)) for _ in range(20)]
    for text in texts:
        for compression, stored in ((0, text), (1, gzip.compress(text, mtime=0)),
                                    (1, gzip.compress(text, mtime=0) * 2),
                                    (2, pyarrow.compress(text, codec="zstd", asbytes=True))):
            # From the end: compression, compress first, limit, piece, repeat at all, split.
            for first in (0, 1):
                options = [compression, first, rng.randrange(6), rng.randrange(64), 0, rng.randrange(256), 0]
                corpus.add("inflate", (text if first else stored) + bytes(reversed(options)))


def add_framings(corpus: Corpus, lines: list[bytes], rng: random.Random) -> None:
    """Each before the bytes that say how it is read; the marks of wrong formats each as a file and as a line."""
    some = [line for line in rng.sample(lines, 8) if len(line) < 2000] or [b"{}"]
    forms = [b"\n".join(some), b"".join(some), b"[" + b",\n".join(some) + b"]", b"\x1e" + b"\n\x1e".join(some) + b"\n",
             b"\xef\xbb\xbf[" + some[0] + b"\xef\xbb\xbf" + some[-1], b"[1 [] {} \"a\" tru {", b"}\n" + some[0] + b"]\n",
             b"{\n}" + some[0], b"NaN,-Infinity 1e5 \"]\\\"\"\n{\"a\":\"}\"}"]
    for form in forms:
        corpus.add("framing", form + rng.randbytes(4))
    wide = '{"a": 1}\n'.encode("utf-16-le")
    for text in [*forms, wide, b"\xff\xfe" + wide, b"<?xml version='1.0'?>", b"version https://git-lfs.github.com/spec/v1\n",
                 b"{'a': True, 'b': None}\n", b"a,b\n1,2\n", b"a\tb\t{}\n", b"%PDF-1.7", b"SQLite format 3\0", b"\0" * 80 + b"{}",
                 b'"{\\"a\\":1}"', b'data: {"a":1}', b"2025-05-15 INFO {}", b'a: 1\nb:\n  - 2\n', b"\x80\x04\x95\0\0\0"]:
        corpus.add("marks", text)


def add_answers(corpus: Corpus) -> None:
    """Each behind the byte that says whose answer it is."""
    def listing(*inner: str) -> str:
        return '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>' + "".join(inner) + "</ListBucketResult>"

    def listed(key: str, size: str = "5") -> str:
        return f"<Contents><Key>{key}</Key><Size>{size}</Size><ETag>&quot;e&quot;</ETag></Contents>"

    def more(token: str) -> str:
        return f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>"

    encoded = "<EncodingType>url</EncodingType>"
    folder = "<CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes>"
    uploads = ("<ListMultipartUploadsResult><Upload><Key>a</Key><UploadId>1</UploadId></Upload><IsTruncated>true</IsTruncated>"
               "<NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>{}</NextUploadIdMarker></ListMultipartUploadsResult>")
    keys = '"AccessKeyId": "a", "SecretAccessKey": "secret", "Token": "t", "Expiration": "2026-11-23T03:30:00Z"'
    inner = '"accessKeyId": "a", "secretAccessKey": "secret", "sessionToken": "t", "expiration": "2026-11-23T03:30:00+01:00"'
    answers = [
        (0, listing(listed("a/b"), more("t")) + "\0" + listing(encoded, listed("a/c%2F+"))), (0, listing(listed("a/b", "-5"))),
        (1, listing(folder, listed("c"), more("t")) + "\0" + listing(listed("d"))),
        (2, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>"),
        (2, "<x><Error><Code>SlowDown</Code></Error></x>"),
        (3, "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code><Message>m</Message></Error></DeleteResult>"),
        (4, "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"),
        (4, "<CopyPartResult><ETag>&quot;e&quot;</ETag></CopyPartResult>"),
        (5, uploads.format(1) + "\0" + uploads.format(2)), (6, 'ETag: "e"\r\n'), (6, "x:\t\x1b[0m\r\n"),
        (7, "Thu, 01 Jan 1970 00:00:10 GMT"), (7, "bytes 5-9/100"), (7, "2026-11-23T03:30:00.5+0100"),
        (8, "{" + keys + "}"), (8, '{"roleCredentials": {' + inner + "}}"),
        (8, "<R><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>t</SessionToken>"
            "</Credentials></R>"),
        (9, "http://me:pass@host X-Amz-Signature=12ab secret-key%2F1 authorization: AWS4"),
    ]
    for whose, text in answers:
        corpus.add("s3_responses", bytes([whose]) + text.encode())


def add_state(corpus: Corpus, program: str | None) -> None:
    if program is None or not Path(program).exists():
        return
    examples = Path(__file__).resolve().parents[1] / "examples"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        subprocess.run([program, "run", "--accumulate", "--collections", examples / "collections", "--predictions",
                        examples / "predictions", "--output", out, "--quiet", "--publish-anyway"], check=True)
        corpus.add("state", (out / "_state/counts").read_bytes().split(b"\n", 1)[1] + b"\0")
        corpus.add("state", (out / "_state/inputs.jsonl").read_bytes() + b"\1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output", type=Path, metavar="OUTPUT")
    parser.add_argument("--gristmill", metavar="PROGRAM", help="adds lines of its command 'generate', if it has one")
    arguments = parser.parse_args()
    corpus = Corpus(arguments.output)
    rng = random.Random(1)
    for dataset in PAYLOADS:
        lines = lines_of(dataset, arguments.gristmill)
        add_lines(corpus, dataset, lines, rng)
        add_streams(corpus, lines, rng)
        add_framings(corpus, lines, rng)
    add_entries(corpus, rng)
    add_strings(corpus)
    add_numbers(corpus)
    add_settings(corpus, rng)
    add_manifests(corpus)
    add_answers(corpus)
    add_state(corpus, arguments.gristmill)
    for pattern, name in GLOBS:
        corpus.add("globs", f"{pattern}\n{name}".encode())
    # These are read as a stream of choices: any bytes are as good as others.
    for target in ("alias_and_repair", "spill_frame", "state"):
        for size in (16, 64, 128, 256, 512, 1024) * 12:
            corpus.add(target, rng.randbytes(size))


if __name__ == "__main__":
    main()
