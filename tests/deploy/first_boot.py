"""A clean root as the machine of the templates: its first boot, and what comes after.

What AWS alone has, its two agents, are stand-ins of the same package names.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml
from clean_root import Container, buildah
from templates import cloud_config_text


def _package(folder: Path, name: str, files: dict[str, str]) -> Path:
    """A Debian package of executable files and units."""
    root = folder / name
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\n"
                                         "Description: stand-in\n")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        (root / path).chmod(0o755)
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", root, folder / f"{name}.deb"], check=True, capture_output=True)
    return folder / f"{name}.deb"


# In front of the real curl, for addresses of packages: what lies in /srv.
CURL = """#!/bin/bash
for ((i = 1; i <= $#; ++i)); do [ "${!i}" = --output ] && next=$((i + 1)) && output=${!next}; done
echo "${!#}" >>/srv/fetched
case ${!#} in
  https://*.deb) cp "/srv/${!###*/}" "$output" ;;
  *) exec /usr/bin/curl "$@" ;;
esac
"""

# In front of the real one: units are enabled, and none is started where systemd does not run.
SYSTEMCTL = """#!/bin/bash
exec /usr/bin/systemctl "${@/--now/--quiet}"
"""

AGENT = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
UNIT = "[Unit]\nDescription=stand-in\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"


def first_boot(container: Container, folder: Path, *packages: Path, **values: str) -> None:
    """Runs the first boot's script in it, as cloud-init does. `packages` can be fetched by their names, from anywhere."""
    debs = [_package(folder, "amazon-ssm-agent", {"lib/systemd/system/amazon-ssm-agent.service": UNIT}),
            _package(folder, "amazon-cloudwatch-agent", {AGENT[1:]: '#!/bin/sh\necho "$@" >/srv/agent-arguments\n'}), *packages]
    for deb in debs:
        container.copy(deb, f"/srv/{deb.name}")
    container.write(CURL, "/usr/local/bin/curl", folder, "755")
    container.write(SYSTEMCTL, "/usr/local/bin/systemctl", folder, "755")
    text = cloud_config_text(**values)
    container.write(text, "/srv/user-data", folder)
    config = yaml.safe_load(text)
    # An image of Debian for EC2 has systemd.
    container.shell("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y systemd systemd-sysv iproute2 "
                    + " ".join(config["packages"]))
    for file in config["write_files"]:
        container.write(file["content"], file["path"], folder, file.get("permissions", "0644").removeprefix("0"))
    container.run(*config["runcmd"][0])


def boot(container: Container) -> Path:
    """Boots it, without a network, until it switches itself off: its root."""
    root = Path(buildah("mount", container.name).strip())
    done = subprocess.run(["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--directory", root,
                           "--boot"], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
                          timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return root
