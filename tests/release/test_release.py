"""What `tools/release` made, in clean roots: it runs there, and writes the same bytes as the program that was built here.

`./test release` makes the files before. Roots are made by debootstrap, once, and lie in build/roots; each test works on a copy.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "programs"))
from command import BUILD, REPOSITORY  # noqa: E402
from outputs import DATA, contents  # noqa: E402

pytestmark = pytest.mark.long

VERSION = re.search(r"gristmill VERSION ([\d.]+)", (REPOSITORY / "CMakeLists.txt").read_text())[1]
RELEASE = REPOSITORY / "build/releases" / VERSION
ROOTS = REPOSITORY / "build/roots"
SUITES = ("bullseye", "bookworm", "trixie")
PYTHONS = {"bookworm": "3.11", "trixie": "3.13", "forky": "3.14"}
EXAMPLES = REPOSITORY / "examples"
ROWS_AND_TABLES = (*DATA, "quarantine")


def said(*words, **options) -> str:
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", **options)
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def the_file(pattern: str) -> Path:
    found = list(RELEASE.glob(pattern))
    assert len(found) == 1, f"{pattern}: {found}; ./test release makes it"
    return found[0]


class Root:
    """A fresh system, in which commands run as root and without a network."""

    def __init__(self, suite: str, folder: Path):
        base = ROOTS / suite
        ROOTS.mkdir(exist_ok=True)
        with (ROOTS / f"{suite}.lock").open("w") as lock:  # tests run side by side
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.make(base, suite)
        self.folder = folder / suite
        said("cp", "-a", base, self.folder)
        shutil.copytree(EXAMPLES, self.folder / "examples")

    @staticmethod
    def make(base: Path, suite: str) -> None:
        if not (base / "complete").exists():
            shutil.rmtree(base, ignore_errors=True)
            packages = "ca-certificates,python3-venv" if suite in PYTHONS else "ca-certificates"
            newer = "/usr/share/debootstrap/scripts/sid"  # what a suite without a script of its own is made by, from the usual mirror
            said("debootstrap", "--variant=minbase", f"--include={packages}", suite, base, "", newer)
            (base / "complete").touch()

    def put(self, file: Path) -> str:
        shutil.copy(file, self.folder / "srv")
        return f"/srv/{file.name}"

    def shell(self, script: str) -> str:
        return said("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--pipe", "--console=pipe", "-D", self.folder, "bash", "-euc", script,
                    env={"PATH": os.environ["PATH"]})

    def run_sample(self, command: str) -> dict[str, bytes]:
        self.shell(f"{command} run --collections /examples/collections --predictions /examples/predictions --output /out --quiet; "
                   f"{command} verify /out; {command} show /out --limit 1; {command} update --help >/dev/null")
        return contents(self.folder / "out", *ROWS_AND_TABLES)


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> dict[str, bytes]:
    output = tmp_path_factory.mktemp("here") / "out"
    said(BUILD / "gristmill", "run", "--collections", EXAMPLES / "collections", "--predictions", EXAMPLES / "predictions",
         "--output", output, "--quiet")
    found = contents(output, *ROWS_AND_TABLES)
    assert "aggregated-result/data.parquet" in found
    return found


def test_sums_name_every_file():
    lines = (RELEASE / "SHA256SUMS").read_text().splitlines()
    named = {line.split("  ")[1]: line.split("  ")[0] for line in lines}
    assert named == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in RELEASE.iterdir() if path.name != "SHA256SUMS"}
    assert len(named) >= 7


@pytest.mark.parametrize("suite", SUITES)
def test_archive(suite, tmp_path, expected):
    root = Root(suite, tmp_path)
    said("tar", "-C", root.folder / "srv", "-xf", the_file("*.tar.zst"))
    unpacked, = (root.folder / "srv").iterdir()
    unpacked.rename(root.folder / "srv/any place")  # it may be moved
    assert root.run_sample("'/srv/any place/bin/gristmill'") == expected
    assert root.shell("'/srv/any place/bin/gristmill' --version").strip() == f"gristmill {VERSION}"


@pytest.mark.parametrize("suite", SUITES)
def test_debian_package(suite, tmp_path, expected):
    root = Root(suite, tmp_path)
    root.shell(f"apt-get install -y --no-install-recommends {root.put(the_file('*.deb'))}")
    assert root.run_sample("gristmill") == expected
    files = root.shell("dpkg -L gristmill").splitlines()
    for name in ("/usr/share/man/man1/gristmill.1.gz", "/usr/share/bash-completion/completions/gristmill",
                 "/usr/lib/systemd/system/gristmill@.service", "/etc/gristmill/server.env"):
        assert name in files, name
    root.shell("dpkg --purge gristmill; test ! -e /usr/bin/gristmill; test ! -e /etc/gristmill/server.env")


def test_debian_package_is_clean():
    found = subprocess.run(["lintian", "--no-cfg", "--allow-root", "--fail-on", "error,warning", the_file("*.deb")], capture_output=True, encoding="utf-8")
    assert found.returncode == 0, found.stdout


SCRIPT = """
import gristmill as gm
result = gm.run(collections="/examples/collections", predictions="/examples/predictions", output="/python-out")
print(result.published, gm.__arrow_version__)
"""


@pytest.mark.parametrize("suite", PYTHONS)
def test_wheel(suite, tmp_path, expected):
    """The one for every Python, with the package that it needs, and without a network."""
    root = Root(suite, tmp_path)
    assert root.shell("python3 -c 'import sys; print(*sys.version_info[:2], sep=chr(46))'").strip() == PYTHONS[suite]
    said(REPOSITORY / "build/venv/bin/python", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:",
         "--python-version", PYTHONS[suite], "--platform", "manylinux_2_28_x86_64", "--platform", "manylinux_2_31_x86_64",
         "--dest", root.folder / "srv", the_file("*-cp311-abi3-*.whl"))
    root.shell("python3 -m venv /venv; /venv/bin/pip install --no-index --find-links /srv gristmill")
    assert root.run_sample("/venv/bin/gristmill") == expected
    (root.folder / "srv/script.py").write_text(SCRIPT)
    assert root.shell("/venv/bin/python /srv/script.py").startswith("True ")
    assert contents(root.folder / "python-out", *ROWS_AND_TABLES) == expected


def test_wheel_needs_an_old_glibc_only():
    """Symbol versions, as auditwheel reads them of every library in it."""
    said_of_it = said(REPOSITORY / "build/release-venv/bin/python", "-m", "auditwheel", "show", the_file("*-cp311-abi3-*.whl"))
    assert '"manylinux_2_31_x86_64"' in said_of_it.replace("\n", " "), said_of_it


def test_source(tmp_path):
    """It has what a build needs."""
    said("tar", "-C", tmp_path, "-xf", the_file("gristmill-*.tar.gz"))
    names = {path.name for path in (tmp_path / f"gristmill-{VERSION}").iterdir()}
    assert {"CMakeLists.txt", "src", "include", "cmake", "python", "pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} <= names


def test_source_is_built_by_pip(tmp_path, expected):
    """In an environment of its own, as for a Python or a processor that has no wheel."""
    said("python3", "-m", "venv", tmp_path / "venv")
    said(tmp_path / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-binary", "gristmill", the_file("gristmill-*.tar.gz"))
    command = tmp_path / "venv/bin/gristmill"
    said(command, "run", "--collections", EXAMPLES / "collections", "--predictions", EXAMPLES / "predictions", "--output", tmp_path / "out", "--quiet")
    assert contents(tmp_path / "out", *ROWS_AND_TABLES) == expected
    assert said(tmp_path / "venv/bin/python", "-c", "import gristmill; print(gristmill.__version__)").strip() == VERSION


def test_bill_of_materials():
    bill = json.loads(the_file("*.cdx.json").read_text())
    assert {"curl", "simdjson", "pyarrow", "libssl-dev"} <= {each["name"] for each in bill["components"]}
    notices = (RELEASE / "THIRD-PARTY-NOTICES").read_text()
    for each in bill["components"]:
        assert f"{each['name']} {each['version']}" in notices
    said(REPOSITORY / "build/release-venv/bin/python", "-c", """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
assert wrong is None, wrong
""", the_file("*.cdx.json"))


def test_image(tmp_path, expected):
    store = ["--root", tmp_path / "images", "--runroot", tmp_path / "run", "--storage-driver", "vfs"]
    environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
    name = said("buildah", *store, "from", f"docker-archive:{the_file('*-image.tar')}", env=environment).strip()
    settings = json.loads(said("buildah", *store, "inspect", name, env=environment))["OCIv1"]["config"]
    assert settings["User"] == "10001" and settings["Entrypoint"] == ["/usr/share/gristmill/entrypoint"]
    assert settings["Labels"]["org.opencontainers.image.version"] == VERSION
    data = tmp_path / "data"
    shutil.copytree(EXAMPLES, data)
    said("chown", "-R", "10001:10001", data)
    said("buildah", *store, "run", "--volume", f"{data}:/data", name, "--", *settings["Entrypoint"], "run", "--collections", "collections",
         "--predictions", "predictions", "--output", "out", "--quiet", env=environment)
    assert contents(data / "out", *ROWS_AND_TABLES) == expected
    assert (data / "out/_SUCCESS").stat().st_uid == 10001
    usage = said("buildah", *store, "run", name, "--", "sh", "-c", "/usr/share/gristmill/entrypoint gristmill-dated-run 2>&1 || true", env=environment)
    assert "2025-05-15, yesterday or today" in usage
    said("buildah", *store, "run", name, "--", "sh", "-c", "! command -v g++ && test -w /scratch", env=environment)
    said("buildah", *store, "rm", name, env=environment)
