"""AWS Signature Version 4 for S3, as the tests' own client and the proxy sign.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass

UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class Keys:
    """An access key and its secret; with keys that are lent for a while goes a token."""

    access: str
    secret: str
    token: str = ""


def signed(method: str, target: str, headers: dict[str, str], keys: Keys, region: str = "us-east-1", service: str = "s3",
           body: bytes | None = None) -> dict[str, str]:
    """The headers (names in lower case, `host` among them) and what makes them a signed request.

    `target` is path and query as they are sent, both encoded. `body` is signed only if it is given.
    """
    now = time.gmtime()
    headers = {**headers, "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", now)}
    headers.setdefault("x-amz-content-sha256", UNSIGNED if body is None else hashlib.sha256(body).hexdigest())
    if keys.token:
        headers["x-amz-security-token"] = keys.token
    path, _, query = target.partition("?")
    pairs = sorted(pair if "=" in pair else pair + "=" for pair in query.split("&") if pair)
    names = sorted(headers)
    request = "\n".join([method, path, "&".join(pairs),
                         *(f"{name}:{headers[name].strip()}" for name in names), "",
                         ";".join(names), headers["x-amz-content-sha256"]])
    scope = time.strftime("%Y%m%d", now) + f"/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + keys.secret).encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 Credential={keys.access}/{scope}, "
                                        f"SignedHeaders={';'.join(names)}, Signature={signature}"}
