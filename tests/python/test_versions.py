"""Each version stands in one place: gristmill's in CMakeLists.txt, pyarrow's and the build tools' in pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import tomllib

from built_package import REPOSITORY
import gristmill as gm
import pyarrow
import pytest
from gristmill import _native

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PIN = re.compile(r"\b([A-Za-z][\w.-]*)==([\w.]+)")
# What installs Python packages, or says which.
INSTALLERS = ["test", "tools/setup.sh", "python/install", "deploy/Containerfile", "deploy/server/install",
              *(path.relative_to(REPOSITORY).as_posix() for path in sorted(REPOSITORY.glob("bench/**/run")))]


def pins() -> list[tuple[str, str]]:
    """Every package with its version, in all tables of pyproject.toml."""
    project = PROJECT["project"]
    requirements = [*PROJECT["build-system"]["requires"], *project["dependencies"],
                    *(each for extra in project["optional-dependencies"].values() for each in extra)]
    return [found.groups() for each in requirements if (found := PIN.fullmatch(each))]


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def version_in_cmake() -> str:
    settings = PROJECT["tool"]["dynamic-metadata"][0]
    return re.search(settings["regex"], text_of(settings["input"]))["value"]


def test_gristmill_has_one():
    assert "version" not in PROJECT["project"] and PROJECT["project"]["dynamic"] == ["version"]
    assert gm.__version__ == version_in_cmake()


@pytest.mark.parametrize("name, words", [("README.md", "Version {}, "), ("CHANGELOG.md", "\n## {}")])
def test_pages_name_it(name, words):
    assert words.format(gm.__version__) in text_of(name)


def test_pyproject_agrees_with_itself():
    assert len(set(pins())) == len({name for name, _ in pins()})


def test_pyarrow_is_the_one_that_is_pinned():
    assert dict(pins())["pyarrow"] == _native.arrow_version == pyarrow.__version__
    said = subprocess.run(["bash", "-euc", '. "$root/tools/setup.sh"; printf %s "$pyarrow_version"'], env={"root": str(REPOSITORY)},
                          capture_output=True, encoding="utf-8", check=True)
    assert said.stdout == _native.arrow_version


@pytest.mark.parametrize("name", INSTALLERS)
def test_installers_do_not_repeat_it(name):
    assert _native.arrow_version not in text_of(name)


@pytest.mark.parametrize("name", INSTALLERS)
def test_installers_take_the_versions_of_pyproject(name):
    pinned = dict(pins())
    for package, version in PIN.findall(text_of(name)):
        assert pinned.get(package, version) == version, package
