"""What a round of the soak is about, drawn from a seed: data to generate, what to make of it, and in which way.

Sizes are drawn so that most rounds take a few seconds: a round is worth more for being different than for
being large, and tests/programs/test_sizes.py has the large ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from test_generate import EVERY
from test_sizes import MIB

KIB = 1 << 10
LARGEST = 40 * MIB  # of a data set, about; labels are some four times as large
LARGE = 120 * MIB   # in some rounds: more than the least budget and all that is allowed beside it
MOST_PROFILES = 2000
MANY_PROFILES = 300   # each has folders of its own, which take their time on a disk
BYTES_OF_A_LINE, BYTES_OF_A_BEHAVIOUR = 300, 70


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    """Each order of magnitude as likely as the other."""
    return low * (high / low) ** rng.random()


@dataclass
class Recipe:
    """Settings that may change the output."""

    words: list
    strict: bool
    carried: bool          # the field of the anomaly fields_not_carried is carried
    limit: int | None      # of a line, where it is not the default
    predictions: bool      # whether the run gets them at all
    publish_anyway: bool


@dataclass
class Way:
    """Settings that must not change a byte of the output."""

    words: list
    hooks: dict
    memory: int

    @property
    def bounded(self) -> bool:
        """Whether the peak of memory is promised to stay in its bound.

        Not where profiles share a hash: the lines of all but one wait in a set of their own.
        """
        return "HASH_MASK" not in self.hooks

    @property
    def publish_hooks(self) -> dict:
        """Those that matter to `publish` and `recover` too."""
        return {name: value for name, value in self.hooks.items() if name == "PUBLISH_WAY"}


@dataclass
class Shape:
    """One call of `gristmill generate`."""

    words: list
    profiles: int
    size: int              # of the collections in bytes, about
    anomalies: dict[str, float] = field(default_factory=dict)


def draw_recipe(rng: random.Random) -> Recipe:
    words = []
    strict = rng.random() < 0.15
    if strict:
        words.append("--strict")
    carried = rng.random() < 0.3
    if carried:
        words += ["--carry", "app_version", *rng.choice([[], ["--carry", "no_such_field"]])]
    if rng.random() < 0.3:
        words += ["--sessions", "all"]
    if rng.random() < 0.1:
        words += ["--swipe-models", "no_such_model"]
    limit = None
    if rng.random() < 0.3:
        limit = int(log_uniform(rng, 4 * KIB, MIB))
        words += ["--limits-line", limit]
    if rng.random() < 0.1:
        words += ["--limits-depth", rng.choice([16, 500, 900])]
    for check in ("missing-ids", "rejected-lines", "repairs", "repeated-lines", "range", "unmatched-sessions"):
        if rng.random() < 0.15:
            words += [f"--checks-{check}-severity", rng.choice(["ignore", "warn", "fail", "fail"]),
                      f"--checks-{check}-fail-above", rng.choice(["0", "3", "1%", "12.5%", "100%"])]
    publish_anyway = rng.random() < 0.5
    return Recipe(words, strict, carried, limit, rng.random() < 0.9, publish_anyway)


def draw_way(rng: random.Random, size: int) -> Way:
    """A way for data of this size: some hooks are slow, and only little data is sent through them."""
    least = size > LARGEST or rng.random() < 0.4
    memory = 16 * MIB if least else int(log_uniform(rng, 16 * MIB, 4096 * MIB))
    way = Way(["--threads", rng.randint(1, 8), "--memory", memory], {}, memory)
    if rng.random() < 0.3:
        way.words.append("--sha256")
    if rng.random() < 0.2 and size < 4 * MIB:
        way.words.append("--fsync")
    if rng.random() < 0.1:
        way.words.append("--verbose")
    if rng.random() < 0.5:
        return way  # without hooks it is the command that users have
    if rng.random() < 0.5:
        way.hooks["PUBLISH_WAY"] = rng.choice(["exchange", "journal"])
    if rng.random() < 0.3:
        smallest = max(1, size // 20_000)
        way.hooks["BLOCK_SIZE"] = int(log_uniform(rng, smallest, MIB))
    if rng.random() < 0.4:
        way.hooks["SHORTEST_LINE_IN_INPUT"] = rng.choice([0, 1, 100, 300, 1000, 5000, 1 << 40])
    if rng.random() < 0.2:
        way.hooks["NO_FAST_PATH"] = 1
    if rng.random() < 0.1 and size < MIB:
        # Everything in a few buckets that cannot be split.
        way.hooks["HASH_MASK"] = rng.choice([0, 1, 7])
    return way


def draw_shape(rng: random.Random, recipe: Recipe) -> Shape:
    # A clean line must stay clear of the limit, repaired ones with their escaped quotes too.
    most = min(20_000, max(1, ((recipe.limit or 64 * MIB) // 4 - BYTES_OF_A_LINE) // BYTES_OF_A_BEHAVIOUR))
    behaviours = int(log_uniform(rng, 1, min(most, 20_000 if rng.random() < 0.1 else 300)))
    target = int(log_uniform(rng, 20 * KIB, LARGEST))
    large = rng.random() < 0.05
    if large:
        behaviours, target = rng.randint(1, 3), LARGE
    lines = max(1, target // (BYTES_OF_A_LINE + BYTES_OF_A_BEHAVIOUR * behaviours))
    collections = min(lines, rng.choice([1, 1, 2, 3, 5, 10]))
    profiles = max(1, min(lines // collections, int(log_uniform(rng, 1, MOST_PROFILES))))
    sessions = max(1, lines // collections // profiles)
    lines = profiles * sessions * collections
    predictions = rng.choice([collections, 1, 2, 13]) if rng.random() < 0.5 else collections
    predictions = max(1, min(predictions, 60_000 // (profiles * sessions) or 1))
    shape = Shape(["--profiles", profiles, "--sessions", sessions, "--collections", collections,
                   "--behaviours", behaviours, "--predictions", predictions, "--seed", rng.randrange(1 << 32)],
                  profiles, lines * (BYTES_OF_A_LINE + BYTES_OF_A_BEHAVIOUR * behaviours))
    if rng.random() < 0.3:
        shape.words += ["--skew", f"zipf:{rng.uniform(0.5, 3):.2f}"]
    if rng.random() < 0.4:
        shape.words.append("--spaced")
    shape.words += ["--files", rng.randint(1, min(12, lines, profiles * sessions * predictions))]
    shape.words += ["--compression", rng.choice(["none", "none", "gz", "zst"] if not large else ["gz", "zst"])]
    if rng.random() < 0.8:
        draw_anomalies(rng, shape, recipe, lines)
    return shape


def draw_anomalies(rng: random.Random, shape: Shape, recipe: Recipe, lines: int) -> None:
    """Some anomalies; their shares leave a tenth of the lines clean."""
    left = 0.9
    for name in rng.sample([*EVERY, "shared_session", "repairs", "rejections"], rng.randint(1, 6)):
        share = log_uniform(rng, 0.001, 0.3)
        if name == "line_too_long":
            # Each of these lines is as long as the limit.
            if recipe.limit is None:
                continue
            share = min(share, 20 * MIB / recipe.limit / lines)
        if share > left:
            continue
        left -= share
        shape.anomalies[name] = share
        shape.words += ["--anomaly", f"{name}={share:.6f}"]
    if "line_too_long" in shape.anomalies:
        shape.words += ["--line-limit", recipe.limit]
