"""The machine's installation and the container, in Debian 12 as it comes.

No container engine needs to run: buildah builds and runs in a chroot. What AWS alone has, its two agents, are stand-ins
of the same package names.
"""

import subprocess

import pytest
from clean_root import Container, buildah, make_base, working_tree
from command import Gristmill, REPOSITORY
from outputs import contents, differences
from templates import cloud_config, cloud_config_text

pytestmark = pytest.mark.long

SAMPLE = REPOSITORY / "examples"
IMAGE = "localhost/gristmill-test"


@pytest.fixture(scope="module", autouse=True)
def _base():
    make_base()


@pytest.fixture
def expected(tmp_path):
    """What the command here makes of the sample."""
    gristmill = Gristmill(tmp_path)
    gristmill.run(SAMPLE / "collections", SAMPLE / "predictions", "expected").must(0)
    return contents(tmp_path / "expected")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return working_tree(tmp_path_factory.mktemp("tree") / "source")


def package(folder, name: str, files: dict[str, str]):
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


# In front of the real curl, for the two addresses of AWS.
CURL = """#!/bin/bash
for ((i = 1; i <= $#; ++i)); do [ "${!i}" = --output ] && next=$((i + 1)) && output=${!next}; done
echo "${!#}" >>/srv/fetched
case ${!#} in
  https://*/amazon-ssm-agent.deb | https://*/amazon-cloudwatch-agent.deb) cp "/srv/${!###*/}" "$output" ;;
  *) exec /usr/bin/curl "$@" ;;
esac
"""

# In front of the real one: units are enabled, and none is started where systemd does not run.
SYSTEMCTL = """#!/bin/bash
exec /usr/bin/systemctl "${@/--now/--quiet}"
"""

AGENT = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"


@pytest.fixture(scope="module")
def machine(source, tmp_path_factory):
    """A root in which the first boot's script has run, as cloud-init runs it."""
    folder = tmp_path_factory.mktemp("machine")
    container = Container()
    unit = "[Unit]\nDescription=stand-in\n[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
    debs = [package(folder, "amazon-ssm-agent", {"lib/systemd/system/amazon-ssm-agent.service": unit}),
            package(folder, "amazon-cloudwatch-agent", {AGENT[1:]: '#!/bin/sh\necho "$@" >/srv/agent-arguments\n'})]
    for deb in debs:
        container.copy(deb, f"/srv/{deb.name}")
    container.copy(source, "/srv/gristmill")
    container.write(CURL, "/usr/local/bin/curl", folder, "755")
    text = cloud_config_text(Source="file:///srv/gristmill", Options="--notebook", Schedule="*-*-* 04:15:00 UTC")
    container.write(text, "/srv/user-data", folder)
    config = cloud_config(Source="file:///srv/gristmill", Options="--notebook", Schedule="*-*-* 04:15:00 UTC")
    container.write(SYSTEMCTL, "/usr/local/bin/systemctl", folder, "755")
    # An image of Debian for EC2 has systemd, and Git's identity is for the test's commit alone.
    container.shell("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y systemd "
                    + " ".join(config["packages"]))
    container.shell("cd /srv/gristmill && git init -q -b main && git add -A && "
                    "git -c user.name=test -c user.email=test@localhost commit -qm test")
    for file in config["write_files"]:
        container.write(file["content"], file["path"], folder, file.get("permissions", "0644").removeprefix("0"))
    container.run(*config["runcmd"][0])
    yield container
    container.remove()


def test_cloud_init_takes_the_user_data(machine):
    machine.shell("DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends cloud-init >/dev/null")
    assert "Valid" in machine.run("cloud-init", "schema", "--config-file", "/srv/user-data")


def test_first_boot(machine):
    fetched = machine.run("cat", "/srv/fetched").split()
    assert fetched[0] == "https://s3.eu-central-1.amazonaws.com/amazon-ssm-eu-central-1/latest/debian_amd64/amazon-ssm-agent.deb"
    assert machine.run("cat", "/srv/agent-arguments").split()[:2] == ["-a", "fetch-config"]
    assert '"/gristmill/test"' in machine.run("cat", "/etc/gristmill/cloudwatch-agent.json")
    assert machine.run("gristmill", "--version").startswith("gristmill ")
    units = ["gristmill.timer", "gristmill-notebook.service", "amazon-ssm-agent.service"]
    assert machine.run("systemctl", "is-enabled", *units).split() == ["enabled"] * 3
    machine.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", "gristmill.timer",
                "gristmill@yesterday.service", "gristmill-notebook.service")
    schedule = machine.run("cat", "/etc/systemd/system/gristmill.timer.d/schedule.conf").splitlines()
    assert schedule[-1] == "OnCalendar=*-*-* 04:15:00 UTC"
    assert machine.run("stat", "--format", "%U %a", "/var/log/gristmill", "/var/lib/gristmill").splitlines() == [
        "root 755", "gristmill 750"]


def test_run_of_a_day_there(machine, expected, tmp_path):
    """An upgrade, which keeps the hour; without settings of input and output they are local folders."""
    machine.shell("rm /etc/gristmill/server.env && /opt/gristmill/source/deploy/server/install")
    assert "OnCalendar=*-*-* 04:15:00 UTC" in machine.run("cat", "/etc/systemd/system/gristmill.timer.d/schedule.conf")
    machine.shell("for name in collections predictions; do mkdir -p /var/lib/gristmill/in/$name; "
                  "cp -r /srv/gristmill/examples/$name /var/lib/gristmill/in/$name/day=2025-05-15; done; "
                  "chown -R gristmill: /var/lib/gristmill; install -d -o gristmill /var/cache/gristmill")
    # What the service does, without systemd: its user, variables and folder.
    machine.shell("cd /etc/gristmill && set -a && . ./server.env && "
                  "exec setpriv --reuid gristmill --regid gristmill --clear-groups --no-new-privs "
                  "env TMPDIR=/var/cache/gristmill gristmill-dated-run 2025-05-15 --quiet")
    machine.run("cp", "-r", "/var/lib/gristmill/out", "/srv/out", volume=f"{tmp_path}:/srv/out")
    assert not differences(expected, contents(tmp_path / "out/day=2025-05-15"))


def test_notebook_there(machine):
    said = machine.shell("""
      cd /var/lib/gristmill
      command=$(sed -n 's/^ExecStart=//p' /etc/systemd/system/gristmill-notebook.service)
      port=$(/opt/gristmill/venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
      HOME=/var/lib/gristmill setpriv --reuid gristmill --regid gristmill --clear-groups --no-new-privs \
        ${command/8888/$port} >/srv/notebook.log 2>&1 &
      server=$!
      trap 'kill $server' EXIT
      for ((i = 0; i < 300; ++i)); do
        /usr/bin/curl -fsS "http://127.0.0.1:$port/api" 2>/dev/null && break
        sleep 0.2
      done
      printf '\\n'
      /usr/bin/curl -s -o /dev/null -w '%{http_code}\\n' "http://127.0.0.1:$port/api/contents"
    """).splitlines()
    assert '"version"' in said[0] and said[-1] == "403", said


def test_container(source, expected, tmp_path):
    buildah("bud", "--pull-never", "--layers=false", "--file", source / "deploy/Containerfile", "--tag", IMAGE, source)
    container = Container(IMAGE)
    try:
        settings = buildah("inspect", "--format", "{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}}", container.name)
        assert settings.split() == ["10001", "[entrypoint]"]
        data = tmp_path / "data"
        data.mkdir()
        data.chmod(0o777)
        for name in "collections", "predictions":
            (data / name).mkdir()
            for file in (SAMPLE / name).iterdir():
                (data / name / file.name).write_bytes(file.read_bytes())
        container.run("entrypoint", "run", "--collections", "/data/collections", "--predictions", "/data/predictions", "--output",
                      "/data/out", "--quiet", user="10001", volume=f"{data}:/data")
        assert not differences(expected, contents(data / "out"))
        assert (data / "out/_SUCCESS").stat().st_uid == 10001
        assert "2025-05-15, yesterday or today" in container.shell("entrypoint gristmill-dated-run 2>&1 || true",
                                                                                  user="10001")
        # No compiler, and none of what it took to build.
        container.shell("! command -v g++ cmake && ! ls -d /source", user="root")
    finally:
        container.remove()
        buildah("rmi", IMAGE)
