"""Each version stands in one place: gristmill's in CMakeLists.txt, that of the Arrow it takes along in tools/setup.sh."""

from __future__ import annotations

import re
import subprocess
import tomllib

from built_package import REPOSITORY
import gristmill as gm
import pytest

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PIN = re.compile(r"\b([A-Za-z][\w.-]*)==([\w.]+)")
# What installs Python packages, or says which.
INSTALLERS = ["test", "tools/release", "tools/site", "python/install", "deploy/server/install",
              *(path.relative_to(REPOSITORY).as_posix() for path in sorted(REPOSITORY.glob("bench/**/run")))]


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def version_in_cmake() -> str:
    settings = PROJECT["tool"]["dynamic-metadata"][0]
    return re.search(settings["regex"], text_of(settings["input"]))["value"]


def test_gristmill_has_one():
    assert "version" not in PROJECT["project"] and PROJECT["project"]["dynamic"] == ["version"]
    assert gm.__version__ == version_in_cmake()


def test_pages_name_it():
    done = subprocess.run([REPOSITORY / "tools/release", "--agree"], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_the_arrow_that_is_taken_along_is_the_one_that_setup_names():
    said = subprocess.run(["bash", "-euc", '. "$root/tools/setup.sh"; printf %s "$pyarrow_version"'], env={"root": str(REPOSITORY)},
                          capture_output=True, encoding="utf-8", check=True)
    assert said.stdout == gm.__arrow_version__


def test_builders_are_given_ranges():
    project = PROJECT["project"]
    requirements = [*PROJECT["build-system"]["requires"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    assert [each for each in [*requirements, *project["dependencies"]] if PIN.search(each)] == []


def test_little_else_is_installed_with_it():
    assert PROJECT["project"]["dependencies"] == ["nanobind-backend>=1,<2"]


@pytest.mark.parametrize("name", INSTALLERS)
def test_installers_do_not_repeat_it(name):
    assert gm.__arrow_version__ not in text_of(name)


def test_installers_agree():
    pinned: dict[str, set[str]] = {}
    for name in INSTALLERS:
        for package, version in PIN.findall(text_of(name)):
            if package not in ("pyspark", "pyarrow"):  # of which more than one is tested
                pinned.setdefault(package, set()).add(version)
    assert {package: versions for package, versions in pinned.items() if len(versions) > 1} == {}
