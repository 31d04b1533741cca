"""What was measured, and the figures that are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from contestants import OURS, Contestant
from process import Measurement
from works import Work


@dataclass
class WorkResult:
    """All rounds of one work in one place."""

    work: Work
    place: str           # "memory", "disk" or "disk, cold": there with the inputs not in the page cache
    input_bytes: int = 0
    output_bytes: int = 0
    rows: int = 0
    contestants: list[Contestant] = field(default_factory=list)
    runs: dict[str, list[Measurement]] = field(default_factory=dict)  # by contestant, one for each round
    notes: dict[str, str] = field(default_factory=dict)               # by contestant: equal output, or what failed
    failures: list[str] = field(default_factory=list)
    left_out: str = ""   # why nothing, or not everything, was measured

    def seconds(self, name: str) -> float | None:
        """The median time of a contestant; None if it has none."""
        runs = self.runs.get(name)
        return median(run.seconds for run in runs) if runs else None

    def peak(self, name: str) -> int | None:
        """The largest peak of memory, in bytes."""
        runs = self.runs.get(name)
        return max(run.peak for run in runs) if runs else None

    def ratio(self, name: str, other: str = OURS) -> float | None:
        """The median of the time of one contestant over that of another in the same round."""
        pairs = list(zip(self.runs.get(name, []), self.runs.get(other, [])))
        return median(one.seconds / two.seconds for one, two in pairs) if pairs else None
