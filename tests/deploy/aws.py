"""moto's server: AWS as far as templates need it, on 127.0.0.1."""

from __future__ import annotations

import subprocess
from pathlib import Path

import boto3
from command import REPOSITORY
from server import free_port, wait_until_it_answers

TOOLS = REPOSITORY / "build/deploy-venv/bin"


class MotoServer:
    """Runs until `stop`."""

    def __init__(self, folder: Path):
        program = TOOLS / "moto_server"
        assert program.exists(), f"no {program}: ./test makes it"
        host = f"127.0.0.1:{free_port()}"
        self.url = f"http://{host}"
        self.log = (folder / "moto.log").open("wb")
        self.process = subprocess.Popen([program, "--host", "127.0.0.1", "--port", host.split(":")[1]],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        wait_until_it_answers(self.process, host, Path(self.log.name))

    def client(self, service: str):
        return boto3.client(service, endpoint_url=self.url, region_name="eu-central-1", aws_access_key_id="TEST",
                            aws_secret_access_key="test")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()
