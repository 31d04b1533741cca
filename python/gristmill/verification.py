"""Whether an output is as it was written."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Verification:
    """A published output, held against its manifest: every file's presence, size and checksum, and no others.

    Attributes
    ----------
    intact : bool
        There is no difference.
    run_id : str
        Of the run that wrote the output.
    files, bytes : int
        In the manifest.
    differences : int
        All of them.
    examples : pyarrow.Table
        The first 1,000 by path: ``kind`` (``missing``, ``size``, ``checksum`` or ``not listed``), ``path`` relative to the
        output, and ``detail``, which may be empty.
    """

    intact: bool
    run_id: str
    files: int
    bytes: int
    differences: int
    examples: pa.Table
