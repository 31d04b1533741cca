"""An output that several users of a group write to by turns: what one of them may not do is refused before the point
of no return, and what was begun can be ended by another."""

import os
import shutil
import time

import command
import pytest
from command import CHECKS, OK, OUTPUT, Gristmill
from lines import collection, write_lines
from outputs import differences, nothing_left_over
from privileges import open_folder, on_tmpfs  # noqa: F401

KILLED = -9
ANN, BOB, GROUP, OTHERS = 61001, 61002, 61000, 61009
FAILING = ["--checks-unmatched-sessions-severity", "fail"]

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")


def as_user(user, umask=0o022, group=GROUP) -> dict:
    """Options of a command that make another user run it."""
    script = f'umask {umask:04o}; exec setpriv --reuid={user} --regid={group} --clear-groups -- "$@"'
    return {"wrap": ["sh", "-c", script, "sh"]}


class Shared:
    """A folder of a group's, in one that only root may write to, and an output in it that Ann has made."""

    def __init__(self, folder, small, mode):
        folder.chmod(0o755)
        (folder / "place").mkdir()
        self.command = Gristmill(folder)
        self.place, self.root = folder / "place", folder / "place/out"
        self.root.mkdir()
        os.chown(self.root, 0, GROUP)
        self.root.chmod(mode)
        self.inputs = [shutil.copy(path, folder) for path in small]
        self.old = write_lines(folder / "old.jsonl", [collection("before"), collection("p1")])
        self.command.run(self.old, (), self.root, **as_user(ANN)).must(OK)

    def words(self):
        return self.command.run_words(*self.inputs, self.root, "--threads", 1)

    def run(self, user, **options):
        return self.command(*self.words(), **as_user(user), **options)

    def close(self, *folders, mode=0o755):
        """Takes the group's right to write, as folders of another program's may lack it."""
        for folder in folders or [path for path in self.root.rglob("*") if path.is_dir()]:
            folder.chmod(mode)

    def operation(self, text):
        """The number of the first operation of Bob's run with this text in it."""
        copy, log = self.root.with_name("copy"), self.command.spill / "operations"
        shutil.copytree(self.root, copy)
        self.run(BOB, hooks={"FAULT": "count", "FAULT_LOG": log}).must(OK)
        names = log.read_text().splitlines()[1:]
        log.unlink()
        for path in self.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in copy.iterdir():
            path.rename(self.root / path.name)
        copy.rmdir()
        for path in self.root.rglob("*"):
            os.chown(path, ANN, GROUP)
            path.chmod(0o2775 if path.is_dir() else 0o644)
        return next(number for number, name in enumerate(names, 1) if text in name)

    def verified(self):
        self.command("verify", self.root, **as_user(BOB)).must(OK)

    def holds(self, profile):
        return (self.root / f"labels/profile-id={profile}").exists()


@pytest.fixture
def shared(open_folder, small, monkeypatch):  # noqa: F811
    """The commands lie where every user may start them."""
    build = open_folder / "build"
    build.mkdir(mode=0o755)
    for path in command.BUILD.iterdir():
        if path.name in ("gristmill", "gristmill_faulty") or path.suffix == ".so":
            shutil.copy(path, build)
    monkeypatch.setattr(command, "BUILD", build)
    return Shared(open_folder, small, 0o2775)


def test_users_of_a_group_take_turns(shared):
    for user in (BOB, ANN, BOB):
        shared.run(user).must(OK)
        shared.verified()
        nothing_left_over(shared.root)
    assert shared.holds("p2") and not shared.holds("before")


def test_umask_that_shuts_the_group_out_is_obeyed(shared):
    shared.command(*shared.words(), **as_user(BOB, 0o077)).must(OK)
    folders = [path for path in shared.root.rglob("*") if path.is_dir() and path.stat().st_uid == BOB]
    assert folders and all(path.stat().st_mode & 0o070 == 0 for path in folders)


@pytest.mark.parametrize("closed", ["labels/profile-id=p1", "labels/profile-id=before", "labels", "aggregated-result"])
def test_folder_of_another_user_is_found_before_the_point_of_no_return(shared, closed):
    shared.close(shared.root / closed)
    outcome = shared.run(BOB)
    outcome.must_fail(OUTPUT, f"'{shared.root / closed}'", f"'{ANN}'", f"'{BOB}'", "0755", "gristmill publish")
    assert (shared.root / "_SUCCESS").exists() and (shared.root / "_staging/KEPT").exists()
    shared.verified()
    # Bob may not; Ann publishes what Bob has made.
    shared.command("publish", shared.root, **as_user(BOB)).must(OUTPUT)
    shared.command("publish", shared.root, **as_user(ANN)).must(OK)
    shared.verified()
    assert shared.holds("p2") and not shared.holds("before")
    nothing_left_over(shared.root)


def test_folder_that_need_not_change_may_be_anybodys(shared):
    """An empty folder counts as nothing, whoever may write to it."""
    (shared.root / "empty/deep").mkdir(parents=True)
    shared.run(BOB).must(OK)
    assert (shared.root / "empty/deep").exists()


def test_sticky_folder(shared):
    shared.root.joinpath("labels").chmod(0o3775)
    shared.run(BOB).must_fail(OUTPUT, f"'{shared.root}/labels'", "sticky", f"'{ANN}'")
    shared.verified()
    shared.command("publish", shared.root, **as_user(ANN)).must(OK)
    nothing_left_over(shared.root)


def test_read_only_mount_in_the_output(shared):
    labels = shared.root / "labels"
    wrap = on_tmpfs(labels, "1m")
    wrap[wrap.index("-c") + 1] = (f'mount --bind "{labels}" "{labels}" && mount -o remount,bind,ro "{labels}" && "$@"')
    outcome = shared.command(*shared.words(), wrap=[*wrap, *as_user(BOB)["wrap"]])
    outcome.must_fail(OUTPUT, str(labels), "read-only")
    shared.verified()


def test_a_journal_that_was_killed_is_ended_by_another_user(shared):
    number = shared.operation("/_staging/COMMIT.new " + str(shared.root))
    shared.run(BOB, hooks={"FAULT": f"kill-after:{number}"}).must(KILLED)
    assert (shared.root / "_staging/COMMIT").exists()
    shared.command("recover", shared.root, **as_user(ANN)).must(OK)
    shared.verified()
    assert shared.holds("p2") and not shared.holds("before")
    nothing_left_over(shared.root)


def test_what_a_dead_run_staged_is_removed_by_another_user(shared):
    number = shared.operation("create " + str(shared.root / "_staging"))
    shared.run(BOB, hooks={"FAULT": f"kill:{number + 12}"}).must(KILLED)
    assert any((shared.root / "_staging").iterdir())
    shared.run(ANN).must(OK)
    shared.verified()
    nothing_left_over(shared.root)


def test_folder_that_is_closed_after_the_point_of_no_return(shared):
    number = shared.operation("remove " + str(shared.root / "_SUCCESS"))
    process = shared.command.start(*shared.words(), **as_user(BOB), hooks={"FAULT": f"pause:{number}:1500"})
    end = time.monotonic() + 20
    while not (shared.root / "_staging/COMMIT").exists():
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.002)
    closed = shared.root / "labels/profile-id=p1"
    shared.close(closed)
    outcome = shared.command.finish(process)
    outcome.must_fail(OUTPUT, f"'{closed}'", f"'{ANN}' must run 'gristmill recover {shared.root}'")
    assert shared.command("recover", shared.root, **as_user(BOB)).must(OUTPUT).stderr.count(f"'{ANN}' must run") == 1
    shared.command("recover", shared.root, **as_user(ANN)).must(OK)
    shared.verified()
    assert shared.holds("p2") and not shared.holds("before")
    nothing_left_over(shared.root)


def test_kept_output_is_published_by_another_user(shared):
    shared.command.run(shared.inputs[0], (), shared.root, *FAILING, **as_user(BOB)).must(CHECKS)
    shared.command("publish", shared.root, **as_user(ANN)).must(OK)
    shared.verified()
    nothing_left_over(shared.root)


def test_a_user_of_no_group_changes_nothing(shared):
    def states():
        return {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in shared.root.rglob("*")}

    before = states()
    shared.command(*shared.words(), **as_user(OTHERS, group=OTHERS)).must(OUTPUT)
    assert states() == before
    shared.verified()
