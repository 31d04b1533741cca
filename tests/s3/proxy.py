"""Stands between gristmill and the server: records every request, and disturbs those that a plan names.

A plan is a function of a request (its `number` counts from 1) that returns an action or None, which forwards.
Requests are forwarded with the Host header that they were signed for. The actions stand at the end of this file.
"""

from __future__ import annotations

import http.client
import signal
import socket
import struct
import threading
import time
from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from signing import signed

SECONDS_A_STEP = 0.02  # of slow transfers


@dataclass
class Request:
    """A request as it came, and the status of its answer (0 as long as there is none)."""

    number: int
    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    length: int
    status: int = 0
    error: str = ""  # what the answer said, if it was none of success
    body: bytes = field(default=b"", repr=False)  # emptied once the answer was sent
    told: str = field(default="", repr=False)  # the body of DeleteObjects, which names objects

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def bucket(self) -> str:
        return self.path.split("/")[1]

    @property
    def key(self) -> str:
        return "/".join(self.path.split("/")[2:])

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def scope(self) -> str:
        """What it was signed for: day, region and service."""
        credential = self.query.get("X-Amz-Credential") or self.headers["authorization"].partition("Credential=")[2]
        return credential.partition("/")[2].partition(",")[0]

    @property
    def signed_at(self) -> str:
        return self.query.get("X-Amz-Date") or self.headers["x-amz-date"]

    @property
    def kind(self) -> str:
        """What S3 calls this operation."""
        query, copies = self.query, "x-amz-copy-source" in self.headers
        if self.method == "GET":
            return "GetObject" if self.key else "ListMultipartUploads" if "uploads" in query else "ListObjectsV2"
        if self.method == "PUT" and "partNumber" in query:
            return "UploadPartCopy" if copies else "UploadPart"
        if self.method == "PUT":
            return "CopyObject" if copies else "PutObject"
        if self.method == "POST":
            return ("DeleteObjects" if "delete" in query else
                    "CreateMultipartUpload" if "uploads" in query else "CompleteMultipartUpload")
        if self.method == "DELETE":
            return "AbortMultipartUpload" if "uploadId" in query else "DeleteObject"
        return "HeadObject"

    @property
    def changes(self) -> bool:
        """Whether it may change an object."""
        return self.method not in ("GET", "HEAD")

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.path} -> {self.status} {self.error}".rstrip()


Plan = Callable[[Request], "Action | None"]


class Reset(Exception):
    """The connection to gristmill is to be reset."""


class Proxy:
    """Listens on `url` until `stop`. `plan` may be set at any time."""

    def __init__(self, server):
        self.server = server
        self.plan: Plan = lambda request: None
        self.requests: list[Request] = []
        self.victim: Future = Future()  # the process that kills are for
        self.errors: list[BaseException] = []  # of plans and of the proxy itself: a test must not pass with any
        self._changed = threading.Condition()
        self._under_way = 0
        self._stopped = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.host = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.url = "http://" + self.host
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        self._stopped = True
        self._listener.close()

    def begin(self, plan: Plan | None = None) -> None:
        """Forgets the record, and numbers anew by another plan."""
        self.settle()
        with self._changed:
            self.requests = []
            self.victim = Future()
            self.plan = plan or (lambda request: None)

    def settle(self) -> None:
        """Waits until no request is under way: one that a killed process sent can still change something."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._under_way == 0, 60), "a request is still under way"
        assert not self.errors, self.errors

    def of_kind(self, *kinds: str) -> list[Request]:
        return [request for request in list(self.requests) if request.kind in kinds]

    def counts(self) -> Counter:
        """Requests by kind."""
        return Counter(request.kind for request in list(self.requests))

    def wait_for(self, what: Callable[[Request], bool], seconds: float = 60) -> Request:
        """Waits for a request of which `what` is true."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(map(what, self.requests)), seconds), "no such request came"
            return next(filter(what, self.requests))

    # ---- connections

    def _listen(self) -> None:
        while not self._stopped:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection, connection.makefile("rb") as stream:
                while head := self._read_head(stream):
                    self._one(connection, stream, head)
        except Reset:
            pass
        except OSError:  # gristmill went away
            pass
        except BaseException as error:  # noqa: BLE001
            self.errors.append(error)

    @staticmethod
    def _read_head(stream) -> list[str]:
        lines = []
        while (line := stream.readline()) not in (b"\r\n", b""):
            lines.append(line.decode("latin-1").rstrip("\r\n"))
        return lines if line else []

    def _one(self, connection: socket.socket, stream, head: list[str]) -> None:
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        length = int(headers.get("content-length", 0))
        with self._changed:
            request = Request(len(self.requests) + 1, method, target, headers, length)
            self.requests.append(request)
            self._under_way += 1
            plan = self.plan
            self._changed.notify_all()
        try:
            exchange = Exchange(self, connection, stream, request)
            (plan(request) or Forward()).act(exchange)
        except Reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise
        finally:
            with self._changed:
                request.body = b""
                self._under_way -= 1
                self._changed.notify_all()


class Exchange:
    """A request and the way to its answer: what actions are made of."""

    def __init__(self, proxy: Proxy, connection: socket.socket, stream, request: Request):
        self.proxy, self.connection, self.stream, self.request = proxy, connection, stream, request
        self.unread = request.length

    def receive(self, most: int | None = None) -> bytes:
        """Reads (more of) the request's body."""
        data = self.stream.read(self.unread if most is None else min(most, self.unread))
        self.unread -= len(data)
        self.request.body += data
        if self.request.kind == "DeleteObjects":
            self.request.told = self.request.body.decode()
        if self.unread and (most is None or len(data) < most):
            raise OSError("gristmill went away within a body")
        return data

    def forward(self, without: tuple[str, ...] = (), target: str = "") -> Reply:
        """Has the server answer. Signs anew where headers are left out, or something else is asked for."""
        self.receive()
        request = self.request
        headers = dict(request.headers)
        target = target or request.target
        if without or target != request.target:
            if "authorization" in headers:
                names = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
            else:
                names = request.query["X-Amz-SignedHeaders"].split(";")
                path, _, query = target.partition("?")
                target = path + "?" + "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-"))
            kept = {name: headers[name] for name in names if name not in (*without, "x-amz-date")}
            rest = {name: value for name, value in headers.items() if name not in (*names, *without, "authorization")}
            headers = {**rest, **signed(request.method, target, kept, self.proxy.server.user)}
        upstream = http.client.HTTPConnection(self.proxy.server.host, timeout=60)
        try:
            upstream.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if name not in ("connection", "expect"):
                    upstream.putheader(name, value)
            upstream.putheader("connection", "close")
            upstream.endheaders(request.body)
            answer = upstream.getresponse()
            reply = Reply(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())
        finally:
            upstream.close()
        return reply

    def send(self, reply: Reply, cut: int | None = None, bytes_a_second: float = 0) -> None:
        """Answers; resets the connection after `cut` bytes of the body."""
        if self.unread:
            self.receive()
        self.request.status = reply.status
        if reply.status >= 400:
            self.request.error = reply.body[:400].decode("utf-8", "replace")
        if self.request.method != "HEAD":
            reply.set("content-length", str(len(reply.body)))
        head = [f"HTTP/1.1 {reply.status} {http.client.responses.get(reply.status, '-')}"]
        head += [f"{name}: {value}" for name, value in reply.headers
                 if name not in ("connection", "transfer-encoding", "keep-alive")]
        data = "\r\n".join([*head, "", ""]).encode("latin-1")
        body = b"" if self.request.method == "HEAD" else reply.body
        if cut is not None:
            self.connection.sendall(data + body[:cut])
            time.sleep(0.05)  # a reset overtakes what was sent before
            raise Reset
        if not bytes_a_second:
            self.connection.sendall(data + body)
            return
        self.connection.sendall(data)
        step = max(1, int(bytes_a_second * SECONDS_A_STEP))
        for begin in range(0, len(body), step):
            self.connection.sendall(body[begin:begin + step])
            time.sleep(SECONDS_A_STEP)

    def kill(self) -> None:
        """SIGKILL to the gristmill process, and waits for its end."""
        process = self.proxy.victim.result(30)
        process.send_signal(signal.SIGKILL)
        process.wait()
        raise Reset


@dataclass
class Reply:
    """An answer on its way."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""

    def set(self, name: str, value: str) -> None:
        self.headers = [(other, old) for other, old in self.headers if other != name] + [(name, value)]


# ---- actions

class Action:
    def act(self, exchange: Exchange) -> None:
        raise NotImplementedError


@dataclass
class Forward(Action):
    """As it is, with what is given changed on the way: headers of the request, its path and query."""

    without: tuple[str, ...] = ()
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)  # of the answer
    change: Callable[[Reply], None] = lambda reply: None
    first: Callable[[], object] = lambda: None  # is called before

    def act(self, exchange):
        exchange.receive()
        self.first()
        reply = exchange.forward(self.without, self.target)
        for name, value in self.headers.items():
            reply.set(name, value)
        self.change(reply)
        exchange.send(reply)


@dataclass
class Delay(Action):
    """Forwards after so many seconds."""

    seconds: float

    def act(self, exchange):
        exchange.receive()
        time.sleep(self.seconds)
        exchange.send(exchange.forward())


@dataclass
class Hold(Action):
    """Forwards once `until` is set; `reached` is set before."""

    until: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)

    def act(self, exchange):
        exchange.receive()
        self.reached.set()
        assert self.until.wait(120), "nobody ended the hold"
        exchange.send(exchange.forward())


@dataclass
class Stop(Hold):
    """Stops gristmill, as a suspended machine, until `until` is set: the request is held, or with `answered` its answer."""

    answered: bool = False

    def act(self, exchange):
        exchange.receive()
        process = exchange.proxy.victim.result(30)
        reply = exchange.forward() if self.answered else None
        process.send_signal(signal.SIGSTOP)
        self.reached.set()
        assert self.until.wait(120), "nobody ended the stop"
        process.send_signal(signal.SIGCONT)
        exchange.send(reply or exchange.forward())


class Stall(Action):
    """Never answers: ends when gristmill closes the connection."""

    def act(self, exchange):
        exchange.connection.settimeout(120)
        while exchange.connection.recv(65536):
            pass
        raise Reset


@dataclass
class Slowly(Action):
    """Takes the request and gives the answer at so many bytes a second."""

    bytes_a_second: float

    def act(self, exchange):
        step = max(1, int(self.bytes_a_second * SECONDS_A_STEP))
        while exchange.unread:
            exchange.receive(step)
            time.sleep(SECONDS_A_STEP)
        exchange.send(exchange.forward(), bytes_a_second=self.bytes_a_second)


@dataclass
class Answer(Action):
    """Answers in the server's stead, with an error document of S3."""

    status: int
    code: str
    more: str = ""  # further elements of the document
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "Said by the proxy."

    def act(self, exchange):
        body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{self.code}</Code>'
                f"<Message>{self.message}</Message>{self.more}<RequestId>1</RequestId></Error>").encode()
        headers = {"content-type": "application/xml", "date": formatdate(usegmt=True)}
        exchange.send(Reply(self.status, [*{**headers, **self.headers}.items()], body))


@dataclass
class ResetBefore(Action):
    """Resets the connection, nothing having reached the server; after so many bytes of the body."""

    after: int = 0

    def act(self, exchange):
        if self.after:
            exchange.receive(self.after)
        raise Reset


@dataclass
class ResetAnswer(Action):
    """Resets the connection after so many bytes of the answer's body."""

    after: int

    def act(self, exchange):
        exchange.send(exchange.forward(), cut=self.after)


class LoseAnswer(Action):
    """The server does what it was asked to, and gristmill never hears of it."""

    def act(self, exchange):
        exchange.request.status = exchange.forward().status
        raise Reset


class KillBefore(Action):
    """Kills gristmill; the request does not reach the server."""

    def act(self, exchange):
        exchange.receive()
        exchange.kill()


class KillAfter(Action):
    """Kills gristmill when the server has answered."""

    def act(self, exchange):
        exchange.request.status = exchange.forward().status
        exchange.kill()
