"""Where an output may lie, what may be there before, and what goes wrong with it."""

import json
import os
import random
import shutil
import signal
import time

import pytest
from command import CHECKS, INPUT, OK, OUTPUT, USAGE, Gristmill
from lines import collection, write_lines
from outputs import contents, differences, manifest, nothing_left_over, report
from privileges import bound_by_modes, give_away, on_tmpfs, open_folder  # noqa: F401


@pytest.fixture
def expected(gristmill, small, tmp_path):
    """What the output of the small input says, wherever it lies."""
    gristmill.run(*small, "usual/out").must(OK)
    return contents(tmp_path / "usual/out")


@pytest.fixture
def old(gristmill, tmp_path):
    """An earlier output at `place/out`, by other input."""
    path = write_lines(tmp_path / "old.jsonl", [collection("before")])
    gristmill.run(path, (), "place/out").must(OK)
    return contents(tmp_path / "place/out")


def lists(root) -> set[str]:
    return {path.name for path in root.iterdir()}


# ---- kinds of roots

@pytest.mark.parametrize("output", ["place/out", "place/out/", "./place//out", "deep/er/place/out"])
def test_root_that_is_not_there(gristmill, small, expected, tmp_path, output):
    gristmill.run(*small, output).must(OK)
    root = tmp_path / ("deep/er/place/out" if "deep" in output else "place/out")
    assert differences(expected, contents(root)) == []
    assert report(root)["run"]["publish_way"] == "exchange"
    nothing_left_over(root)


def test_root_that_is_an_empty_folder(gristmill, small, expected, tmp_path):
    (tmp_path / "place/out").mkdir(parents=True)
    gristmill.run(*small, "place/out").must(OK)
    assert differences(expected, contents(tmp_path / "place/out")) == []
    nothing_left_over(tmp_path / "place/out")


@pytest.mark.parametrize("way", ["exchange", "journal"])
def test_root_that_holds_an_earlier_output(gristmill, small, expected, old, tmp_path, way):
    gristmill.run(*small, "place/out", hooks={"PUBLISH_WAY": way}).must(OK)
    assert differences(expected, contents(tmp_path / "place/out")) == []
    assert not (tmp_path / "place/out/labels/profile-id=before").exists()
    nothing_left_over(tmp_path / "place/out")


def test_mode_and_owner_of_the_root_stay(gristmill, small, old, tmp_path):
    root = tmp_path / "place/out"
    root.chmod(0o2751)
    give_away(root)
    before = root.stat()
    gristmill.run(*small, root).must(OK)
    after = root.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@pytest.mark.parametrize("there", ["absent", "empty", "published"])
def test_root_that_is_a_symlink(gristmill, small, expected, tmp_path, there):
    if there == "published":
        gristmill.run(small[0], (), "real/out").must(OK)
    if there == "empty":
        (tmp_path / "real/out").mkdir(parents=True)
    (tmp_path / "real").mkdir(exist_ok=True)
    (tmp_path / "links").mkdir()
    (tmp_path / "links/out").symlink_to("../real/out")
    gristmill.run(*small, "links/out").must(OK)
    assert os.readlink(tmp_path / "links/out") == "../real/out"
    assert differences(expected, contents(tmp_path / "real/out")) == []
    nothing_left_over(tmp_path / "real/out")
    nothing_left_over(tmp_path / "links/out")


def test_root_that_is_a_mount_point(gristmill, small, expected, tmp_path):
    (tmp_path / "mount").mkdir()
    again = f'"$@" && cp -r "{tmp_path}/mount" "{tmp_path}/twice"'
    keep = f'cp -r "{tmp_path}/mount" "{tmp_path}/once"; {again}'
    gristmill.run(*small, tmp_path / "mount", wrap=on_tmpfs(tmp_path / "mount", "16m", keep)).must(OK)
    for copy in ("once", "twice"):
        assert differences(expected, contents(tmp_path / copy)) == []
        assert report(tmp_path / copy)["run"]["publish_way"] == "journal"
        assert not (tmp_path / copy / "_staging").exists()
        gristmill("verify", copy).must(OK)
    assert manifest(tmp_path / "once")["run_id"] != manifest(tmp_path / "twice")["run_id"]


def test_exchange_cannot_be_had_by_force_at_a_mount_point(gristmill, small, tmp_path):
    (tmp_path / "mount").mkdir()
    gristmill.run(*small, tmp_path / "mount", hooks={"PUBLISH_WAY": "exchange"},
                  wrap=on_tmpfs(tmp_path / "mount", "16m")).must_fail(OUTPUT, "mount point")


def test_parent_that_cannot_be_written(open_folder, small, expected, tmp_path):  # noqa: F811
    command = Gristmill(open_folder)
    inputs = [shutil.copy(path, open_folder) for path in small]
    root = open_folder / "place/out"
    root.mkdir(parents=True)
    (open_folder / "place").chmod(0o555)
    for _ in range(2):
        command.run(*inputs, root, **bound_by_modes()).must(OK)
        assert differences(expected, contents(root)) == []
        assert report(root)["run"]["publish_way"] == "journal"
        nothing_left_over(root)
    command("explain", "--collections", inputs[0], "--output", root, **bound_by_modes()).must(OK)


@pytest.mark.parametrize("there", [True, False])
def test_place_that_cannot_be_written(open_folder, small, there):  # noqa: F811
    command = Gristmill(open_folder)
    inputs = [shutil.copy(path, open_folder) for path in small]
    (open_folder / "place").mkdir()
    if there:
        (open_folder / "place/out").mkdir(mode=0o555)
    (open_folder / "place").chmod(0o555)
    command.run(*inputs, "place/out", **bound_by_modes()).must_fail(OUTPUT, str(open_folder / "place"), "Permission denied")
    assert lists(open_folder / "place") == ({"out"} if there else set())


def test_root_that_is_a_file(gristmill, small, tmp_path):
    (tmp_path / "out").write_text("mine")
    gristmill.run(*small, "out").must_fail(OUTPUT, str(tmp_path / "out"))
    gristmill.run(*small, "out/below").must_fail(OUTPUT, "'out/below'", "is a file")
    assert (tmp_path / "out").read_text() == "mine"


def test_output_inside_an_input_folder(gristmill, small, tmp_path):
    """The second run must not take the first one's output for input."""
    folder = small[0].parent
    small[1].unlink()
    gristmill.run(folder, (), folder / "out")
    again = gristmill.run(folder, (), folder / "out")
    if again.code == OK:
        assert report(folder / "out")["accounting"]["totals"]["collections"]["lines"] == 12
    else:
        again.must_fail(USAGE, str(folder), str(folder / "out"))


# ---- other people's files

@pytest.mark.parametrize("stranger", ["notes.txt", "labels/profile-id=mine/collections.jsonl", ".hidden", "a/b/c/d",
                                      "_SUCCESS.bak", "labels/profile-id=before/more.jsonl", "validation/\nodd name"])
@pytest.mark.parametrize("way", ["exchange", "journal"])
def test_strangers_file_is_refused_and_named(gristmill, small, old, tmp_path, stranger, way):
    path = tmp_path / "place/out" / stranger
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    outcome = gristmill.run(*small, "place/out", hooks={"PUBLISH_WAY": way}).must(OUTPUT)
    assert path.name.strip("\n") in outcome.stderr
    assert path.read_text() == "mine"
    path.unlink()
    assert differences(old, contents(tmp_path / "place/out")) == []
    nothing_left_over(tmp_path / "place/out")


def test_folder_of_strangers_is_refused_with_ten_names(gristmill, small, tmp_path):
    for number in range(12):
        write_lines(tmp_path / f"mine/{number:02}.txt", ["mine"])
    outcome = gristmill.run(*small, "mine").must_fail(OUTPUT, str(tmp_path / "mine"), "more than 10")
    assert outcome.stderr.count(".txt'") == 10
    assert len(list((tmp_path / "mine").iterdir())) == 12


def paused(gristmill, words, operation, milliseconds, way="exchange"):
    """Publishes, then starts the same run again, which pauses before the first operation with this text in it."""
    log = gristmill.folder / "operations"
    hooks = {"PUBLISH_WAY": way}
    gristmill(*words, hooks=hooks).must(OK)
    gristmill(*words, hooks={**hooks, "FAULT": "count", "FAULT_LOG": log}).must(OK)
    names = log.read_text().splitlines()[1:]
    number = next(number for number, name in enumerate(names, 1) if operation in name)
    return gristmill.start(*words, hooks={**hooks, "FAULT": f"pause:{number}:{milliseconds}"})


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def test_readers_are_told_that_a_publication_is_going_on(gristmill, small, tmp_path):
    """Once, they were told to recover what another process was about to finish."""
    root = tmp_path / "place/out"
    process = paused(gristmill, gristmill.run_words(*small, root, "--threads", 1), "remove " + str(root) + "/_SUCCESS", 600_000,
                     "journal")
    try:
        wait_for((root / "_staging/COMMIT").exists)
        before = sorted(root.rglob("*"))
        run = json.loads((root / "_staging/COMMIT").read_text())["run_id"]
        for words in (["verify", root], ["show", root], ["ddl", "duckdb", root], ["report", root]):
            outcome = gristmill(*words).must_fail(OUTPUT, f"being published just now by run {run}", "try again")
            assert "recover" not in outcome.stderr
        assert sorted(root.rglob("*")) == before
    finally:
        process.kill()
        process.communicate()
    for words in (["verify", root], ["show", root]):
        gristmill(*words).must_fail(OUTPUT, "cut off", f"gristmill recover {root}")
    gristmill("recover", root).must(OK)
    nothing_left_over(root)


@pytest.mark.parametrize("way", ["exchange", "journal"])
def test_strangers_file_that_comes_during_the_run(gristmill, small, tmp_path, way):
    """The new output is kept beside, so that the work is not lost."""
    root = tmp_path / "place/out"
    words = gristmill.run_words(*small, root, "--threads", 1)
    process = paused(gristmill, words, "validation/report.html", 500, way)
    old = contents(root)
    staging = root / "_staging" if way == "journal" else root.parent / ".out.gristmill"
    wait_for(lambda: list(staging.glob("*/aggregated-result/data.parquet")))
    (root / "mine.txt").write_text("mine")
    gristmill.finish(process)
    assert process.returncode == OUTPUT
    assert (root / "mine.txt").read_text() == "mine"
    (root / "mine.txt").unlink()
    found = {name: data for name, data in contents(root).items() if not name.startswith("_staging")}
    assert differences(old, found) == []
    gristmill("publish", root, hooks={"PUBLISH_WAY": way}).must(OK)
    gristmill("verify", root).must(OK)
    nothing_left_over(root)


# ---- full disks

@pytest.mark.parametrize("earlier", [False, True])
def test_full_disk(gristmill, small, tmp_path, earlier):
    big = write_lines(tmp_path / "big.jsonl", [collection(f"p{n % 40}", f"s{n}", f"c{n}") for n in range(20_000)])
    (tmp_path / "disk").mkdir()
    look = f'find "{tmp_path}/disk" -mindepth 1 > "{tmp_path}/found"; cp -r "{tmp_path}/disk" "{tmp_path}/copy"'
    wrap = on_tmpfs(tmp_path / "disk", "3m", look)
    if earlier:
        first = gristmill.run_words(*small, tmp_path / "disk/out", "--quiet")
        binary = str(gristmill.binary)
        wrap[wrap.index("-c") + 1] = wrap[wrap.index("-c") + 1].replace(
            '"$@";', " ".join(f"'{word}'" for word in [binary, *first]) + ' && "$@";', 1)
    outcome = gristmill.run(big, (), tmp_path / "disk/out", wrap=wrap)
    outcome.must_fail(OUTPUT, str(tmp_path / "disk"), "No space left")
    if earlier:
        assert differences(published_usually(gristmill, small, tmp_path), contents(tmp_path / "copy/out")) == []
        nothing_left_over(tmp_path / "copy/out")
    else:
        assert (tmp_path / "found").read_text() == ""


def test_output_that_may_not_fit_is_foretold(gristmill, tmp_path):
    path = write_lines(tmp_path / "c.jsonl", [collection(f"p{n % 40}", f"s{n}", f"c{n}", 0) for n in range(5000)])
    (tmp_path / "disk").mkdir()
    wrap = on_tmpfs(tmp_path / "disk", "3m")
    outcome = gristmill.run(path, (), tmp_path / "disk/out", wrap=wrap).must(OK)
    assert "may not fit" in outcome.stderr and str(tmp_path / "disk") in outcome.stderr
    outcome = gristmill("explain", "--collections", path, "--output", tmp_path / "disk", wrap=wrap).must(OK)
    assert "3.15 MB free" in outcome.stdout and "mount point" in outcome.stdout


def published_usually(gristmill, small, tmp_path):
    gristmill.run(*small, "usual/out").must(OK)
    return contents(tmp_path / "usual/out")


def test_full_disk_of_the_spill_folder(gristmill, tmp_path):
    big = write_lines(tmp_path / "big.jsonl", [collection(f"p{n % 40}", f"s{n}", f"c{n}") for n in range(20_000)])
    (tmp_path / "disk").mkdir()
    gristmill.run(big, (), "place/out", "--memory", "1MiB", "--spill-directory", tmp_path / "disk",
                  wrap=on_tmpfs(tmp_path / "disk", "1m")).must_fail(OUTPUT, str(tmp_path / "disk"), "No space left")
    assert not (tmp_path / "place/out").exists()


def test_spill_folder_that_is_not_there(gristmill, small, tmp_path):
    big = write_lines(tmp_path / "big.jsonl", [collection(f"p{n % 40}", f"s{n}", f"c{n}") for n in range(20_000)])
    gristmill.run(big, (), "place/out", "--memory", "1MiB", "--spill-directory", "nowhere").must_fail(OUTPUT, "nowhere")
    assert not (tmp_path / "place/out").exists()


def fail_at(gristmill, small, tmp_path, way, plans, every):
    """Lets single storage operations of a run fail; whatever it was, a run without faults then succeeds."""
    root = tmp_path / "place/out"
    words = gristmill.run_words(*small, root, "--threads", 1)
    log = tmp_path / "operations"
    other = write_lines(tmp_path / "other.jsonl", [collection("before")])
    gristmill.run(other, (), tmp_path / "other/out").must(OK)
    before = contents(tmp_path / "other/out")
    shutil.copytree(tmp_path / "other/out", root)
    gristmill(*words, hooks={"PUBLISH_WAY": way, "FAULT": "count", "FAULT_LOG": log}).must(OK)
    new = contents(root)
    count = int(log.read_text().splitlines()[0])
    numbers = range(1, count + 1) if every else sorted(random.Random(count).sample(range(1, count + 1), 10))
    left_over = []
    for number in numbers:
        for plan in plans:
            shutil.rmtree(root.parent)
            shutil.copytree(tmp_path / "other/out", root)
            outcome = gristmill(*words, hooks={"PUBLISH_WAY": way, "FAULT": plan.format(number)})
            assert outcome.code in (OK, USAGE, 3, OUTPUT), (plan.format(number), outcome.stderr)
            where = plan.format(number) + ": " + log.read_text().splitlines()[number]
            if outcome.code != OK:
                assert outcome.stderr.count("gristmill: error: ") == 1, where
            verdict = gristmill("verify", root)
            if verdict.code == OK:
                found = {name: data for name, data in contents(root).items() if not name.startswith("_staging")}
                assert not differences(new, found) or not differences(before, found), where
                if outcome.code == OK:
                    assert not differences(new, found), where
                elif plan.startswith("error:") and "gristmill publish" not in outcome.stderr:
                    if (root / "_staging").exists() or lists(root.parent) != {"out"}:
                        left_over.append(f"{where}\n{outcome.stderr}")
            else:
                assert way == "journal" and "gristmill recover" in outcome.stderr, where
            gristmill(*words, hooks={"PUBLISH_WAY": way}).must(OK)
            assert differences(new, contents(root)) == [], where
            nothing_left_over(root)
    assert not left_over, "\n".join(left_over)


@pytest.mark.parametrize("way", ["exchange", "journal"])
def test_some_operations_that_fail(gristmill, small, tmp_path, way):
    fail_at(gristmill, small, tmp_path, way, ["error:{}:EIO"], False)


@pytest.mark.long
@pytest.mark.parametrize("way", ["exchange", "journal"])
def test_every_operation_that_fails(gristmill, small, tmp_path, way):
    fail_at(gristmill, small, tmp_path, way, ["error:{}:EIO", "error:{}:ENOSPC", "error-from:{}:ENOSPC"], True)


# ---- two runs

@pytest.mark.parametrize("way", ["exchange", "journal"])
@pytest.mark.parametrize("second", ["run", "publish", "recover"])
def test_two_at_once(gristmill, small, tmp_path, way, second):
    root = tmp_path / "place/out"
    words = gristmill.run_words(*small, root, "--threads", 1)
    process = paused(gristmill, words, "open " + str(small[0]), 700, way)
    lock = root / "_staging/lock" if way == "journal" else root.parent / ".out.gristmill/lock"
    wait_for(lock.exists)
    (tmp_path / "link").symlink_to(root)
    other = gristmill.run_words(*small, tmp_path / "link") if second == "run" else [second, tmp_path / "link"]
    started = time.monotonic()
    gristmill(*other).must_fail(OUTPUT, "another run", str(root))
    assert time.monotonic() - started < 0.6, "it waited"
    assert process.poll() is None, "the first run ended too early for this test to say anything"
    gristmill.finish(process).must(OK)
    gristmill("verify", root).must(OK)
    nothing_left_over(root)


def test_a_dead_runs_lock_is_no_lock(gristmill, small, tmp_path):
    root = tmp_path / "place/out"
    process = paused(gristmill, gristmill.run_words(*small, root, "--threads", 1), "open " + str(small[0]), 5000)
    wait_for((root.parent / ".out.gristmill/lock").exists)
    process.send_signal(signal.SIGKILL)
    gristmill.finish(process)
    gristmill.run(*small, root).must(OK)
    nothing_left_over(root)


# ---- kept outputs

FAILING = ["--checks-unmatched-sessions-severity", "fail"]


def test_failed_check_keeps_the_output_until_it_is_published(gristmill, small, old, expected, tmp_path):
    root = tmp_path / "place/out"
    extra = write_lines(tmp_path / "extra.jsonl", [collection("p9", "s9", "c9")])
    outcome = gristmill.run([small[0], extra], small[1], "place/out", *FAILING)
    outcome.must_fail(CHECKS, "unmatched_sessions", "gristmill publish place/out")
    assert differences(old, contents(root)) == []
    staged = next((root.parent / ".out.gristmill").glob("*/validation/report.json")).parents[1]
    assert str(staged) in outcome.stderr
    assert report(staged)["verdict"] == {"passed": False, "failed_checks": ["unmatched_sessions"], "warned_checks": []}
    gristmill("explain", "--collections", small[0], "--output", root).must(OK)
    gristmill("publish", "place/out").must(OK)
    assert (root / "labels/profile-id=p9").exists()
    gristmill("verify", root).must(OK)
    nothing_left_over(root)
    gristmill("publish", "place/out").must_fail(USAGE, "nothing is staged")


@pytest.mark.parametrize("way", ["exchange", "journal"])
def test_next_run_removes_a_kept_output(gristmill, small, expected, tmp_path, way):
    root = tmp_path / "place/out"
    gristmill.run(small[0], (), root, *FAILING, hooks={"PUBLISH_WAY": way}).must(CHECKS)
    gristmill.run(*small, root, hooks={"PUBLISH_WAY": way}).must(OK)
    assert differences(expected, contents(root)) == []
    nothing_left_over(root)
    gristmill("publish", root).must(USAGE)


def test_publish_anyway(gristmill, small, tmp_path):
    gristmill.run(small[0], (), "place/out", *FAILING, "--publish-anyway").must(OK)
    assert report(tmp_path / "place/out")["verdict"]["passed"] is False
    nothing_left_over(tmp_path / "place/out")


# ---- verify

def change(path):
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


DAMAGE = {
    "changed": (lambda root: change(root / "labels/profile-id=before/collections.jsonl"),
                "labels/profile-id=before/collections.jsonl"),
    "longer": (lambda root: (root / "validation/report.html").open("a").write("x"), "validation/report.html"),
    "missing": (lambda root: (root / "aggregated-result/data.parquet").unlink(), "aggregated-result/data.parquet"),
    "extra": (lambda root: (root / "labels/extra.jsonl").write_text(""), "labels/extra.jsonl"),
    "folder-for-file": (lambda root: [(root / "validation/report.json").unlink(), (root / "validation/report.json").mkdir()],
                        "validation/report.json"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_verify_finds_damage(gristmill, old, tmp_path, kind):
    root = tmp_path / "place/out"
    gristmill("verify", root).must(OK)
    damage, name = DAMAGE[kind]
    damage(root)
    outcome = gristmill("verify", root).must_fail(CHECKS, str(root))
    assert name in outcome.stdout


@pytest.mark.parametrize("kind", ["truncated", "no manifest", "no folder", "no success"])
def test_verify_without_a_whole_manifest(gristmill, old, tmp_path, kind):
    root = tmp_path / "place/out"
    path = root / "_manifest.json"
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:-30])
    elif kind == "no manifest":
        path.unlink()
    elif kind == "no success":
        (root / "_SUCCESS").unlink()
    else:
        root = tmp_path / "nowhere"
    outcome = gristmill("verify", root)
    assert outcome.code == {"truncated": OUTPUT, "no success": CHECKS}.get(kind, INPUT)
    outcome.must_fail(outcome.code, root.name)
