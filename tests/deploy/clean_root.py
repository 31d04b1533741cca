"""Clean Debian 12 roots: containers of buildah, whose base is made by debootstrap.

Nothing of them outlives the tests but the base (`build/clean-root`): making it takes a minute.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from command import REPOSITORY

STORE = REPOSITORY / "build/clean-root"
BASE = "localhost/debian:12-slim"


def buildah(*words, **options) -> str:
    """Needs no daemon and no registry, and isolates by chroot, in mounts of its own."""
    done = subprocess.run(["buildah", "--root", STORE / "images", "--runroot", STORE / "run", "--storage-driver", "vfs",
                           *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
                          env={**os.environ, "BUILDAH_ISOLATION": "chroot"}, **options)
    assert done.returncode == 0, f"buildah {words[0]}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def make_base() -> None:
    """A machine whose way to the packages is told by its own certificates hands them on."""
    for program in "buildah", "debootstrap", "systemd-nspawn":
        assert shutil.which(program), f"no {program}: ./test all installs it"
    STORE.mkdir(parents=True, exist_ok=True)
    if BASE in buildah("images", "--format", "{{.Name}}:{{.Tag}}").split():
        return
    root = STORE / "debian-12"
    done = subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:]
    container = buildah("from", "scratch").strip()
    buildah("add", container, root)
    if certificates := os.environ.get("PIP_CERT"):
        buildah("copy", container, certificates, "/etc/pip-certificates.crt")
        buildah("config", "--env", "PIP_CERT=/etc/pip-certificates.crt", container)
    buildah("commit", "--rm", container, BASE)
    shutil.rmtree(root)


class Container:
    """A container of an image, until `remove`."""

    def __init__(self, image: str = BASE):
        self.name = buildah("from", "--pull-never", image).strip()

    def copy(self, source: Path, target: str) -> None:
        buildah("copy", self.name, source, target)

    def write(self, text: str, target: str, folder: Path, mode: str = "644") -> None:
        file = folder / Path(target).name
        file.write_text(text)
        buildah("copy", "--chmod", mode, self.name, file, target)

    def run(self, *words, user: str = "root", volume: str = "") -> str:
        return buildah("run", "--user", user, *(["--volume", volume] if volume else []), self.name, "--", *words)

    def shell(self, script: str, **options) -> str:
        return self.run("bash", "-euc", script, **options)

    def remove(self) -> None:
        buildah("rm", self.name)


def working_tree(folder: Path) -> Path:
    """The repository as it stands, without what Git ignores."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=REPOSITORY, check=True,
                           capture_output=True).stdout
    folder.mkdir()
    for name in filter(None, names.decode().split("\0")):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
    return folder
