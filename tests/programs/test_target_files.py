"""Files that a user names for what a command writes: what is there is not harmed, and nothing is left half written."""

import os
import socket
import stat
import subprocess
import threading

import pytest
from command import OK, OUTPUT, USAGE


@pytest.fixture
def commands(gristmill, small, tmp_path):
    """What each command writes, and its words before the file's name."""
    gristmill.run(*small, "out", "--quiet").must(OK)
    page = gristmill("report", "out").must(OK).stdout.encode()
    gristmill("inspect", "in", "--write-recipe", "found.yaml").must(OK)
    recipe = (tmp_path / "found.yaml").read_bytes()
    (tmp_path / "found.yaml").unlink()
    return {"report": (["report", "out"], page), "inspect": (["inspect", "in", "--write-recipe"], recipe)}


BOTH = pytest.mark.parametrize("command", ["report", "inspect"])


@BOTH
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_is_written_into(gristmill, commands, tmp_path, command, linked):
    words, wanted = commands[command]
    os.mkfifo(tmp_path / "pipe")
    target = tmp_path / "pipe"
    if linked:
        target = tmp_path / "link"
        target.symlink_to("pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    gristmill(*words, target).must(OK)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    reader.join(10)
    assert got == [wanted]
    assert not list(tmp_path.glob("*.unfinished"))


@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_the_standard_output(gristmill, commands, tmp_path, place):
    words, wanted = commands["report"]
    assert gristmill(*words, place).must(OK).stdout.encode() == wanted
    with open(tmp_path / "file", "wb") as file:
        gristmill(*words, place, stdout=file).must(OK)
    assert (tmp_path / "file").read_bytes() == wanted
    words, wanted = commands["inspect"]
    assert gristmill(*words, place).must(OK).stdout.encode().startswith(wanted)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may make a device")
@BOTH
def test_a_device_stays_one(gristmill, commands, tmp_path, command):
    device = tmp_path / "device"
    try:
        os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))  # as /dev/null is
        device.write_bytes(b"")
    except OSError:
        pytest.skip("no devices may be made or used here")
    gristmill(*commands[command][0], device).must(OK)
    assert stat.S_ISCHR(device.stat().st_mode)


@BOTH
def test_what_no_file_can_be_is_refused(gristmill, commands, tmp_path, command):
    words = commands[command][0]
    (tmp_path / "place").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
        gristmill(*words, "socket").must_fail(OUTPUT, "'socket'", "name a file")
    gristmill(*words, "nowhere/file").must_fail(OUTPUT, "'nowhere/file'", f"'{tmp_path}/nowhere' does not exist")
    assert not (tmp_path / "nowhere").exists()
    if command == "report":
        gristmill(*words, "place").must_fail(OUTPUT, "'place'", "is a folder", "name a file")
    else:
        gristmill(*words, "place").must_fail(OUTPUT, "'place'", "is a folder")
    assert not list(tmp_path.glob("*.unfinished")) and not list((tmp_path / "place").iterdir())


@BOTH
def test_nothing_is_left_of_a_file_that_grows_too_large(gristmill, commands, tmp_path, command):
    (tmp_path / "before.html").write_text("mine")
    before = sorted(path.name for path in tmp_path.iterdir())
    limit = 1 if command == "inspect" else 8
    target = "new.yaml" if command == "inspect" else "before.html"
    wrap = ["sh", "-c", f'ulimit -f {limit}; exec "$@"', "sh"]
    gristmill(*commands[command][0], target, wrap=wrap).must_fail(OUTPUT, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "before.html").read_text() == "mine"


def test_a_recipe_is_not_written_over(gristmill, commands, tmp_path):
    (tmp_path / "mine.yaml").write_text("mine")
    (tmp_path / "link").symlink_to("mine.yaml")
    for name in ("mine.yaml", "link"):
        gristmill(*commands["inspect"][0], name).must_fail(USAGE, f"'{name}'", "not overwritten")
    assert (tmp_path / "mine.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["gristmill.yaml", ".env"])
def test_init_leaves_pipes_alone(gristmill, tmp_path, name):
    os.mkfifo(tmp_path / name)
    gristmill("init", "--force").must_fail(USAGE, f"'{tmp_path}/{name}'")
    assert stat.S_ISFIFO((tmp_path / name).stat().st_mode)
    assert subprocess.run(["ls", "-A", tmp_path], capture_output=True, text=True).stdout.split() == sorted([name, "spill"])
