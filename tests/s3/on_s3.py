"""The command with credentials and an endpoint, and outputs on S3."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from client import Client
from command import Gristmill
from outputs import contents, differences


LEASE = 5  # seconds


class GristmillOnS3(Gristmill):
    """The command, told of the server by variables only; `endpoint` may be that of a proxy. Leases are the shortest.

    Among the `variables` of a call, None takes one away.
    """

    def __init__(self, folder: Path, server):
        super().__init__(folder)
        self.server = server
        self.keys = server.user
        self.endpoint = server.url
        self.home = folder / "home"
        self.home.mkdir()

    def start(self, *words, variables=None, **options):
        usual = {"AWS_ACCESS_KEY_ID": self.keys.access, "AWS_SECRET_ACCESS_KEY": self.keys.secret,
                 "AWS_SESSION_TOKEN": self.keys.token or None, "AWS_ENDPOINT_URL": self.endpoint,
                 "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(self.home),
                 "GRISTMILL_S3_LEASE": str(LEASE), **(variables or {})}
        return super().start(*words, variables={name: value for name, value in usual.items() if value is not None},
                             **options)


@dataclass
class Buckets:
    """A bucket to read from and one to write to, new and empty."""

    client: Client
    incoming: str  # s3://...
    outgoing: str

    @property
    def output(self) -> str:
        return self.outgoing + "/daily"


def published(client: Client, output: str, folder: Path) -> dict[str, bytes]:
    """What an output on S3 says, as `contents` does of a local one; nothing staged may be there."""
    nothing_left_over(client, output)
    return contents(client.download(output, folder))


def nothing_left_over(client: Client, output: str) -> None:
    """Fails if anything staged, a marker of a folder or an unfinished upload is in the output's bucket."""
    keys = client.keys_below(output.rstrip("/") + "/")
    over = [key for key in keys if "/_staging" in key or key.endswith("/")]
    assert not over, f"left over in the output: {over}"
    assert not client.uploads(output), f"unfinished uploads: {client.uploads(output)}"


def same(expected: dict[str, bytes], actual: dict[str, bytes]) -> None:
    """Fails with what differs between two contents."""
    assert differences(expected, actual) == []
