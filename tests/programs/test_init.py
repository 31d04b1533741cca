"""`gristmill init`: the files to begin with."""

import os
import re

import pytest
from command import OK, OUTPUT, USAGE
from lines import write_lines
from privileges import bound_by_modes, open_folder  # noqa: F401


@pytest.fixture
def begun(gristmill, tmp_path):
    """A folder with the two files."""
    gristmill("init", "place").must(OK)
    return tmp_path / "place"


def switched_on(text: str) -> str:
    """Every line that is commented out as a setting, without its '#', but for those that show an example."""
    return re.sub(r"^( *)#(?=\S)(?!.*# none by default)", r"\1", text, flags=re.MULTILINE)


def values(outcome) -> list[list[str]]:
    """Keys and values as explain shows them, without the origin."""
    lines = outcome.stdout.split("Settings\n")[1].split("\n\n")[0].splitlines()
    return [re.split(r"  +", line.strip())[:2] for line in lines if not line.startswith("  note")]


def test_three_places_make_it_a_recipe(gristmill, begun, small):
    recipe = begun / "gristmill.yaml"
    text = recipe.read_text()
    for key, value in (("collections", "../in/collections.jsonl"), ("predictions", "'../in/pre*'"), ("output", "result")):
        text, count = re.subn(rf"^{key}: .*$", f"{key}: {value}", text, flags=re.MULTILINE)
        assert count == 1
    recipe.write_text(text)
    gristmill("run", cwd=begun).must(OK)
    assert (begun / "result/_SUCCESS").exists()
    recipe.write_text(switched_on(text))
    (begun / ".env").write_text(switched_on((begun / ".env").read_text()))
    gristmill("run", cwd=begun).must(OK)


def test_everything_switched_on_is_the_default(gristmill, begun, tmp_path):
    (begun / "data/collections").mkdir(parents=True)
    (begun / "data/predictions").mkdir(parents=True)
    before = values(gristmill("explain", cwd=begun))
    assert ["limits.line", "64MiB"] in before
    (begun / "gristmill.yaml").write_text(switched_on((begun / "gristmill.yaml").read_text()))
    (begun / ".env").write_text(switched_on((begun / ".env").read_text()))
    after = gristmill("explain", cwd=begun)
    assert values(after) == before
    assert ".env line" in after.stdout


def test_each_example_can_be_switched_on(gristmill, begun):
    """The file stays YAML, and the value one that can be."""
    for dataset in ("collections", "predictions"):
        write_lines(begun / "data" / dataset / "a.jsonl", [])
    recipe = begun / "gristmill.yaml"
    text = recipe.read_text()
    examples = re.findall(r"^ *#(\S+): .*# none by default$", text, flags=re.MULTILINE)
    assert {"spill_directory", "endpoint", "kms_key"} <= set(examples)
    for name in examples:
        recipe.write_text(re.sub(rf"^( *)#(?={name}: )", r"\1", text, flags=re.MULTILINE))
        stderr = gristmill("explain", cwd=begun).stderr
        if name == "kms_key":
            assert "the encryption is not by KMS" in stderr
        else:
            assert "gristmill.yaml" not in stderr


def test_says_what_it_wrote_and_what_is_next(gristmill, tmp_path):
    outcome = gristmill("init").must(OK)
    assert f"{tmp_path}/gristmill.yaml" in outcome.stdout and f"{tmp_path}/.env" in outcome.stdout
    assert "gristmill explain" in outcome.stdout and outcome.stderr == ""
    assert (tmp_path / "gristmill.yaml").read_text().startswith("# Settings for `gristmill run`")


@pytest.mark.parametrize("name", ["gristmill.yaml", ".env"])
def test_overwrites_nothing(gristmill, tmp_path, name):
    (tmp_path / name).write_text("mine\n")
    gristmill("init").must_fail(USAGE, f"{tmp_path}/{name}", "--force")
    assert {path.name for path in tmp_path.iterdir()} == {name, "spill"}
    assert (tmp_path / name).read_text() == "mine\n"
    gristmill("init", "--force").must(OK)
    assert (tmp_path / name).read_text() != "mine\n"
    assert {path.name for path in tmp_path.iterdir()} == {"gristmill.yaml", ".env", "spill"}


def test_a_link_is_in_the_way_too(gristmill, tmp_path):
    (tmp_path / "elsewhere").write_text("mine\n")
    os.symlink("elsewhere", tmp_path / ".env")
    gristmill("init").must_fail(USAGE, f"{tmp_path}/.env")
    gristmill("init", "--force").must(OK)
    assert (tmp_path / "elsewhere").read_text() == "mine\n"


def test_places_that_cannot_be(gristmill, tmp_path):
    (tmp_path / "file").touch()
    gristmill("init", "file").must_fail(USAGE, f"{tmp_path}/file", "not a folder")
    (tmp_path / "odd/.env").mkdir(parents=True)
    gristmill("init", "odd", "--force").must_fail(USAGE, f"{tmp_path}/odd/.env", "is a folder")
    assert list((tmp_path / "odd").iterdir()) == [tmp_path / "odd/.env"]


def test_a_folder_that_cannot_be_written(gristmill, open_folder):  # noqa: F811
    open_folder.chmod(0o555)
    gristmill("init", "here/closed", cwd=open_folder, **bound_by_modes()).must_fail(OUTPUT, f"{open_folder}/here")
