"""moto's server: AWS as far as templates need it, on 127.0.0.1."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import boto3
from command import REPOSITORY
from server import free_port

TOOLS = REPOSITORY / "build/deploy-venv/bin"


class MotoServer:
    """Runs until `stop`."""

    def __init__(self, folder: Path):
        program = TOOLS / "moto_server"
        assert program.exists(), f"no {program}: ./test makes it"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = (folder / "moto.log").open("wb")
        self.process = subprocess.Popen([program, "--host", "127.0.0.1", "--port", str(port)],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        until = time.monotonic() + 60
        while True:
            assert self.process.poll() is None, f"moto ended: {Path(self.log.name).read_text()}"
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < until, "moto does not answer"
                time.sleep(0.05)

    def client(self, service: str):
        return boto3.client(service, endpoint_url=self.url, region_name="eu-central-1", aws_access_key_id="TEST",
                            aws_secret_access_key="test")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()
