"""bench/run measures what it says, and its rivals still do gristmill's work.

On very small data, one round: nothing here looks at a time.

    pytest tests/bench -m "not long"
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("GRISTMILL_BUILD", REPOSITORY / "build/release")).resolve()
sys.path.insert(0, str(REPOSITORY / "bench/measure"))

from contestants import COPY, ON_MAIN, OURS, READER, RIVALS, SLOW_RIVALS, WRITER, contestants_of, rivals_of  # noqa: E402
from goals import goals_of  # noqa: E402
from process import Failed, Measurement, measured, resident  # noqa: E402
from results import WorkResult  # noqa: E402
from works import MAIN, WORKS  # noqa: E402

FLOORS = {COPY, WRITER, READER}


def bench(tmp_path: Path, *words: str) -> tuple[str, str]:
    """Runs bench/run --quick; the page it wrote and what it said."""
    page, data = tmp_path / "page.md", tmp_path / "data"
    data.mkdir()
    done = subprocess.run([str(REPOSITORY / "bench/run"), "--quick", *words, "--output", str(page),
                           "--memory-folder", str(data)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert done.stdout == page.read_text()
    assert not list(data.iterdir()), "data was left"
    return done.stdout, done.stderr


def tables_of(page: str) -> dict[str, dict[str, list[str]]]:
    """By work, by contestant: the further cells of its row."""
    tables = {}
    for section in page.split("\n### ")[1:]:
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in section.splitlines() if line.startswith("| ")]
        tables[re.match(r"[^,\n]*", section)[0]] = {row[0]: row[1:] for row in rows[1:]}
    return tables


def test_a_quick_run_has_a_row_for_everything_and_leaves_nothing(tmp_path):
    page, said = bench(tmp_path, "main", "repairs", "rejected", "--no-rivals")
    tables = tables_of(page)
    assert list(tables) == ["main", "repairs", "rejected", "Goals"]
    for name in ("main", "repairs", "rejected"):
        assert set(tables[name]) == {each.name for each in contestants_of(WORKS[name], [])}
        assert {OURS} | FLOORS <= set(tables[name])
        assert all(float(row[2]) > 0 for row in tables[name].values())
    measured_goals = [goal for goal, row in tables["Goals"].items() if row[0]]
    assert any("repairs" in goal for goal in measured_goals) and any("cp -r" in goal for goal in measured_goals)
    assert "main, round 1: gristmill" in said


@pytest.mark.long
def test_every_work_and_every_rival(tmp_path):
    tables = tables_of(bench(tmp_path)[0])
    assert list(tables) == [*WORKS, "Goals"]
    for name, work in WORKS.items():
        rivals = {rival: row[-1] for rival, row in tables[name].items() if rival in RIVALS}
        assert rivals == {rival: "same output" for rival in rivals_of(work) if not work.large}
    # Rivals do the large work only where they are asked to.
    assert [goal for goal, row in tables["Goals"].items() if not row[0]] == [
        "ten is at least 10 times faster than the fastest rival"]


@pytest.fixture
def outputs(tmp_path) -> tuple[Path, Path]:
    """gristmill's output, and a copy of it as a rival would leave it."""
    data, ours, theirs = tmp_path / "data", tmp_path / "ours", tmp_path / "theirs"
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GRISTMILL_")}
    for words in (["generate", data, "--profiles", 3, "--sessions", 2, "-q"],
                  ["run", "--collections", data / "collections", "--predictions", data / "predictions",
                   "--output", ours]):
        subprocess.run([str(BUILD / "gristmill"), *map(str, words)], check=True, env=variables, cwd=tmp_path,
                       capture_output=True)
    shutil.copytree(ours, theirs)
    report = json.loads((ours / "validation/report.json").read_bytes())
    checks = {check["name"]: check["counts"] for check in report["checks"][:4]}
    for counts in checks["missing_ids"].values():
        del counts["lines"]
    (theirs / "checks.json").write_text(json.dumps(checks))
    return ours, theirs


def comparison(ours: Path, theirs: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(REPOSITORY / "bench/check_equal.py"), str(ours), str(theirs)],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_equal_outputs_are_equal_in_another_order_with_nulls_for_missing_fields(outputs):
    file = next((outputs[1] / "labels").rglob("*.jsonl"))
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    file.unlink()
    for number, part in enumerate((rows[10:], rows[:10])):
        (file.parent / f"part-{number}.json").write_text("".join(
            json.dumps({"x": None, "key_hash": None, **row}) + "\n" for row in part))
    done = comparison(*outputs)
    assert (done.returncode, done.stdout) == (0, "no difference\n"), done.stderr


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("change", [
    lambda out: changed(next((out / "labels").rglob("*.jsonl")), '"timestamp":1', '"timestamp":2'),
    lambda out: changed(next((out / "predictions").rglob("*.jsonl")), '"confidence":0.', '"confidence":1.'),
    lambda out: changed(path := next((out / "labels").rglob("*.jsonl")), path.read_text().splitlines(True)[0], ""),
    lambda out: shutil.rmtree(next((out / "labels").iterdir())),
    lambda out: shutil.copytree(next((out / "labels").iterdir()), out / "labels/profile-id=one-more"),
    lambda out: changed(out / "aggregated-json/part-00000.json", '_collections":5', '_collections":4'),
    lambda out: (out / "aggregated-result/data.parquet").unlink(),
    lambda out: changed(out / "checks.json", '"sessions": 0', '"sessions": 1'),
    lambda out: (out / "checks.json").unlink(),
], ids=["label", "prediction", "label missing", "profile missing", "profile too many", "session", "no parquet", "check",
        "no checks"])
def test_any_difference_is_found(outputs, change):
    change(outputs[1])
    done = comparison(*outputs)
    assert done.returncode == 1 and "1 differences" in done.stdout, done.stdout + done.stderr


def test_a_goal_is_judged_by_the_ratio_within_a_round():
    def work(name: str, **seconds: list[float]) -> WorkResult:
        runs = {each: [Measurement(one, 100 << 20) for one in times] for each, times in seconds.items()}
        return WorkResult(WORKS[name], "memory", input_bytes=10**9, runs=runs)

    # The last two rounds were slow for both: medians of each alone would tell another ratio.
    main = work("main", **{OURS: [1, 4, 8], COPY: [2, 8, 16], "DuckDB": [20, 80, 80], "Polars": [13, 52, 104]})
    spaced = work("spaced", **{OURS: [2], ON_MAIN: [1]})
    goals = {goal.text: goal for goal in goals_of([main, spaced])}
    judged = {goal.text: (goal.figure, goal.met) for goal in goals.values()}
    assert judged["main takes at most 0.8 × the time of `cp -r` of its output"] == ("0.5 ×", True)
    assert judged["main is at least 10 times faster than the fastest rival"] == ("13 ×", True)
    assert judged["ten takes at most 11 × the time of main"] == ("", None)
    assert judged["spaced takes at most 1.3 × the time of main"] == ("2 ×", False)


def test_a_failed_command_is_told_with_what_it_said(tmp_path):
    with pytest.raises(Failed, match="exit code 3: (?s:.*)the reason"):
        measured(["sh", "-c", "echo the reason >&2; exit 3"], tmp_path / "log")


def test_the_memory_of_a_tree_counts_its_children():
    # The child alone holds 200 MB; both end with their pipe.
    holder = "import sys; held = b'x' * 200_000_000; print(flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {holder!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as tree:
        tree.stdout.readline()
        assert 200e6 < resident(tree.pid) < 300e6
        assert resident(os.getpid()) > resident(tree.pid)


def test_the_slow_rivals_do_the_main_work_and_none_one_that_needs_repairs():
    for work in WORKS.values():
        assert set(rivals_of(work)) == (set() if not work.clean else set(work.readers) if work.readers else
                                        set(RIVALS) if work is MAIN else set(RIVALS) - SLOW_RIVALS)
    assert contestants_of(MAIN, rivals_of(MAIN))[0].name == OURS


@pytest.mark.long
def test_one_rival_alone(tmp_path):
    tables = tables_of(bench(tmp_path, "main", "repairs", "--rival", "DuckDB")[0])
    assert [[name for name in tables[work] if name in RIVALS] for work in ("main", "repairs")] == [["DuckDB"], []]
