"""Links, files and folders that somebody has put where gristmill works: nothing is followed, deleted or moved across
them, whenever they come, and the message names them."""

import ctypes
import json
import os
import shutil
import threading
import time

import pytest
from command import CHECKS, OK, OUTPUT
from lines import collection, write_lines
from outputs import contents, differences, nothing_left_over
from privileges import give_away

FAILING = ["--checks-unmatched-sessions-severity", "fail"]
WAYS = ["exchange", "journal"]

DEAD = "20250101T000000Z-00000000"  # a run that died


@pytest.fixture
def victim(gristmill, small, tmp_path):
    """Another output, that nobody may touch, with what it says."""
    gristmill.run(*small, "victim/out").must(OK)
    return tmp_path / "victim/out"


@pytest.fixture
def old(gristmill, tmp_path):
    """An earlier output at `place/out`, by other input."""
    path = write_lines(tmp_path / "old.jsonl", [collection("before")])
    gristmill.run(path, (), "place/out").must(OK)
    return tmp_path / "place/out"


def everything(folder) -> dict:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def commands(gristmill, small, root) -> dict:
    return {"run": gristmill.run_words(*small, root), "recover": ["recover", root], "publish": ["publish", root]}


def record(run_id, manifest="0" * 32) -> str:
    return f'{{"run_id":"{run_id}","manifest":"{manifest}","replaces":""}}\n'


# ---- the area beside the output

@pytest.mark.parametrize("command", ["run", "recover", "publish"])
@pytest.mark.parametrize("kind", ["link", "file", "dangling"])
def test_area_that_is_no_folder(gristmill, small, old, victim, tmp_path, command, kind):
    area = tmp_path / "place/.out.gristmill"
    if kind == "file":
        area.write_text("mine")
    else:
        area.symlink_to(victim if kind == "link" else tmp_path / "nowhere")
    before, published = everything(victim), everything(old)
    gristmill(*commands(gristmill, small, old)[command]).must_fail(OUTPUT, str(area))
    assert everything(victim) == before and everything(old) == published
    assert (area.read_text() == "mine") if kind == "file" else area.is_symlink()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", ["run", "recover", "publish"])
@pytest.mark.parametrize("name", ["COMMIT", "KEPT"])
@pytest.mark.parametrize("kind", ["link", "file"])
@pytest.mark.parametrize("way", WAYS)
def test_record_of_what_is_no_folder(gristmill, small, old, victim, tmp_path, command, name, kind, way):
    area = tmp_path / "place/.out.gristmill" if way == "exchange" else old / "_staging"
    area.mkdir()
    if kind == "link":
        (area / "forged").symlink_to(victim)
    else:
        (area / "forged").write_text("mine")
    (area / name).write_text(record("forged"))
    before, published = everything(victim), everything(old)
    gristmill(*commands(gristmill, small, old)[command]).must_fail(OUTPUT, str(area / name), str(area / "forged"))
    assert everything(victim) == before and everything(old) == published


@pytest.mark.skipif(os.getuid() != 0, reason="gives a folder to another user")
@pytest.mark.parametrize("command", ["run", "recover", "publish"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", [0o1777, 0o777])
def test_area_of_another_user_where_everybody_may_make_one(gristmill, small, old, tmp_path, command, way, mode):
    area = old.parent / ".out.gristmill" if way == "exchange" else old / "_staging"
    area.mkdir()
    (area / DEAD).mkdir()
    give_away(area, area / DEAD)
    area.parent.chmod(mode)
    before = everything(tmp_path / "place")
    gristmill(*commands(gristmill, small, old)[command]).must_fail(OUTPUT, str(area), "belongs to")
    assert everything(tmp_path / "place") == before
    # Where not everybody may, whoever made it was let to.
    area.parent.chmod(0o755)
    gristmill("recover", old).must(OK)
    assert not (area / DEAD).exists()


@pytest.mark.skipif(os.getuid() != 0, reason="gives a folder to another user")
@pytest.mark.parametrize("with_lock", [False, True])
def test_empty_area_of_another_user_stays(gristmill, small, tmp_path, with_lock):
    """The message says that nothing was touched."""
    place = tmp_path / "open"
    area = place / ".new.gristmill"
    area.mkdir(parents=True)
    if with_lock:
        (area / "lock").touch()
    give_away(area, *area.iterdir())
    place.chmod(0o1777)
    before = everything(place)
    times = area.stat().st_mtime_ns
    gristmill.run(*small, place / "new").must_fail(OUTPUT, str(area), "belongs to", "nothing was touched")
    assert everything(place) == before and area.stat().st_mtime_ns == times


@pytest.mark.skipif(os.getuid() != 0, reason="gives a folder to another user")
def test_area_of_the_outputs_owner(gristmill, small, old):
    """An administrator finishes what a user began in a folder of everybody's."""
    area = old.parent / ".out.gristmill"
    area.mkdir()
    (area / DEAD).mkdir()
    give_away(old, area, area / DEAD)
    old.parent.chmod(0o1777)
    gristmill("recover", old).must(OK)
    nothing_left_over(old)


# ---- the journal

def killed_after_commit(gristmill, old, inputs):
    """A journal that was killed just after COMMIT."""
    words = gristmill.run_words(*inputs, old, "--threads", 1)
    log = gristmill.folder / "operations"
    copy = gristmill.folder / "copy"
    shutil.copytree(old, copy, symlinks=True)
    gristmill(*words, hooks={"PUBLISH_WAY": "journal", "FAULT": "count", "FAULT_LOG": log}).must(OK)
    shutil.rmtree(old)
    copy.rename(old)
    names = log.read_text().splitlines()[1:]
    number = next(number for number, name in enumerate(names, 1) if name.endswith("/COMMIT") and "rename" in name)
    gristmill(*words, hooks={"PUBLISH_WAY": "journal", "FAULT": f"kill-after:{number}"})
    assert (old / "_staging/COMMIT").exists()


@pytest.mark.parametrize("command", ["run", "recover"])
@pytest.mark.parametrize("level", ["labels", "labels/profile-id=before", "predictions"])
def test_folder_of_the_output_that_became_a_link(gristmill, small, old, tmp_path, command, level):
    """Once, files were deleted and moved where the link led."""
    killed_after_commit(gristmill, old, small)
    elsewhere = tmp_path / "elsewhere"
    if (old / level).exists():
        (old / level).rename(elsewhere)
    else:
        elsewhere.mkdir()
    write_lines(elsewhere / "profile-id=before/collections.jsonl", ["mine"])
    write_lines(elsewhere / "collections.jsonl", ["mine"])
    (old / level).symlink_to(elsewhere)
    before = everything(elsewhere)
    gristmill(*commands(gristmill, small, old)[command]).must_fail(OUTPUT, str(old / level), "link")
    assert everything(elsewhere) == before
    # The link goes, the journal is ended.
    (old / level).unlink()
    gristmill("recover", old).must(OK)
    gristmill("verify", old).must(OK)
    nothing_left_over(old)


@pytest.mark.parametrize("path", ["../../victim/out/_SUCCESS", "/etc/passwd", "labels/../../../victim/out/_SUCCESS",
                                  "_staging/x", "labels//x"])
def test_hostile_paths_in_a_journal(gristmill, small, old, victim, path):
    killed_after_commit(gristmill, old, small)
    listed = old / "_manifest.json"
    name = "labels/profile-id=before/collections.jsonl"
    assert name in listed.read_text()
    listed.write_text(listed.read_text().replace(name, path))
    before = everything(victim)
    gristmill("recover", old).must(OUTPUT)
    assert everything(victim) == before


def test_staged_folder_that_became_a_link(gristmill, small, old, victim):
    killed_after_commit(gristmill, old, small)
    staged = next(path for path in (old / "_staging").iterdir() if path.is_dir())
    shutil.rmtree(staged / "labels")
    (staged / "labels").symlink_to(victim / "labels")
    before = everything(victim)
    gristmill("recover", old).must(OUTPUT)
    assert everything(victim) == before


# ---- kept outputs

@pytest.mark.parametrize("way", WAYS)
def test_kept_output_that_became_a_link(gristmill, small, old, victim, tmp_path, way):
    gristmill.run(small[0], (), old, *FAILING, hooks={"PUBLISH_WAY": way}).must(CHECKS)
    area = old.parent / ".out.gristmill" if way == "exchange" else old / "_staging"
    staged = next(path for path in area.iterdir() if path.is_dir())
    staged.rename(tmp_path / "elsewhere")
    staged.symlink_to(tmp_path / "elsewhere")
    before = everything(tmp_path / "elsewhere")
    for command in ("publish", "recover", "run"):
        gristmill(*commands(gristmill, small, old)[command]).must_fail(OUTPUT, str(staged), "link")
    assert everything(tmp_path / "elsewhere") == before
    assert not old.is_symlink()
    gristmill("verify", old).must(OK)


@pytest.mark.parametrize("way", WAYS)
def test_kept_output_that_was_changed(gristmill, small, old, way):
    """With another byte, but the same size."""
    gristmill.run(small[0], (), old, *FAILING, hooks={"PUBLISH_WAY": way}).must(CHECKS)
    area = old.parent / ".out.gristmill" if way == "exchange" else old / "_staging"
    path = next(area.glob("*/labels/profile-id=p1/collections.jsonl"))
    data, times = path.read_bytes(), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_bytes(data.replace(b"p1", b"p9", 1))
    os.utime(path, ns=times)
    before = contents(old, "labels")
    gristmill("publish", old).must_fail(OUTPUT, str(path), "changed")
    assert contents(old, "labels") == before
    # Put back, and with another mode, it is what was kept.
    path.write_bytes(data)
    path.chmod(0o600)
    gristmill("publish", old).must(OK)
    gristmill("verify", old).must(OK)
    nothing_left_over(old)


# ---- swaps while it works

def exchange(one, other):
    """Swaps two names in one step, whatever they are."""
    at_working_folder, exchange_flag = -100, 2
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.renameat2(at_working_folder, os.fsencode(one), at_working_folder, os.fsencode(other), exchange_flag) == 0


class Swapper:
    """Swaps a folder with a link, over and over, until told to stop."""

    def __init__(self, folder, link):
        self.folder, self.link = folder, link
        self.ended = threading.Event()
        self.swaps = 0
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while not self.ended.is_set():
            self.swaps += exchange(self.folder, self.link)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


@pytest.mark.parametrize("command", ["run", "recover"])
def test_folder_that_is_swapped_for_a_link_meanwhile(gristmill, small, old, victim, tmp_path, command):
    copy, link = tmp_path / "copy", tmp_path / "link"
    if command == "recover":
        killed_after_commit(gristmill, old, small)
    shutil.copytree(old, copy, symlinks=True)
    before = everything(victim)
    for _ in range(12):
        shutil.rmtree(tmp_path / "place")
        (tmp_path / "place").mkdir()
        shutil.copytree(copy, old, symlinks=True)
        link.symlink_to(victim / "labels")
        with Swapper(old / "labels", link) as swapper:
            gristmill(*commands(gristmill, small, old)[command], hooks={"PUBLISH_WAY": "journal"})
        assert swapper.swaps > 0
        assert everything(victim) == before
        for path in (link, old / "labels"):
            if path.is_symlink():
                path.unlink()
            elif path.is_dir() and path == link:
                shutil.rmtree(path)


def test_output_that_is_swapped_for_a_link_meanwhile(gristmill, small, old, victim, tmp_path):
    """Once the run has begun: before, a link to the output is taken for what it leads to."""
    before, copy, link = everything(victim), tmp_path / "copy", tmp_path / "link"
    shutil.copytree(old, copy)
    for _ in range(6):
        shutil.rmtree(old.parent)
        shutil.copytree(copy, old)
        link.symlink_to(victim)
        process = gristmill.start(*gristmill.run_words(*small, old, "--threads", 1),
                                  hooks={"PUBLISH_WAY": "journal", "FAULT": "pause:60:300"})
        end = time.monotonic() + 10
        while not (old / "_staging/lock").exists():
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.002)
        with Swapper(old, link) as swapper:
            gristmill.finish(process)
        assert swapper.swaps > 0
        assert everything(victim) == before
        (link if link.is_symlink() else old).unlink()
        shutil.rmtree(link, ignore_errors=True)


@pytest.mark.parametrize("command", ["run", "recover"])
def test_area_that_is_swapped_for_a_link_meanwhile(gristmill, small, old, victim, tmp_path, command):
    area, link = old.parent / ".out.gristmill", tmp_path / "link"
    before = everything(victim)
    for _ in range(12):
        shutil.rmtree(area, ignore_errors=True)
        shutil.copytree(old, area / DEAD)
        link.symlink_to(victim.parent)
        with Swapper(area, link) as swapper:
            gristmill(*commands(gristmill, small, old)[command])
        assert swapper.swaps > 0
        assert everything(victim) == before
        for path in (link, area):
            if path.is_symlink():
                path.unlink()
        shutil.rmtree(link, ignore_errors=True)


# ---- ordinary links stay ordinary

def test_links_above_the_output_are_followed(gristmill, small, tmp_path):
    (tmp_path / "real/deep").mkdir(parents=True)
    (tmp_path / "links").mkdir()
    (tmp_path / "links/place").symlink_to("../real/deep")
    for way in [*WAYS, "exchange"]:
        gristmill.run(*small, "links/place/out", hooks={"PUBLISH_WAY": way}).must(OK)
        gristmill("verify", "links/place/out").must(OK)
        nothing_left_over(tmp_path / "real/deep/out")
    gristmill.run(small[0], (), "links/place/out", *FAILING).must(CHECKS)
    gristmill("publish", "links/place/out").must(OK)
    nothing_left_over(tmp_path / "real/deep/out")


def test_inputs_are_read_through_links(gristmill, small, tmp_path):
    (tmp_path / "in/link.jsonl").symlink_to(small[0])
    gristmill.run(tmp_path / "in/link.jsonl", (), "in/out").must(OK)
    gristmill("verify", "in/out").must(OK)


# ---- outputs within outputs

@pytest.mark.parametrize("below", ["new", "labels/new"])
def test_output_within_another_is_refused(gristmill, small, old, below):
    before = everything(old)
    for words in (gristmill.run_words(*small, old / below), ["explain", "--collections", small[0], "--output", old / below]):
        gristmill(*words).must_fail(OUTPUT, str(old / below), f"'{old}'", "_manifest.json")
    assert everything(old) == before


def test_output_around_another_is_refused(gristmill, small, old):
    gristmill.run(*small, old.parent).must_fail(OUTPUT, str(old.parent))
    gristmill("verify", old).must(OK)


def test_another_programs_manifest_is_no_output(gristmill, small, tmp_path):
    (tmp_path / "place").mkdir()
    (tmp_path / "place/_manifest.json").write_text(json.dumps({"name": "mine"}))
    gristmill.run(*small, "place/out").must(OK)
    gristmill.run(*small, "elsewhere").must(OK)
    assert differences(contents(tmp_path / "elsewhere"), contents(tmp_path / "place/out")) == []
