"""A change leads to the tests that it can reach, and a test that failed is run until it passes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from object_reach import ObjectReach  # noqa: E402
from python_reach import PythonReach  # noqa: E402
from record import Record  # noqa: E402
from selection import digests_of, python_tests  # noqa: E402
from tree import Tree  # noqa: E402


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


# ---- What a Python test reaches

REPOSITORY = {
    "run": "", "README.md": "", "src/a/a.cc": "", "examples/x/one.jsonl": "", "examples/y/two.jsonl": "", "tools/setup.sh": "",
    "docs/guide.md": "", "docs/formats.md": "", "bench/run": "", "bench/measure/works.py": "", "python/mill/__init__.py": "",
    "python/mill/more.py": "", "tests/programs/conftest.py": "import lines\n", "tests/programs/lines.py": "", "tests/s3/server.py": "",
    "tests/programs/place.sql": "", "tests/reference/reference.py": "import json_text\n", "tests/reference/json_text.py": "",
    "tests/programs/test_other.py": "",
}
ALWAYS = {"tests/programs/test_it.py", "tests/programs/conftest.py", "tests/programs/lines.py", "tests/programs/place.sql"}


@pytest.mark.parametrize("text, reached", [
    ("", []),
    ("'''Says nothing of docs/guide.md and docs.'''\n", []),
    ("import server\n", ["tests/s3/server.py"]),
    ("from server import Server\n", ["tests/s3/server.py"]),
    ("def test():\n    from server import Server\n", ["tests/s3/server.py"]),
    ("import mill as gm\n", ["python/mill/__init__.py", "python/mill/more.py"]),
    ("import works\n", ["bench/run", "bench/measure/works.py"]),
    ("import json, pandas\n", []),
    ("SCRIPT = 'import sys\\nimport mill'\n", ["python/mill/__init__.py", "python/mill/more.py"]),
    ("page = REPOSITORY / 'docs/guide.md'\n", ["docs/guide.md"]),
    ("page = REPOSITORY / 'docs' / name\n", ["docs/guide.md", "docs/formats.md"]),
    ("page = f'{place}/docs/{name}'\n", ["docs/guide.md", "docs/formats.md"]),
    ("page = DOCS / 'formats.md'\n", ["docs/formats.md"]),
    ("command = 'cat ./docs/guide.md | wc'\n", ["docs/guide.md"]),
    ("words = ['--collections', 'examples/x']\n", ["examples/x/one.jsonl", "examples/y/two.jsonl"]),
    ("program = REPOSITORY / 'bench/run'\n", ["bench/run", "bench/measure/works.py"]),
    ("program = HERE.parent / 'reference/reference.py'\n", ["tests/reference/reference.py", "tests/reference/json_text.py"]),
    ("sys.path.insert(0, 'tests/reference')\n", ["tests/reference/reference.py", "tests/reference/json_text.py"]),
    ("subprocess.run(['ls'], cwd=REPOSITORY)\n", None),
    ("for path in REPOSITORY.rglob('*'):\n    pass\n", None),
    ("name = path.relative_to(REPOSITORY)\n", []),
    ("this is no Python\n", None),
], ids=lambda value: value[:40] if isinstance(value, str) else "")
def test_reach_of_python(tmp_path, text, reached):
    write(tmp_path, REPOSITORY | {"tests/programs/test_it.py": text})
    tree = Tree(tmp_path)
    assert PythonReach(tree).of("tests/programs/test_it.py") == (set(tree.files) if reached is None else ALWAYS | set(reached))


def test_what_is_made_is_no_file_of_the_tree(tmp_path):
    write(tmp_path, {"build/x": "", ".git/x": "", "a/__pycache__/x.pyc": "", "a/b": "", ".hidden": ""})
    assert Tree(tmp_path).files == [".hidden", "a/b"]


def test_digest_tells_names_contents_and_links_apart(tmp_path):
    write(tmp_path, {"a": "1", "b": "1"})
    digests = [Tree(tmp_path).digest_of(["a"]), Tree(tmp_path).digest_of(["b"]), Tree(tmp_path).digest_of(["a", "gone"]),
               Tree(tmp_path).digest_of(["a"], "word")]
    (tmp_path / "a").write_text("2")
    digests.append(Tree(tmp_path).digest_of(["a"]))
    (tmp_path / "a").unlink()
    (tmp_path / "a").symlink_to("b")
    digests.append(Tree(tmp_path).digest_of(["a"]))
    assert len(set(digests)) == len(digests)


# ---- What a unit test reaches

@pytest.fixture
def built(tmp_path):
    """Three sources and their objects, and a precompiled header: a.c needs b.c; c.c opens libraries."""
    sources = {"a.c": "int b(void); int a(void) { return b(); }", "b.c": "int b(void) { return 1; }",
               "c.c": "void* dlopen(const char*, int); void* c(void) { return dlopen(0, 0); }"}
    write(tmp_path, {f"src/{name}": text for name, text in sources.items()})
    write(tmp_path, {"build/it/libx.so": "", "build/it/all.h.gch": "gpch", "build/it/compile_commands.json": json.dumps(
        [{"directory": str(tmp_path / "build/it"), "file": str(tmp_path / "src" / source), "command": f"cc -o {made} -c x"}
         for source, made in [*((name, f"{name}.o") for name in sources), ("all.h.c", "all.h.gch")]])})
    for name in sources:
        subprocess.run(["cc", "-c", tmp_path / "src" / name, "-o", tmp_path / f"build/it/{name}.o"], check=True)
    return tmp_path


@pytest.mark.parametrize("source, reached", [("a.c", {"a.c.o", "b.c.o"}), ("b.c", {"b.c.o"}), ("c.c", {"c.c.o", "libx.so"})])
def test_reach_of_objects(built, source, reached):
    assert ObjectReach(built / "build/it").of(built / "src" / source) == reached


# ---- What is run

@pytest.fixture
def repository(tmp_path):
    """One with this program, and two tests of which the first reads a page."""
    write(tmp_path, {"test": "", "pyproject.toml": "", "docs/page.md": "good\n", "build/release/gristmill": "program",
                     "tests/a/test_page.py": "from pathlib import Path\nPAGE = Path(__file__).parents[2] / 'docs/page.md'\n"
                                             "def test_page():\n    assert PAGE.read_text() == 'good\\n'\n",
                     "tests/a/test_sum.py": "def test_sum():\n    assert 1 + 1 == 2\n"})
    (tmp_path / "build/release/gristmill").chmod(0o755)
    for path in HERE.glob("*.py"):
        write(tmp_path, {f"tests/selection/{path.name}": path.read_text()})
    commands = HERE.parents[1] / "tools/compile_commands.py"
    write(tmp_path, {"tools/compile_commands.py": commands.read_text()})
    return tmp_path


def run(repository: Path, *words: str, code=0) -> str:
    """How many files are run; what pytest says of them is `passed` or `failed`."""
    done = subprocess.run([sys.executable, "tests/selection/selection.py", *words, "pytest", "tests/a", "--", "-q", "-p",
                           "no:cacheprovider"], cwd=repository, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr.removeprefix("gristmill: ").partition(" files")[0]


def test_what_passed_is_not_run_again(repository):
    assert run(repository) == "2 of 2"
    assert run(repository) == "0 of 2"
    assert run(repository, "--again") == "2 of 2"


@pytest.mark.parametrize("file, text, files", [
    ("docs/page.md", "good\n", 0), ("docs/other.md", "new\n", 0), ("tests/a/test_sum.py", "def test_sum(): pass\n", 1),
    ("tests/a/data.txt", "new", 2), ("tests/a/conftest.py", "", 2), ("build/release/gristmill", "another program", 2),
    ("build/release/libgristmill_new.so", "new", 2), ("build/venv/installed", "pytest==1\n", 2), ("pyproject.toml", "# new\n", 2),
    ("tests/selection/tree.py", None, 2),
])
def test_what_a_change_reaches_is_run(repository, file, text, files):
    before = digests(repository)
    write(repository, {file: text if text is not None else (repository / file).read_text() + "\n"})
    after = digests(repository)
    assert sum(before[name] != after[name] for name in before) == files


def test_a_variable_that_tests_go_by(repository, monkeypatch):
    before = digests(repository)
    monkeypatch.setenv("GRISTMILL_S3_SERVER", "another")
    assert not set(before.values()).intersection(digests(repository).values())


def digests(repository: Path) -> dict[str, str]:
    tree = Tree(repository)
    return digests_of(tree, python_tests(tree, ["tests/a"]), [])


def test_what_failed_is_run_until_it_passes(repository):
    run(repository)
    write(repository, {"docs/page.md": "bad\n"})
    for _ in range(2):
        assert run(repository, code=1) == "1 of 2"
    write(repository, {"docs/page.md": "good\n"})
    assert run(repository) == "0 of 2"


def test_a_test_that_cannot_be_collected_is_not_noted(repository):
    run(repository)
    write(repository, {"tests/a/test_sum.py": "import a_module_that_is_not_there\n"})
    for _ in range(2):
        assert run(repository, code=2) == "1 of 2"


@pytest.mark.parametrize("hidden", ["(PAGES / ('other' + '.md')).read_text()", "list(PAGES.iterdir())", "PAGES.glob('o*')"])
def test_a_test_fails_that_opens_what_it_does_not_name(repository, hidden):
    """What it reaches is then not known."""
    write(repository, {"docs/other.md": "", "tests/a/test_sum.py": "from pathlib import Path\nPAGES = Path(__file__).parents[2] / ('do' + 'cs')\n"
                                                                   f"def test_sum():\n    assert list({hidden}) is not None\n"})
    assert run(repository, code=1) == "2 of 2"
    assert run(repository, code=1) == "1 of 2"


def test_python_may_look_for_modules_in_any_folder(repository):
    """A folder that one test puts on the path is listed when another test imports something."""
    write(repository, {"tools/other.py": "", "tests/a/test_path.py": "import sys\nfrom pathlib import Path\n"
                                                                     "sys.path.insert(0, str(Path(__file__).parents[2] / ('to' + 'ols')))\n"
                                                                     "def test_import():\n    import colorsys, importlib.metadata\n    assert colorsys\n"
                                                                     "    assert list(importlib.metadata.distributions())\n"})
    assert run(repository) == "3 of 3"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_record_that_cannot_be_read_holds_nothing(tmp_path, content):
    (tmp_path / "passed.json").write_bytes(content)
    record = Record(tmp_path / "passed.json")
    assert not record.has("a", "1")
    record.note({"a": "1"})
    record.note({"b": "2"})
    assert record.has("a", "1") and record.has("b", "2") and not record.has("a", "2")


UNIT_TESTS = r"""
#include <gtest/gtest.h>
int answer();
TEST(Answer, IsRight) { EXPECT_EQ(answer(), 42); }
"""


@pytest.fixture
def unit(repository):
    """A program of two sources of unit tests, one of which needs a third file."""
    if not shutil.which("g++"):
        pytest.skip("no g++")
    write(repository, {"src/answer_test.cc": UNIT_TESTS, "src/sum_test.cc": "#include <gtest/gtest.h>\nTEST(Sum, IsRight) { EXPECT_EQ(2, 1 + 1); }\n",
                       "src/answer.cc": "int answer() { return 42; }\n", "CMakeLists.txt": ""})
    return repository


def build_units(root: Path, *names: str) -> None:
    build = root / "build/it"
    build.mkdir(exist_ok=True)
    every = ["answer_test", "sum_test", "answer"]
    (build / "compile_commands.json").write_text(json.dumps(
        [{"directory": str(build), "file": str(root / f"src/{name}.cc"), "command": f"g++ -o {name}.o -c x"} for name in every]))
    for name in names or every:
        subprocess.run(["g++", "-c", f"../../src/{name}.cc", "-o", f"{name}.o"], cwd=build, check=True)
    subprocess.run(["g++", *(f"{name}.o" for name in every), "-lgtest", "-lgtest_main", "-o", "gristmill_unit_tests"], cwd=build, check=True)


def run_units(root: Path, code=0) -> str:
    done = subprocess.run([sys.executable, "tests/selection/selection.py", "unit", "build/it/gristmill_unit_tests"], cwd=root, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stderr.removeprefix("gristmill: ").partition(" files")[0]


def test_unit_tests_that_need_what_changed_are_run(unit):
    build_units(unit)
    assert [run_units(unit), run_units(unit)] == ["2 of 2", "0 of 2"]
    write(unit, {"src/answer.cc": "int answer() { return 41; }\n"})
    build_units(unit, "answer")
    assert [run_units(unit, code=1), run_units(unit, code=1)] == ["1 of 2", "1 of 2"]
    write(unit, {"src/answer.cc": "int other() { return 1; }\nint answer() { return 42; }\n"})
    build_units(unit, "answer")
    assert [run_units(unit), run_units(unit)] == ["1 of 2", "0 of 2"]
    write(unit, {"src/answer.cc": "int* nothing; int answer() { return *nothing; }\n"})
    build_units(unit, "answer")
    assert [run_units(unit, code=1), run_units(unit, code=1)] == ["1 of 2", "1 of 2"]
