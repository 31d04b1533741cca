"""The S3 server of the tests: versitygw, on 127.0.0.1, with its objects as files of a folder."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from client import Client
from command import REPOSITORY
from signing import Keys

PROGRAM = Path(os.environ.get("VERSITYGW", REPOSITORY / "build/go/bin/versitygw"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def keeps_attributes(folder: Path) -> bool:
    """Whether files there can have the extended attributes that versitygw needs."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            os.setxattr(file.name, "user.gristmill", b"1")
        return True
    except OSError:
        return False


def wait_until_it_answers(process: subprocess.Popen, host: str, log: Path, seconds: float = 60) -> None:
    """Until the server takes connections at `host` (with its port)."""
    name = Path(process.args[0]).name
    until = time.monotonic() + seconds
    while True:
        assert process.poll() is None, f"{name} ended: {log.read_text()}"
        try:
            socket.create_connection(host.split(":")).close()
            return
        except OSError:
            assert time.monotonic() < until, f"{name} does not answer"
            time.sleep(0.02)


def end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Server:
    """Runs until `stop`. With a certificate (and its key, in one file) it speaks TLS; a `twin` has the same objects."""

    def __init__(self, folder: Path, certificate: Path | None = None, twin: Server | None = None):
        assert PROGRAM.exists(), f"no versitygw at {PROGRAM}: run tools/setup.sh, or set VERSITYGW"
        memory = Path("/dev/shm")
        self.folder = twin.folder if twin else Path(
            tempfile.mkdtemp(prefix="gristmill-s3-", dir=memory if keeps_attributes(memory) else folder))
        self.owns_folder = twin is None
        self.keys = twin.keys if twin else Keys("TESTACCESSKEY", "secret-" + secrets.token_hex(8))
        self.user = self.keys  # the command's
        self.host = f"127.0.0.1:{free_port()}"
        self.url = f"{'https' if certificate else 'http'}://{self.host}"
        self.client = Client(self.host, self.keys)
        self.log = (folder / "versitygw.log").open("wb")
        variables = {"PATH": os.environ["PATH"], "ROOT_ACCESS_KEY": self.keys.access, "ROOT_SECRET_KEY": self.keys.secret}
        secure = ["--cert", certificate, "--key", certificate] if certificate else []
        self.process = subprocess.Popen(
            [PROGRAM, "--port", self.host, "--quiet", "--keep-alive", *secure, "posix", self.folder],
            env=variables, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        wait_until_it_answers(self.process, self.host, Path(self.log.name), seconds=30)

    def forget(self, *buckets: str) -> None:
        """Removes buckets with all that is in them."""
        for bucket in buckets:
            shutil.rmtree(self.folder / bucket.removeprefix("s3://"))

    def stop(self) -> None:
        end(self.process)
        self.log.close()
        if self.owns_folder:
            shutil.rmtree(self.folder)
