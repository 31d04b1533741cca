"""A small S3 client for what the tests put and look up themselves; it shares no code with gristmill."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_plus, urlencode
from xml.etree import ElementTree

from signing import Keys, signed

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass
class Answer:
    """An answer of S3; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


class Client:
    """Objects by their s3:// URIs, on the server at `host`."""

    def __init__(self, host: str, keys: Keys):
        self.host = host
        self.keys = keys

    def call(self, method: str, uri: str, query: dict | None = None, headers: dict | None = None, body: bytes = b"",
             also: tuple[int, ...] = ()) -> Answer:
        """One request, which must end with 2xx or one of `also`."""
        bucket, key = split(uri)
        target = f"/{bucket}" + ("/" + quote(key, safe="/-_.~") if key else "")
        if query:
            target += "?" + urlencode(query, quote_via=quote, safe="-_.~")
        everything = signed(method, target, {"host": self.host, **(headers or {})}, self.keys)
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in everything.items():
                connection.putheader(name, value)
            if body or method in ("PUT", "POST"):
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            reply = connection.getresponse()
            answer = Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()
        assert answer.status // 100 == 2 or answer.status in also, f"{method} {uri}: {answer.status} {answer.body[:500]!r}"
        return answer

    def make_bucket(self, name: str) -> str:
        self.call("PUT", f"s3://{name}")
        return f"s3://{name}"

    def put(self, uri: str, data: bytes, **headers: str) -> None:
        self.call("PUT", uri, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=data)

    def get(self, uri: str) -> bytes:
        return self.call("GET", uri).body

    def head(self, uri: str) -> dict[str, str] | None:
        """The headers of an object; None if it is not there."""
        answer = self.call("HEAD", uri, also=(404,))
        return None if answer.status == 404 else answer.headers

    def tags(self, uri: str) -> dict[str, str]:
        answer = self.call("GET", uri, {"tagging": ""}, also=(404,))
        if answer.status == 404:
            return {}
        tags = ElementTree.fromstring(answer.body).findall(".//{*}Tag")  # MinIO names no namespace
        return {tag.findtext("{*}Key"): tag.findtext("{*}Value") for tag in tags}

    def remove(self, uri: str) -> None:
        self.call("DELETE", uri)

    def keys_below(self, uri: str) -> list[str]:
        """All keys that begin with the URI's, in order; markers of folders among them."""
        bucket, prefix = split(uri)
        query = {"list-type": "2", "encoding-type": "url", "prefix": prefix}
        keys = []
        while True:
            root = ElementTree.fromstring(self.call("GET", f"s3://{bucket}", query).body)
            encoded = root.findtext(NAMESPACE + "EncodingType") == "url"  # versitygw does not do what it is asked
            keys += [unquote_plus(node.text) if encoded else node.text for node in root.iter(NAMESPACE + "Key")]
            token = root.findtext(NAMESPACE + "NextContinuationToken")
            if not token:
                return keys
            query["continuation-token"] = token

    def uploads(self, uri: str) -> list[str]:
        """The keys of uploads in parts that were begun and not ended, in the URI's bucket."""
        bucket, prefix = split(uri)
        root = ElementTree.fromstring(self.call("GET", f"s3://{bucket}", {"uploads": "", "prefix": prefix}).body)
        return [node.findtext(NAMESPACE + "Key") for node in root.iter(NAMESPACE + "Upload")]

    # ---- folders

    def tree(self, uri: str) -> dict[str, bytes]:
        """All objects below a folder, by their names in it."""
        bucket, prefix = split(uri.rstrip("/") + "/")
        return {key[len(prefix):]: self.get(f"s3://{bucket}/{key}") for key in self.keys_below(uri.rstrip("/") + "/")}

    def put_tree(self, tree: dict[str, bytes], uri: str) -> str:
        for name, data in tree.items():
            self.put(f"{uri}/{name}", data)
        return uri

    def upload(self, folder: Path, uri: str) -> str:
        """Puts all files of a folder (or the one file, whose name the URI then ends with)."""
        if folder.is_file():
            self.put(uri, folder.read_bytes())
            return uri
        return self.put_tree({path.relative_to(folder).as_posix(): path.read_bytes()
                              for path in sorted(folder.rglob("*")) if path.is_file()}, uri)

    def download(self, uri: str, folder: Path) -> Path:
        """Writes all objects below a folder to a local one."""
        for name, data in self.tree(uri).items():
            assert not name.endswith("/"), f"a marker of a folder: {name}"
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder
