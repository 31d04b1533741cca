"""Input that cannot be read: exit code 3, one clear message with file and place, nothing published."""

import mmap
import os
import re
import shutil
import threading

import pytest
from command import CHECKS, INPUT, OK, Gristmill
from lines import collection, compressed, prediction, write_lines
from outputs import contents, differences, nothing_left_over
from privileges import bound_by_modes, open_folder  # noqa: F401
from test_output_roots import wait_for

MAGIC_BYTES = {".gz": 2, ".zst": 4}  # how many of them a stream begins with
LINES = [collection(f"p{number % 7}", f"s{number}", f"c{number}", entries=3) for number in range(3000)]


@pytest.fixture
def earlier(gristmill, tmp_path):
    """An output of an earlier run, and what it holds."""
    root = tmp_path / "place/out"
    gristmill.run(write_lines(tmp_path / "earlier.jsonl", [collection("before")]), (), root).must(OK)
    return root, contents(root)


@pytest.fixture
def fails(gristmill, earlier):
    """Runs on a broken input over an earlier output, which must stay, and checks the message."""
    root, contents_before = earlier

    def run(collections, *words):
        for command in (["run", "--output", root], ["validate"]):
            outcome = gristmill(*command, "--collections", collections, "--threads", 2)
            outcome.must_fail(INPUT, *words)
        assert differences(contents_before, contents(root)) == []
        nothing_left_over(root)
        return outcome
    return run


def data() -> bytes:
    return "".join(line + "\n" for line in LINES).encode()


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("cut", [-1, -4, -9, 0.5, 12, "magic"])
def test_truncated_stream(fails, tmp_path, suffix, cut):
    whole = compressed(data(), suffix)
    end = MAGIC_BYTES[suffix] if cut == "magic" else int(len(whole) * cut) if isinstance(cut, float) else cut
    path = tmp_path / f"c.jsonl{suffix}"
    path.write_bytes(whole[:end])
    fails(path, str(path), f"at byte {len(whole[:end])}", "truncated")


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("damage", ["cut", "corrupt"])
def test_without_its_magic_bytes_it_is_no_stream(gristmill, earlier, tmp_path, suffix, damage):
    """Compression is known by content: what is left is lines that are none, and that is told and not published."""
    root, contents_before = earlier
    whole, magic = compressed(data(), suffix), MAGIC_BYTES[suffix]
    path = tmp_path / f"c.jsonl{suffix}"
    path.write_bytes(whole[:magic - 1] if damage == "cut" else bytes(byte ^ 0xFF for byte in whole[:magic]) + whole[magic:])
    outcome = gristmill.run(path, (), root).must(CHECKS)
    assert "check unusable_files failed: collections 1, predictions 0" in outcome.stderr
    assert f"1 file not compressed as the name says (c.jsonl{suffix})" in outcome.stdout
    assert differences(contents_before, contents(root)) == []


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_truncated_second_member(fails, tmp_path, suffix):
    whole = compressed(data(), suffix)
    path = tmp_path / f"c.jsonl{suffix}"
    path.write_bytes(whole + whole[:-20])
    fails(path, str(path), f"at byte {2 * len(whole) - 20}", "truncated")


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("place", ["start", "middle", "checksum"])
def test_corrupt_stream(fails, tmp_path, suffix, place):
    whole = bytearray(compressed(data(), suffix))
    if suffix == ".zst" and place == "checksum":
        pytest.skip("these frames have none")
    at = {"start": MAGIC_BYTES[suffix], "middle": len(whole) // 2, "checksum": -6}[place]
    whole[at:at + 4 or None] = bytes(byte ^ 0xFF for byte in whole[at:at + 4 or None])
    path = tmp_path / f"c.jsonl{suffix}"
    path.write_bytes(whole)
    fails(path, str(path), "at byte ", "corrupt")


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_garbage_after_the_last_member(fails, tmp_path, suffix):
    whole = compressed(data(), suffix)
    path = tmp_path / f"c.jsonl{suffix}"
    path.write_bytes(whole + b"garbage")
    message = fails(path, str(path), "at byte ", "stream has ended", "other data follows it").stderr
    assert len(whole) <= int(re.search(r"at byte (\d+)", message)[1]) <= len(whole) + 4


def test_fault_in_one_of_many_files(fails, tmp_path):
    for number in range(20):
        write_lines(tmp_path / f"in/{number:02}.jsonl.gz", LINES[:50])
    path = tmp_path / "in/13.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-5])
    fails(tmp_path / "in", str(path))


def test_link_that_leads_nowhere(fails, tmp_path):
    write_lines(tmp_path / "in/a.jsonl", LINES[:3])
    (tmp_path / "in/b.jsonl").symlink_to("gone.jsonl")
    fails(tmp_path / "in", str(tmp_path / "in/b.jsonl"))


def test_links_in_a_circle(fails, tmp_path):
    write_lines(tmp_path / "in/a.jsonl", LINES[:3])
    (tmp_path / "in/below").symlink_to(".")
    fails(tmp_path / "in", str(tmp_path / "in"), "link")


def test_pipe_as_input(fails, tmp_path):
    os.mkfifo(tmp_path / "c.jsonl")
    fails(tmp_path / "c.jsonl", str(tmp_path / "c.jsonl"))


@pytest.mark.parametrize("what", ["file", "folder", "file in folder"])
def test_permission_denied(open_folder, what):  # noqa: F811
    command = Gristmill(open_folder)
    path = write_lines(open_folder / "in/c.jsonl", LINES[:3])
    (path.parent if what == "folder" else path).chmod(0)
    (open_folder / "place").mkdir(mode=0o777)
    (open_folder / "place").chmod(0o777)
    named = path if what == "file" else path.parent
    outcome = command.run(named, (), "place/out", **bound_by_modes())
    outcome.must_fail(INPUT, str(path.parent if what == "folder" else path), "Permission denied")
    assert not list((open_folder / "place").iterdir())


# ---- inputs that change under the run

def meanwhile(gristmill, tmp_path, before, change, path=None):
    """Pauses a run before the first such operation on the input, and changes the input then; "read again": the last.
    """
    hooks = {"SHORTEST_LINE_IN_INPUT": 0}
    path = path or write_lines(tmp_path / "in/c.jsonl", LINES)
    root = tmp_path / "place/out"
    root.parent.mkdir()
    words = gristmill.run_words(path, (), root, "--threads", 1)
    log = tmp_path / "operations"
    gristmill(*words, hooks=hooks | {"FAULT": "count", "FAULT_LOG": log}).must(OK)
    shutil.rmtree(root)
    names = log.read_text().splitlines()[1:]
    claimed = next(number for number, name in enumerate(names) if name.startswith("make-folder"))
    numbers = [number for number, name in enumerate(names, 1)
               if number > claimed and name.startswith(before.split()[0]) and name.endswith("c.jsonl")]
    number = numbers[-1 if before == "read again" else 0]
    process = gristmill.start(*words, hooks=hooks | {"FAULT": f"pause:{number}:300"})
    wait_for(lambda: list(root.parent.glob(".out.gristmill/2*")))
    change(path)
    outcome = gristmill.finish(process)
    if outcome.code != OK:
        assert not root.exists()
    nothing_left_over(root)
    return path, outcome


def test_vanished_before_it_is_opened(gristmill, tmp_path):
    path, outcome = meanwhile(gristmill, tmp_path, "open", lambda path: path.unlink())
    outcome.must_fail(INPUT, str(path))


def rewrite_in_place(path, text):
    """Other bytes of the same number, and the time of modification as it was."""
    before = path.stat()
    with open(path, "r+b") as file:
        file.write(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)


@pytest.mark.parametrize("change", ["unlink", "truncate", "append", "rewrite", "rewrite in place"])
@pytest.mark.parametrize("before", ["read", "read again", "stat"])
def test_changed_while_it_is_read(gristmill, tmp_path, before, change):
    def act(path):
        if change == "unlink":
            path.unlink()
        elif change == "truncate":
            os.truncate(path, 100)
        elif change == "append":
            with open(path, "a") as file:
                file.write(LINES[0] + "\n")
        elif change == "rewrite in place":
            rewrite_in_place(path, data().replace(b'"p', b'"q'))
        else:
            path.write_text("".join(line.replace("c", "d") + "\n" for line in LINES))
    path, outcome = meanwhile(gristmill, tmp_path, before, act)
    outcome.must_fail(INPUT, str(path))


def test_changed_without_a_trace(gristmill, tmp_path):
    """Through a mapping whose page is dirty already, the system notes no time: the bytes themselves must tell."""
    path = write_lines(tmp_path / "in/c.jsonl", LINES)
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
        def act(_):
            mapping[:] = data().replace(b'"p', b'"q')
        mapping[0:1] = mapping[0:1]
        path, outcome = meanwhile(gristmill, tmp_path, "read again", act, path)
    outcome.must_fail(INPUT, str(path), "changed while it was read")


@pytest.mark.parametrize("threads", [1, 2])
def test_rewritten_in_place_all_the_time(gristmill, tmp_path, threads):
    """Never a mixture: a run whose input changes meanwhile says so, however it meets the writer."""
    texts = [("".join(collection(f"{letter}{number % 7}", "s", f"c{number}", entries=20) + "\n"
                      for number in range(2000))).encode() for letter in "pq"]
    path = tmp_path / "c.jsonl"
    path.write_bytes(texts[0])
    ended = threading.Event()

    def write():
        number = 0
        while not ended.is_set():
            number += 1
            rewrite_in_place(path, texts[number % 2])
            ended.wait(0.02)
    (tmp_path / "place").mkdir()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(10):
            root = tmp_path / f"place/{number}"
            gristmill.run(path, (), root, "--threads", threads).must_fail(INPUT, str(path), "changed while it was read")
            assert not root.exists()
            nothing_left_over(root)
    finally:
        ended.set()
        writer.join()


def test_read_error(gristmill, tmp_path):
    """A disk that fails is an input error that names the file."""
    path = write_lines(tmp_path / "c.jsonl", LINES)
    words = gristmill.run_words(path, (), "place/out", "--threads", 1)
    log = tmp_path / "operations"
    gristmill(*words, hooks={"FAULT": "count", "FAULT_LOG": log}).must(OK)
    shutil.rmtree(tmp_path / "place")
    number = 1 + log.read_text().splitlines()[1:].index(f"read {path}")
    outcome = gristmill(*words, hooks={"FAULT": f"error:{number}:EIO"})
    assert list(tmp_path.glob("place/*")) == []
    outcome.must_fail(INPUT, str(path), "Input/output error")


def test_wrong_lines_are_data_and_no_error(gristmill, tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_bytes(b"\xff\x00\xfe" * 1000 + b"\n" + os.urandom(100_000))
    gristmill.run(path, write_lines(tmp_path / "p.jsonl", [prediction()]), "out", "--publish-anyway").must(OK)
