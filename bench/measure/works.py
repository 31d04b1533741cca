"""The works: what is generated, and what each is there to show."""

from __future__ import annotations

from dataclasses import dataclass, replace

QUICK = 50  # how many times fewer profiles, or sessions of each, a quick run has


@dataclass(frozen=True)
class Work:
    """One pair of data sets."""

    name: str
    shows: str
    profiles: int = 1000
    sessions: int = 10
    collections: int = 5
    behaviours: int = 60
    flags: tuple[str, ...] = ()  # further flags of `gristmill generate`
    clean: bool = True           # clean lines, so that rivals can do it
    readers: tuple[str, ...] = ()  # the rivals that can read its framing; none: all of them
    large: bool = False          # too large for rivals, unless they are asked for, and for a copy of the output
    beside_main: bool = False    # measured in the same rounds as the main work, for a goal
    compression: str = ""        # "gz" or "zst": how its files are compressed
    one_task: bool = False       # its files are not shared among threads, so that main is done by one beside it

    def generate_words(self) -> list[str]:
        """The words that make it, but for the place."""
        return ["--profiles", str(self.profiles), "--sessions", str(self.sessions),
                "--collections", str(self.collections), "--behaviours", str(self.behaviours), *self.flags]

    def quick(self) -> Work:
        """The same, so small that its times mean nothing."""
        return replace(self, profiles=max(1, self.profiles // QUICK))


# `rejections=50%` would do as well, but for lines above limits: rows_too_large has 65,536 entries in each.
REJECTED = ("invalid_json", "invalid_utf8", "not_an_object", "duplicate_key", "metadata_not_object", "id_not_scalar",
            "timestamp_invalid", "too_deep", "behaviour_not_object", "prediction_not_object")

MAIN = Work("main", "the usual case")

WORKS = {work.name: work for work in (
    MAIN,
    Work("ten", "ten times the profiles: time should grow with the data, memory should not", profiles=10_000,
         large=True, beside_main=True),
    Work("spaced", "a space after each colon and comma, as Python writes it", flags=("--spaced",), beside_main=True),
    Work("repairs", "10 % of the lines need a repair", flags=("--anomaly", "repairs=10%"), clean=False,
         beside_main=True),
    Work("rejected", "50 % of the lines are rejected, for ten reasons; none is above a limit",
         flags=tuple(word for reason in REJECTED for word in ("--anomaly", f"{reason}=5%")), clean=False),
    Work("tiny", "a million tiny lines", sessions=50, collections=10, behaviours=1),
    Work("zipf", "one giant profile among many small ones", flags=("--skew", "zipf")),
    Work("gz", "four files a data set, compressed by gzip", flags=("--files", "4", "--compression", "gz"), clean=False,
         beside_main=True, compression="gz"),
    Work("zst", "the same, by Zstandard", flags=("--files", "4", "--compression", "zst"), clean=False, beside_main=True,
         compression="zst"),
    Work("array", "each file is one JSON array", flags=("--form", "array"), readers=("DuckDB", "chDB"), one_task=True),
    Work("glued", "nothing stands between the records", flags=("--form", "glued"),
         readers=("DuckDB", "chDB", "DataFusion"), one_task=True),
)}
