"""The Debian package on a machine: the first boot of the templates with it, then a night under systemd."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("deploy", "programs")]
from clean_root import Container, make_base  # noqa: E402
from command import REPOSITORY  # noqa: E402
from first_boot import boot, first_boot  # noqa: E402
from templates import cloud_config  # noqa: E402

pytestmark = pytest.mark.long

NIGHT = r"""#!/bin/bash
{ systemctl start gristmill@yesterday; echo $?; systemctl list-timers --no-pager gristmill.timer; } >/srv/night 2>&1
systemctl poweroff
"""


@pytest.fixture(scope="module")
def package() -> Path:
    found, = (REPOSITORY / "build/releases").glob("*/gristmill_*_amd64.deb")
    return found


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_first_boot_and_a_night(package, tmp_path):
    make_base()
    machine = Container()
    try:
        first_boot(machine, tmp_path, package, Source=f"https://releases.example/{package.name}", SourceDigest=digest(package),
                   Schedule="*-*-* 04:15:00 UTC", Collections="/var/lib/gristmill/in/collections/",
                   Predictions="/var/lib/gristmill/in/predictions/", Output="/var/lib/gristmill/out/all")
        assert machine.run("which", "gristmill").strip() == "/usr/bin/gristmill"
        assert '"/gristmill/test"' in machine.run("cat", "/etc/gristmill/cloudwatch-agent.json")
        assert "04:15" in machine.run("cat", "/etc/systemd/system/gristmill.timer.d/schedule.conf")
        assert machine.run("systemctl", "is-enabled", "gristmill.timer").strip() == "enabled"
        machine.shell("! command -v g++ git && ! test -e /opt/gristmill")
        machine.copy(REPOSITORY / "examples/collections", "/var/lib/gristmill/in/collections")
        machine.copy(REPOSITORY / "examples/predictions", "/var/lib/gristmill/in/predictions")
        machine.write(NIGHT, "/srv/session", tmp_path, "755")
        machine.write("[Service]\nExecStart=/srv/session\n[Install]\nWantedBy=multi-user.target\n",
                      "/etc/systemd/system/session.service", tmp_path)
        machine.shell("systemctl enable -q session.service; chown -R gristmill: /var/lib/gristmill; : >/etc/machine-id")
        root = boot(machine)
        night = (root / "srv/night").read_text()
        assert night.startswith("0\n") and "gristmill@yesterday.service" in night
        assert (root / "var/lib/gristmill/out/all/_SUCCESS").exists()
    finally:
        machine.remove()


@pytest.mark.parametrize("source", ["https://releases.example/gristmill_0.2.0_amd64.deb", "s3://recordings/gristmill_0.2.0_amd64.deb",
                                    "s3://recordings/gristmill.tar.gz"])
@pytest.mark.parametrize("wrong, said", [("0" * 64, "FAILED"), ("", "SourceDigest is empty: the SHA-256 of")])
def test_another_file_is_not_installed(tmp_path, source, wrong, said):
    """The script alone: a file that is not what was meant ends it, before anything of that file runs."""
    script = cloud_config(Source=source, SourceDigest=wrong)["write_files"][1]["content"]
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in {"curl": "touch gristmill.deb agent.deb", "aws": "touch gristmill.deb source.tar.gz", "systemctl": "true",
                       "tar": f"echo unpacked >>{tmp_path}/asked", "apt-get": f'echo "$@" >>{tmp_path}/asked'}.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    done = subprocess.run(["bash", "-c", script], env={"PATH": f"{tools}:/usr/bin:/bin"}, capture_output=True, encoding="utf-8")
    assert done.returncode == 1 and said in done.stdout + done.stderr, done
    asked = (tmp_path / "asked").read_text()
    assert "agent.deb" in asked and "gristmill.deb" not in asked and "unpacked" not in asked
