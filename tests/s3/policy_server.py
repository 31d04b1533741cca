"""An S3 server that enforces policies: MinIO, on 127.0.0.1, and keys that may do only what a policy allows.

With GRISTMILL_S3_SERVER=minio all tests of this folder run on it. The command's keys are then allowed what docs/operate/s3.md
says, but for any output in the tests' buckets; in test_policies.py exactly that.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

from client import Answer, Client
from command import REPOSITORY
from server import end, free_port, wait_until_it_answers
from signing import Keys, signed

PROGRAM = Path(os.environ.get("MINIO", REPOSITORY / "build/go/bin/minio"))
STS = "{https://sts.amazonaws.com/doc/2011-06-15/}"
KMS_KEY = "gristmill-tests"


def allow(actions: list[str], resources: list[str], **condition) -> dict:
    return {"Effect": "Allow", "Action": ["s3:" + action for action in actions],
            "Resource": ["arn:aws:s3:::" + resource for resource in resources], **condition}


WRITTEN = ["out-*", "kill-*"]
TESTS = {"Version": "2012-10-17", "Statement": [
    allow(["GetObject"], ["in-*/*", "kill-*/*"]),
    allow(["ListBucket"], ["in-*"]),
    allow(["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"], [bucket + "/*" for bucket in WRITTEN]),
    allow(["ListBucket"], WRITTEN, Condition={"StringLike": {"s3:prefix": ["*/"]}}),
    allow(["ListBucketMultipartUploads"], WRITTEN)]}


class PolicyServer:
    """Runs until `stop`; has one KMS key, KMS_KEY. `client` may do everything, `user` what the tests' runs need."""

    def __init__(self, folder: Path):
        assert PROGRAM.exists(), f"no minio at {PROGRAM}: run ./test all, which builds it, or set MINIO"
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="gristmill-minio-", dir=memory if memory.is_dir() else folder))
        self.keys = Keys("TESTACCESSKEY", "secret-" + secrets.token_hex(8))
        self.host = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.host}"
        self.client = Client(self.host, self.keys)
        self.log = (folder / "minio.log").open("wb")
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "MINIO_ROOT_USER": self.keys.access,
                     "MINIO_ROOT_PASSWORD": self.keys.secret, "MINIO_KMS_SECRET_KEY": f"{KMS_KEY}:{key}",
                     "MINIO_BROWSER": "off", "MINIO_UPDATE": "off", "MINIO_CI_CD": "on"}
        self.process = subprocess.Popen(
            [PROGRAM, "server", "--quiet", "--address", self.host, "--certs-dir", folder / "certificates", self.folder],
            env=variables, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        wait_until_it_answers(self.process, self.host, Path(self.log.name))
        # It answers before it knows anybody.
        until = time.monotonic() + 60
        while (answer := self._assume_role(TESTS)).status != 200:
            assert time.monotonic() < until, f"minio does not begin: {answer}"
            time.sleep(0.1)
        self.user = self.keys_for(TESTS)

    def _assume_role(self, policy: dict) -> Answer:
        form = urlencode({"Action": "AssumeRole", "Version": "2011-06-15", "DurationSeconds": 24 * 3600,
                          "Policy": json.dumps(policy, separators=(",", ":"))}).encode()
        headers = signed("POST", "/", {"host": self.host, "content-type": "application/x-www-form-urlencoded"}, self.keys,
                         service="sts", body=form)
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request("POST", "/", form, headers)
            reply = connection.getresponse()
            return Answer(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            connection.close()

    def keys_for(self, policy: dict) -> Keys:
        """New keys, with a session token, that may do what the policy allows and nothing else."""
        answer = self._assume_role(policy)
        assert answer.status == 200, answer
        found = next(ElementTree.fromstring(answer.body).iter(STS + "Credentials"))
        return Keys(*(found.findtext(STS + name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")))

    def forget(self, *buckets: str) -> None:
        """Removes buckets with all that is in them."""
        for bucket in buckets:
            self.client.call("DELETE", "s3://" + bucket.removeprefix("s3://"), headers={"x-minio-force-delete": "true"})

    def stop(self) -> None:
        end(self.process)
        self.log.close()
        shutil.rmtree(self.folder)
