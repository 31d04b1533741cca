"""The documents are true: their commands run, their output is what comes out, their examples hold.

Every block marked `sh` in README.md and docs/ runs as it stands, in the order of its page, in a folder that
looks like a fresh checkout after `./run`; in docs/ there is also a published output `out`. `...` in a pasted
output stands for lines left out. Pages that read from or write to s3:// find a server with a bucket `recordings`, which
holds the sample, and an empty one `results`. Blocks marked `jsonl collections` or `jsonl predictions` (and flags, if any)
are inputs, and `jsonl labels`, `jsonl prediction-rows` and `jsonl sessions` are what comes of those before them. What the
commands of the README leave behind lies where Git ignores it. (tests/layout/test_links.py looks at the links.)

    pytest tests/readme
"""

from __future__ import annotations

import os
import re
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests/s3"), str(REPOSITORY / "tests/programs")]

from server import Server  # noqa: E402

BUILD = Path(os.environ.get("GRISTMILL_BUILD", REPOSITORY / "build/release")).resolve()
SAMPLE = ["--collections", "examples/collections", "--predictions", "examples/predictions"]


@dataclass
class Block:
    """A fenced block of a page."""

    mark: str  # what stands behind the opening fence: "sh", "jsonl labels"
    text: str
    line: int  # of the opening fence


def blocks_of(page: Path) -> list[Block]:
    found = []
    opened = None
    lines = page.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.startswith("```"):
            continue
        if opened is None:
            opened = number
        else:
            found.append(Block(lines[opened - 1][3:].strip(), "\n".join(lines[opened:number - 1]), opened))
            opened = None
    assert opened is None, f"{page}: the block of line {opened} is not closed"
    return found


README = REPOSITORY / "README.md"
PAGES = [README, *sorted((REPOSITORY / "docs").rglob("*.md"))]
# Of the top folder.
IGNORED = {line.strip("/") for line in (REPOSITORY / ".gitignore").read_text().split() if line.startswith("/")}
PAGES_WITH_COMMANDS = [page for page in PAGES if any(block.mark == "sh" for block in blocks_of(page))]


def environment(home: Path | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("GRISTMILL_", "AWS_")) and name not in ("NO_COLOR", "COLUMNS")}
    if home is not None:  # what a page puts there is not for the home of who runs the tests
        kept = {name: value for name, value in kept.items() if not name.startswith("XDG_")}
        kept["HOME"] = str(home)
    return {**kept, "LC_ALL": "C.UTF-8", "PATH": f"{BUILD}:{kept['PATH']}"}


@pytest.fixture
def checkout(tmp_path) -> Path:
    """What a user has after the first `./run`: nothing in it is older than the command, so nothing is built."""
    assert (BUILD / "gristmill").exists(), f"no gristmill in {BUILD}: build it, or set GRISTMILL_BUILD"
    for name in ("src", "include", "cmake", "CMakeLists.txt", "CMakePresets.json"):
        path = tmp_path / name
        path.touch() if "." in name else path.mkdir()
        os.utime(path, (0, 0))
    shutil.copy(REPOSITORY / "run", tmp_path)
    shutil.copytree(REPOSITORY / "examples", tmp_path / "examples")
    (tmp_path / "home").mkdir()
    (tmp_path / "build/release").mkdir(parents=True)
    for made in ("gristmill", "libgristmill_s3.so"):
        (tmp_path / "build/release" / made).symlink_to(BUILD / made)
    return tmp_path


@pytest.fixture
def s3(tmp_path_factory) -> dict[str, str]:
    """The variables that lead to a server with the sample."""
    server = Server(tmp_path_factory.mktemp("server"))
    for name in ("recordings", "results"):
        server.client.make_bucket(name)
    for folder in ("collections", "predictions"):
        for path in (REPOSITORY / "examples" / folder).iterdir():
            server.client.upload(path, f"s3://recordings/{folder}/{path.name}")
    yield {"AWS_ACCESS_KEY_ID": server.keys.access, "AWS_SECRET_ACCESS_KEY": server.keys.secret, "AWS_REGION": "us-east-1",
           "AWS_ENDPOINT_URL": server.url}
    server.stop()


def run_block(page: Path, block: Block, folder: Path, variables: dict[str, str] | None = None) -> str:
    done = subprocess.run(["bash", "-e", "-c", block.text], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          env={**environment(folder / "home"), **(variables or {})}, encoding="utf-8", timeout=300)
    assert done.returncode == 0, (f"{page.name}, line {block.line}: exit code {done.returncode}\n{block.text}\n"
                                  f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=lambda page: page.name)
def test_commands_run(page, checkout, request):
    blocks = [block for block in blocks_of(page) if block.mark == "sh"]
    variables = request.getfixturevalue("s3") if any("s3://" in block.text for block in blocks) else {}
    if any(re.search(r"\bjq\b", block.text) for block in blocks) and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    if page != README:
        subprocess.run([BUILD / "gristmill", "run", *SAMPLE, "--output", "out", "--quiet"], cwd=checkout,
                       env=environment(), check=True)
    before = {path.name for path in checkout.iterdir()}
    for block in blocks:
        run_block(page, block, checkout, variables)
    if page == README:  # whose commands are tried in a clone, and must not litter it
        left = {path.name for path in checkout.iterdir()} - before - IGNORED
        assert not left, f"Git would list {left}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_json_is_json(page):
    for block in blocks_of(page):
        if block.mark == "json":
            json.loads(block.text)


def comparable(output: str) -> list[str]:
    """The lines of a run's output without what differs from run to run and from place to place."""
    output = re.sub(r"\S*/output/first-run", "/output/first-run", output)
    output = re.sub(r"^(  (?:time|memory)  ).*", r"\1", output, flags=re.MULTILINE)
    return [line.rstrip() for line in output.split("\n")]


def test_first_result_is_what_comes_out(checkout):
    blocks = blocks_of(README)
    command = next(block for block in blocks if block.text == "./run")
    pasted = next(block for block in blocks if block.mark == "text" and block.line > command.line)
    actual = comparable(run_block(README, command, checkout))
    at = 0
    for piece in re.split(r"^\.\.\.$\n?", pasted.text, flags=re.MULTILINE):
        wanted = comparable(piece.rstrip("\n"))
        places = [i for i in range(at, len(actual)) if actual[i:i + len(wanted)] == wanted]
        assert places, "this is not in what ./run prints now:\n" + piece + "\n\nwhich is:\n" + "\n".join(actual)
        at = places[0] + len(wanted)


INPUTS = ("collections", "predictions")
RESULTS = {"labels": "labels/*/*.jsonl", "prediction-rows": "predictions/*/*.jsonl",
           "sessions": "aggregated-json/part-00000.json"}


def examples_of(page: Path) -> list[tuple[list[Block], list[Block]]]:
    """Inputs and what comes of them: blocks in a row belong together."""
    examples = []
    for block in blocks_of(page):
        if not block.mark.startswith("jsonl "):
            continue
        is_input = block.mark.split()[1] in INPUTS
        if is_input and (not examples or examples[-1][1]):
            examples.append(([], []))
        examples[-1][0 if is_input else 1].append(block)
    return examples


CONTRACT = REPOSITORY / "docs/guide/data-contract.md"
EXAMPLES = [(page, *example) for page in PAGES for example in examples_of(page)]


def test_there_are_examples():
    assert {page for page, _, _ in EXAMPLES} >= {README, CONTRACT}


@pytest.mark.parametrize("page, inputs, results", EXAMPLES,
                         ids=[f"{page.name}-{inputs[0].line}" for page, inputs, _ in EXAMPLES])
def test_examples_hold(page, inputs, results, tmp_path):
    words = ["--output", "out", "--quiet", "--publish-anyway"]
    for block in inputs:
        _, dataset, *flags = block.mark.split()
        (tmp_path / f"{dataset}.jsonl").write_text(block.text + "\n", encoding="utf-8")
        words += [f"--{dataset}", f"{dataset}.jsonl", *flags]
    subprocess.run([BUILD / "gristmill", "run", *words], cwd=tmp_path, env=environment(), check=True)
    assert results
    for block in results:
        files = sorted((tmp_path / "out").glob(RESULTS[block.mark.split()[1]]))
        rows = "".join(path.read_text(encoding="utf-8") for path in files)
        assert rows == block.text + "\n", f"{page.name}, line {block.line}"


def test_first_lines_are_those_of_the_sample(tmp_path):
    """The lines that the README opens with, and all rows made of them but the session's, which has other lines too."""
    subprocess.run([BUILD / "gristmill", "run", *SAMPLE, "--output", tmp_path / "out", "--quiet"], cwd=REPOSITORY,
                   env=environment(), check=True)
    inputs, results = examples_of(README)[0]
    for block in inputs:
        lines = [line for path in (REPOSITORY / "examples" / block.mark.split()[1]).iterdir()
                 for line in path.read_bytes().split(b"\n")]
        assert all(line.encode() in lines for line in block.text.split("\n")), f"line {block.line}"
    for block in results:
        if block.mark != "jsonl sessions":
            rows = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob(RESULTS[block.mark.split()[1]]))
            assert block.text + "\n" in rows, f"line {block.line}"
