"""Makes input lines and files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow

TIME = 1747299119000


def compact(value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def metadata(profile="p1", session="s1", collection="c1", **more) -> dict:
    return {"profile_id": profile, "session_id": session, "collection_id": collection, "timestamp": TIME, **more}


def collection(profile="p1", session="s1", collection="c1", entries=1, **top) -> str:
    """A canonical collection with so many keystrokes; `top` are further top-level fields."""
    keystrokes = [{"timestamp": TIME + 100 + number, "key_hash": f"k{number}"} for number in range(entries)]
    return compact({"metadata": metadata(profile, session, collection),
                    "behaviour": {"mobile": {"keystrokes": keystrokes}}, **top})


def prediction(profile="p1", session="s1", collection="c1", model="swipe_model", score=0.5, confidence=0.5) -> str:
    """A canonical prediction."""
    return compact({"metadata": metadata(profile, session, collection),
                    "prediction": {"model_name": model, "score": score, "confidence": confidence}})


def write_lines(path: Path, lines) -> Path:
    """Writes lines (text or bytes), each with its end, in the compression that the name asks for."""
    data = b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines)
    return write_bytes(path, data)


def write_bytes(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(compressed(data, path.suffix))
    return path


def compressed(data: bytes, suffix: str) -> bytes:
    """One gzip member or one Zstandard frame, or the bytes as they are."""
    if suffix == ".gz":
        return gzip.compress(data, 1, mtime=0)
    if suffix == ".zst":
        return pyarrow.compress(data, codec="zstd", asbytes=True) if data else b""
    return data
