"""Where a setting comes from: flag, then environment, then .env, then the recipe file, then the default."""

import json

import pytest
from command import OK, USAGE
from outputs import report

SOURCES = ["recipe", "dotenv", "environment", "flag"]


@pytest.fixture
def set_in(tmp_path):
    """Writes `threads` into these sources, another number in each; the words and variables of a command."""
    def write(sources, folder=tmp_path):
        words, variables = [], {}
        for number, source in enumerate(SOURCES, start=2):
            if source not in sources:
                continue
            if source == "recipe":
                (folder / "gristmill.yaml").write_text(f"# a recipe\nthreads: {number}\n")
            elif source == "dotenv":
                (folder / ".env").write_text(f"OTHER=1\n\nGRISTMILL_THREADS={number}\n")
            elif source == "environment":
                variables["GRISTMILL_THREADS"] = str(number)
            else:
                words += ["--threads", number]
        return words, variables
    return write


def explained(gristmill, small, *words, variables=None) -> dict:
    """From key to (value, origin), as `explain` shows them."""
    outcome = gristmill("explain", "--collections", small[0], "--output", "out", *words, variables=variables).must(OK)
    rows = outcome.stdout.split("Settings\n")[1].split("\nFiles")[0].splitlines()
    return {row.split()[0]: tuple(part.strip() for part in row.strip().split("  ", 1)[1].strip().rsplit("  ", 1)) for row in rows}


ORIGINS = {"recipe": "gristmill.yaml line 2", "dotenv": ".env line 3",
           "environment": "environment variable GRISTMILL_THREADS", "flag": "flag --threads"}


@pytest.mark.parametrize("highest", range(4))
def test_the_higher_source_holds(gristmill, small, tmp_path, set_in, highest):
    words, variables = set_in(SOURCES[:highest + 1])
    value, origin = explained(gristmill, small, *words, variables=variables)["threads"]
    assert (value, origin) == (str(highest + 2), ORIGINS[SOURCES[highest]])
    gristmill.run(*small, "out", *words, variables=variables).must(OK)
    assert report(tmp_path / "out")["run"]["threads"] == highest + 2


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_alone(gristmill, small, set_in, source):
    words, variables = set_in([source])
    value, origin = explained(gristmill, small, *words, variables=variables)["threads"]
    assert (value, origin) == (str(SOURCES.index(source) + 2), ORIGINS[source])


def test_default(gristmill, small):
    assert explained(gristmill, small)["threads"] == ("auto", "default")


def test_named_files(gristmill, small, tmp_path):
    (tmp_path / "gristmill.yaml").write_text("threads: 2\nmemory: 16MiB\n")
    (tmp_path / ".env").write_text("GRISTMILL_MEMORY=17MiB\n")
    (tmp_path / "other.yaml").write_text("threads: 7\n")
    (tmp_path / "other.env").write_text("GRISTMILL_STRICT=true\n")
    shown = explained(gristmill, small, "--recipe", "other.yaml", "--env-file", "other.env")
    assert shown["threads"] == ("7", "other.yaml line 1")
    assert shown["strict"] == ("true", "other.env line 1")
    assert shown["memory"] == ("auto", "default")


def test_empty_variable_is_none(gristmill, small):
    assert explained(gristmill, small, variables={"GRISTMILL_THREADS": ""})["threads"] == ("auto", "default")


RECIPE = """
collections: [in/collections.jsonl]
predictions: in/predictions.jsonl
output: out
carry: [app, "odd, name"]
sessions: all
strict: true
models:
  swipe: [my_swipe]
aliases:
  profile_id: [user]
limits:
  line: 1MiB
  depth: 20
checks:
  range: {severity: fail, fail_above: 10%}
  repairs:
    severity: ignore
threads: 2
memory: 32MiB
publish_anyway: true
"""


def test_everything_in_a_recipe_file(gristmill, small, tmp_path):
    (tmp_path / "gristmill.yaml").write_text(RECIPE)
    gristmill("run").must(OK)
    recipe = report(tmp_path / "out")["recipe"]
    assert recipe["carry"] == ["app", "odd, name"]
    assert recipe["models"] == {"swipe": ["my_swipe"], "keystroke": ["keystroke_model", "keystrokes_model"]}
    assert recipe["limits"] == {"line": 1 << 20, "depth": 20}
    assert (recipe["sessions"], recipe["strict"]) == ("all", True)
    assert recipe["aliases"] == {"behaviour": ["behavior"], "profile_id": ["user"]}
    checks = {check["name"]: check for check in report(tmp_path / "out")["checks"]}
    assert (checks["range"]["severity"], checks["range"]["threshold"]["fail_above"]) == ("fail", 10)
    assert checks["repairs"]["severity"] == "ignore"


def test_recipe_of_the_report_is_a_recipe(gristmill, small, tmp_path):
    """What the report says of the recipe can be run again, but for the names that are known anyway."""
    (tmp_path / "gristmill.yaml").write_text(RECIPE)
    gristmill("run").must(OK)
    recipe = report(tmp_path / "out")["recipe"]
    assert recipe["aliases"].pop("behaviour") == ["behavior"]  # in a recipe it would be expected, and no repair
    (tmp_path / "again.yaml").write_text(json.dumps(recipe))
    gristmill.run(*small, "again", "--recipe", "again.yaml").must(OK)
    assert report(tmp_path / "again")["recipe"] == report(tmp_path / "out")["recipe"]


def test_lists(gristmill, small, tmp_path):
    variables = {"GRISTMILL_CARRY": "a,b\\,c"}
    gristmill.run(*small, "out", variables=variables).must(OK)
    assert report(tmp_path / "out")["recipe"]["carry"] == ["a", "b,c"]
    assert explained(gristmill, small, "--carry", "a,b", "--carry", "c")["carry"] == ("a, b, c", "flag --carry")
    assert explained(gristmill, small, "--carry", "z", variables=variables)["carry"] == ("z", "flag --carry")


WRONG = {
    "models: {swype: [a]}": ["line 1", "swype", "swipe"],
    "threads: many": ["line 1", "threads", "'many'"],
    "threads: [1, 2]": ["line 1", "threads"],
    "strict: 3": ["line 1", "strict"],
    "limits: 5": ["line 1", "limits"],
    "sessions: [all": ["gristmill.yaml", "line"],
    "- a\n- b": ["gristmill.yaml"],
    "\ttabs: 1": ["gristmill.yaml", "line 1"],
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_recipe_file(gristmill, small, tmp_path, text):
    (tmp_path / "gristmill.yaml").write_text(text)
    gristmill.run(*small, "out").must_fail(USAGE, "gristmill.yaml", *WRONG[text])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "{}\n"])
def test_empty_recipe_file(gristmill, small, tmp_path, text):
    (tmp_path / "gristmill.yaml").write_text(text)
    gristmill.run(*small, "out").must(OK)


def test_wrong_variable(gristmill, small, tmp_path):
    gristmill.run(*small, "out", variables={"GRISTMILL_THREAD": "3"}).must_fail(USAGE, "GRISTMILL_THREAD ", "GRISTMILL_THREADS")
    gristmill.run(*small, "out", variables={"GRISTMILL_THREADS": "x"}).must_fail(USAGE, "GRISTMILL_THREADS", "'x'")
    (tmp_path / ".env").write_text("A=b\nGRISTMILL_OUTPUTS=x\n")
    gristmill.run(*small, "out").must_fail(USAGE, ".env line 2", "GRISTMILL_OUTPUTS", "GRISTMILL_OUTPUT?")


def test_overridden_value_must_be_a_good_one_too(gristmill, small, tmp_path):
    (tmp_path / "gristmill.yaml").write_text("threads: many\n")
    gristmill.run(*small, "out", "--threads", 2).must_fail(USAGE, "gristmill.yaml line 1", "threads")


def test_recipe_file_with_the_other_ending_is_noticed(gristmill, small, tmp_path):
    (tmp_path / "gristmill.yml").write_text("threads: 3\n")
    assert "gristmill.yaml" in gristmill.run(*small, "out").must(OK).stderr
