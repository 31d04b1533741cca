"""Whether an output is as it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from .tables import table_of

if TYPE_CHECKING:
    import pyarrow


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
    found : list of dict
        The first 1,000 by path: ``kind`` (``missing``, ``size``, ``checksum`` or ``not listed``), ``path`` relative to the
        output, and ``detail``, which may be empty.
    examples : pyarrow.Table
        The same.
    """

    intact: bool
    run_id: str
    files: int
    bytes: int
    differences: int
    found: list[dict[str, str]] = field(repr=False)

    @cached_property
    def examples(self) -> pyarrow.Table:
        return table_of(self.found, {"kind": "string", "path": "string", "detail": "string"})
