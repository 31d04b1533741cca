"""A server that says what it likes: an S3 of one bucket with one object, until a mode answers in its stead.

A mode is a function of a request that gives the bytes to send, as an iterable that may never end, or None for the
honest answer. The connection is closed behind them.
"""

from __future__ import annotations

import itertools
import socket
import threading
from dataclasses import dataclass
from typing import Callable, Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

ETAG = '"0123456789abcdef0123456789abcdef"'


@dataclass
class Asked:
    number: int
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    names: list[str]

    @property
    def lists(self) -> bool:
        return "list-type" in self.query

    @property
    def gets(self) -> bool:
        return self.method == "GET" and "range" in self.headers


Mode = Callable[[Asked], "Iterable[bytes] | None"]


def answer(body: bytes = b"", status: int = 200, headers: str = "", length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status} -\r\ncontent-length: {len(body) if length is None else length}\r\n{headers}\r\n"
    return head.encode("latin-1") + body


def listed(key: str, size: object = 1, etag: str = ETAG) -> str:
    return f"<Contents><Key>{key}</Key><Size>{size}</Size><ETag>{etag.replace(chr(34), '&quot;')}</ETag></Contents>"


def listing(*inner: str, token: str = "") -> bytes:
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return answer(("<ListBucketResult>" + "".join(inner) + more + "</ListBucketResult>").encode())


def refusal(code: str, message: str = "", status: int = 400, more: str = "", headers: str = "") -> bytes:
    return answer(f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>".encode(), status, headers)


def endless(head: bytes, piece: bytes) -> Iterable[bytes]:
    return itertools.chain([head], itertools.repeat(piece))


class HostileServer:
    """Listens on `url` until `stop`."""

    def __init__(self, key: str, data: bytes):
        self.key, self.data = key, data
        self.mode: Mode = lambda asked: None
        self.asked: list[Asked] = []
        self.changed = threading.Condition()
        self.stopped = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self.listener.close()

    def wait_for(self, what: Callable[[Asked], bool], seconds: float = 30) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: any(map(what, self.asked)), seconds), "no such request came"

    def hang(self) -> Iterable[bytes]:
        """Nothing, as long as the test lasts."""
        self.stopped.wait(120)
        return
        yield b""

    def trickle(self, head: bytes, seconds: float) -> Iterable[bytes]:
        yield head
        while not self.stopped.wait(seconds):
            yield b" "

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as stream:
                while line := stream.readline():
                    method, target, _ = line.decode("latin-1").split(" ")
                    lines = []
                    while (line := stream.readline()) not in (b"\r\n", b""):
                        lines.append(line.decode("latin-1").rstrip("\r\n"))
                    pairs = [line.partition(":") for line in lines]
                    headers = {name.lower(): value.strip() for name, _, value in pairs}
                    stream.read(int(headers.get("content-length", 0)))
                    url = urlsplit(target)
                    with self.changed:
                        asked = Asked(len(self.asked) + 1, method, unquote(url.path),
                                      dict(parse_qsl(url.query, keep_blank_values=True)), headers,
                                      [name.lower() for name, _, _ in pairs])
                        self.asked.append(asked)
                        self.changed.notify_all()
                    told = self.mode(asked)
                    for piece in [self._honest(asked)] if told is None else told:
                        connection.sendall(piece)
                    if told is not None:
                        return
        except OSError:
            pass

    def _honest(self, asked: Asked) -> bytes:
        if asked.lists:
            return listing(listed(self.key, len(self.data)) if self.key.startswith(asked.query.get("prefix", "")) else "")
        if asked.path.endswith("/" + self.key) and asked.method == "HEAD":
            return answer(b"", headers=f"etag: {ETAG}\r\n", length=len(self.data))
        if asked.path.endswith("/" + self.key) and asked.gets:
            first, last = map(int, asked.headers["range"].removeprefix("bytes=").split("-"))
            last = min(last, len(self.data) - 1)
            return answer(self.data[first:last + 1], 206,
                          f"etag: {ETAG}\r\ncontent-range: bytes {first}-{last}/{len(self.data)}\r\n")
        return refusal("NoSuchKey", status=404)
