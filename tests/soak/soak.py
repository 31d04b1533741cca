"""Rounds of random data in random settings, for as long as wanted: each must keep every promise at once.

    ./test soak --minutes 60
    ./test soak --seed 123     repeats one round; the moments of kills by the clock are never quite the same

What is promised, and held in each round:

- the output is that of a run in the simplest way: one thread, the complete parser, every line kept in a bucket;
- `verify` finds it whole, and nothing is left over beside it or in the spill folder;
- the report counts what `generate` says it wrote;
- a failed check leaves the old output, and the kept one can be published;
- the peak of memory stays in its bound;
- killed at any moment, and recovered, the root holds the complete old output or the complete new one;
- every fourth round: an output that grew by updates, some of them killed, has the bytes of one run over all its inputs.

Tests that look for one thing find it faster; this looks for what happens only together.
"""

from __future__ import annotations

import argparse
import random
import shlex
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "programs"), str(TESTS / "reference")]

from command import INTERRUPTED  # noqa: E402
from growth_round import GrowthRound  # noqa: E402
from round import Round  # noqa: E402


def play_round(seed: int, keep: bool) -> int | None:
    """Plays the round of a seed; the bytes of its input, or None if it failed."""
    folder = Path(tempfile.mkdtemp(prefix=f"gristmill-soak-{seed}-"))
    failed = False
    try:
        one = (GrowthRound if seed % 4 == 3 else Round)(seed, folder)
        one.play()
        return one.bytes
    except Exception:
        failed = True
        print(f"\nFAILED: the round of seed {seed}\n")
        traceback.print_exc(limit=-4, file=sys.stdout)
        print(f"\nIn {folder}, which is kept, these were its commands, with TMPDIR={folder / 'spill'}:\n")
        print("\n".join(["  cd " + shlex.quote(str(folder)), *("  " + call for call in one.command.calls)]))
        print(f"\nTo repeat the round: ./test soak --seed {seed}")
        return None
    finally:
        if not failed and not keep:
            remove(folder)


def remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def number_above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not above zero")
    return number


def main() -> int:
    parser = argparse.ArgumentParser(prog="./test soak", description="Random data in random settings, round by round.")
    parser.add_argument("--minutes", type=number_above_zero, default=60, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, help="repeat the one round of this seed")
    parser.add_argument("--keep", action="store_true", help="keep the folders of all rounds")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = said = time.monotonic()
    seed = random.SystemRandom().randrange(1 << 32) if arguments.seed is None else arguments.seed
    rounds = size = code = 0

    def say() -> None:
        print(f"soak: {rounds} rounds, {time.monotonic() - started:.0f} seconds, {size / 1e6:.0f} MB in", flush=True)

    print(f"soak: seeds from {seed} on", flush=True)
    try:
        while True:
            played = play_round(seed, arguments.keep)
            if played is None:
                code = 1
                break
            rounds, size, seed = rounds + 1, size + played, seed + 1
            now = time.monotonic()
            if arguments.seed is not None or now - started >= arguments.minutes * 60:
                break
            if now - said >= 60:
                said = now
                say()
    except KeyboardInterrupt:
        code = INTERRUPTED
    say()
    return code


if __name__ == "__main__":
    sys.exit(main())
