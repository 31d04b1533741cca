"""The machine's installation, in Debian 12 as it comes.

No container engine needs to run: buildah runs in a chroot, systemd-nspawn boots what came of it. What AWS alone has,
its two agents, are stand-ins of the same package names.
"""

import json

import pytest
from clean_root import Container, make_base, working_tree
from command import REPOSITORY, Gristmill
from first_boot import boot, first_boot
from outputs import contents, differences

pytestmark = pytest.mark.long

SAMPLE = REPOSITORY / "examples"


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


@pytest.fixture(scope="module")
def machine(source, tmp_path_factory):
    """A root in which the first boot's script has run, as cloud-init runs it."""
    container = Container()
    container.copy(source, "/srv/gristmill")
    container.shell("apt-get update -qq && apt-get install -qq -y git && cd /srv/gristmill && git init -q -b main && git add -A && "
                    "git -c user.name=test -c user.email=test@localhost commit -qm test")
    first_boot(container, tmp_path_factory.mktemp("machine"), Source="file:///srv/gristmill", Options="--notebook",
               Schedule="*-*-* 04:15:00 UTC")
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


# What is done and looked at on the machine when it is up; each word's output is a file in /srv/found.
SESSION = r"""#!/bin/bash
look() { name=$1; shift; "$@" >"/srv/found/$name" 2>&1; echo $? >"/srv/found/$name.code"; }
state() { systemctl show "$1" --property=ActiveState,Result,NRestarts,ExecMainStatus; }
mkdir -p /srv/found
look day systemctl start gristmill@2025-05-15
cp /var/log/gristmill/run.log /srv/found/log
look owner stat --format '%U %a' /var/lib/gristmill /var/lib/gristmill/out/day=2025-05-15/_SUCCESS /var/log/gristmill/run.log
look journal journalctl --no-pager --unit gristmill@2025-05-15
look timer systemctl list-timers --no-pager gristmill.timer
look nonsense systemctl start gristmill@nonsense
look nonsense-state state gristmill@nonsense
mkdir -p /etc/systemd/system/gristmill@.service.d
printf '[Service]\nRestartSec=1s\n' >/etc/systemd/system/gristmill@.service.d/soon.conf
systemctl daemon-reload
systemctl start --no-block gristmill@2024-01-01
for ((i = 0; i < 300; ++i)); do systemctl is-failed --quiet gristmill@2024-01-01 && break; sleep 0.2; done
look late-state state gristmill@2024-01-01
cp /var/log/gristmill/run.log /srv/found/late-log
logrotate --force /etc/logrotate.d/gristmill
look again systemctl start gristmill@2025-05-15
cp /var/log/gristmill/run.log /srv/found/rotated-log
for ((i = 0; i < 300; ++i)); do curl -fsS http://127.0.0.1:8888/api >/srv/found/notebook 2>/dev/null && break; sleep 0.2; done
look contents curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8888/api/contents
look listening ss --tcp --listening --numeric --no-header
systemctl poweroff
"""


@pytest.fixture(scope="module")
def found(machine, tmp_path_factory):
    """The machine has been up, under systemd, without a network, and somebody was there; then it was upgraded."""
    folder = tmp_path_factory.mktemp("session")
    machine.write(SESSION, "/srv/session", folder, "755")
    machine.write("[Service]\nExecStart=/srv/session\n[Install]\nWantedBy=multi-user.target\n",
                  "/etc/systemd/system/session.service", folder)
    machine.shell("systemctl enable -q session.service && cp /etc/gristmill/server.env /srv && "
                  "cp /opt/gristmill/source/deploy/server/server.env /etc/gristmill/ && : >/etc/machine-id && "
                  "for name in collections predictions; do mkdir -p /var/lib/gristmill/in/$name; "
                  "cp -r /srv/gristmill/examples/$name /var/lib/gristmill/in/$name/day=2025-05-15; done; "
                  "chown -R gristmill: /var/lib/gristmill")
    root = boot(machine)

    def look(name: str) -> str:
        return (root / "srv/found" / name).read_text()

    look.root = root
    return look


def entries(log: str) -> list[tuple[str, str]]:
    """What gristmill itself logs."""
    lines = [line for line in log.splitlines() if line.startswith("{")]
    return [(entry["level"], entry["message"]) for entry in map(json.loads, lines)]


def test_run_of_a_day(found, expected):
    assert found("day.code") == "0\n", found("journal")
    assert not differences(expected, contents(found.root / "var/lib/gristmill/out/day=2025-05-15"))
    assert entries(found("log"))[-1] == ("info", "published: /var/lib/gristmill/out/day=2025-05-15")
    assert "aggregate rows" in found("journal") and "Deactivated successfully" in found("journal")
    assert found("owner").splitlines() == ["gristmill 750", "gristmill 640", "root 640"]
    assert "gristmill@yesterday.service" in found("timer")


def test_run_that_fails_is_tried_again_but_not_for_ever(found):
    """No input: four attempts. What would only fail again: one."""
    state = found("late-state").split()
    assert {"ActiveState=failed", "NRestarts=4", "ExecMainStatus=3"} <= set(state), state
    missing = [message for level, message in entries(found("late-log")) if level == "error" and "day=2024-01-01" in message]
    assert len(missing) == 4, missing
    assert {"ActiveState=failed", "NRestarts=0", "ExecMainStatus=2"} <= set(found("nonsense-state").split())
    assert found("late-log").count("'nonsense' is no day") == 1


def test_log_goes_on_when_it_was_rotated(found):
    assert entries(found("rotated-log"))[-1] == ("info", "published: /var/lib/gristmill/out/day=2025-05-15")
    assert "day=2024-01-01" not in found("rotated-log")


def test_notebook(found):
    """It answers, to this machine alone, and gives nothing without the token."""
    assert '"version"' in found("notebook") and found("contents") == "403"
    listening = [line.split()[3] for line in found("listening").splitlines()]
    assert "127.0.0.1:8888" in listening and not [place for place in listening if place.split(":")[-1] == "8888"
                                                  and not place.startswith("127.")]


def test_upgrade_keeps_what_was_set(machine):
    machine.shell("echo GRISTMILL_THREADS=1 >>/etc/gristmill/server.env")
    machine.shell("/opt/gristmill/source/deploy/server/install")
    assert "OnCalendar=*-*-* 04:15:00 UTC" in machine.run("cat", "/etc/systemd/system/gristmill.timer.d/schedule.conf")
    assert "GRISTMILL_THREADS=1" in machine.run("cat", "/etc/gristmill/server.env")
    assert "enabled" in machine.run("systemctl", "is-enabled", "gristmill-notebook.service")
    assert machine.run("/opt/gristmill/venv/bin/jupyter", "lab", "--version")
