"""What is installed on the machine: the run of a day, and the units that start it."""

import datetime
import itertools
import json
import re
import subprocess

import pytest
from command import BUILD, NO_INPUT, OK, REPOSITORY, USAGE, Outcome, environment
from on_s3 import published
from outputs import DATA, contents, differences
from templates import DEPLOY, cloud_config

SERVER = DEPLOY / "server"
SAMPLE = REPOSITORY / "examples"
numbers = itertools.count(1)


@pytest.fixture
def dated_run(tmp_path, monkeypatch):
    """`gristmill-dated-run` as the service runs it: settings in variables, gristmill on the PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "gristmill").symlink_to(BUILD / "gristmill")

    def run(*words, **variables) -> Outcome:
        done = subprocess.run([SERVER / "dated-run", *words], cwd=tmp_path, capture_output=True, encoding="utf-8",
                              stdin=subprocess.DEVNULL, env={**environment(), "PATH": f"{programs}:/usr/bin:/bin",
                                                             "HOME": str(tmp_path), **variables})
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def day(tmp_path):
    """A folder with the sample as the input of 2025-05-15, and another day that must not be read."""
    for name in "collections", "predictions":
        (tmp_path / f"in/{name}/day=2025-05-15").mkdir(parents=True)
        for file in (SAMPLE / name).iterdir():
            (tmp_path / f"in/{name}/day=2025-05-15" / file.name).write_bytes(file.read_bytes())
        (tmp_path / f"in/{name}/day=2025-05-16").mkdir()
        (tmp_path / f"in/{name}/day=2025-05-16/other.jsonl").write_text("no line of this day\n")
    return tmp_path / "in"


def settings(incoming, outgoing) -> dict[str, str]:
    return {"GRISTMILL_COLLECTIONS": f"{incoming}/collections/day={{date}}/",
            "GRISTMILL_PREDICTIONS": f"{incoming}/predictions/day={{date}}/", "GRISTMILL_OUTPUT": f"{outgoing}/day={{date}}"}


def test_day_on_disk(dated_run, day, tmp_path):
    dated_run("2025-05-15", **settings(day, tmp_path / "out")).must(OK)
    dated_run("2025-05-15", **{**settings(day, tmp_path / "again"), "GRISTMILL_OUTPUT": f"{tmp_path}/{{year}}/{{month}}-{{day}}"}
              ).must(OK)
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()] == ["day=2025-05-15"]
    assert not differences(contents(tmp_path / "out/day=2025-05-15"), contents(tmp_path / "2025/05-15"))


def test_day_on_s3(dated_run, day, s3, tmp_path):
    """As on the machine: s3://in/day={date}/, with a fixed date, and tags for the lifecycle rule."""
    number = next(numbers)
    incoming, outgoing = (s3.client.make_bucket(f"{name}-{number}") for name in ("recordings", "results"))
    s3.client.upload(day, incoming)
    access = {"AWS_ACCESS_KEY_ID": s3.keys.access, "AWS_SECRET_ACCESS_KEY": s3.keys.secret, "AWS_ENDPOINT_URL": s3.url,
              "AWS_REGION": "us-east-1", "GRISTMILL_S3_TAG_STAGING": "true"}
    dated_run("2025-05-15", **settings(incoming, outgoing), **access).must(OK)
    dated_run("2025-05-15", **settings(day, tmp_path / "local")).must(OK)
    expected = contents(tmp_path / "local/day=2025-05-15", *DATA)
    there = published(s3.client, f"{outgoing}/day=2025-05-15", tmp_path / "there")
    assert expected and not differences(expected, {name: there[name] for name in expected})
    assert {key.split("/")[0] for key in s3.client.keys_below(outgoing + "/")} == {"day=2025-05-15"}


def test_an_output_without_a_day_grows(dated_run, day, tmp_path):
    """Each night what is new; nothing is read twice."""
    for name in "collections", "predictions":
        (day / name / "day=2025-05-16/other.jsonl").unlink()
    incoming = {"GRISTMILL_COLLECTIONS": f"{day}/collections/", "GRISTMILL_PREDICTIONS": f"{day}/predictions/",
                "GRISTMILL_OUTPUT": f"{tmp_path}/all"}
    dated_run("yesterday", **incoming).must(OK)
    assert "nothing is new" in dated_run("yesterday", **incoming).must(OK).stdout
    late = day / "collections/day=2025-05-14/late.jsonl"
    late.parent.mkdir()
    late.write_bytes(next((day / "collections").rglob("*.jsonl")).read_bytes())
    dated_run("yesterday", **incoming).must(OK)
    assert len((tmp_path / "all/validation/batches.jsonl").read_text().splitlines()) == 2


def test_day_without_input_is_an_error(dated_run, day, tmp_path):
    outcome = dated_run("2024-02-29", **settings(day, tmp_path / "out"))
    outcome.must_fail(NO_INPUT, "day=2024-02-29")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("word, back", [("yesterday", 1), ("today", 0)])
def test_day_by_name_is_that_of_utc(dated_run, tmp_path, word, back):
    def expected():
        return (datetime.datetime.now(datetime.UTC) - datetime.timedelta(back)).date().isoformat()

    before = expected()
    outcome = dated_run(word, "--collections", "nowhere/{date}", GRISTMILL_OUTPUT="out", TZ="Pacific/Kiritimati")
    assert {before, expected()} & set(re.findall(r"nowhere/([\d-]+)", outcome.stderr)), outcome.stderr


def test_help(dated_run):
    assert dated_run("--help").must(OK).stdout.startswith("gristmill-dated-run DAY [FLAG...]: ")


@pytest.mark.parametrize("words", [[], [""], ["2025-02-30"], ["2025-5-1"], ["last week"], ["1"], ["2025-05-15 12:00"], ["--hlep"]])
def test_what_is_no_day(dated_run, day, tmp_path, words):
    dated_run(*words, **settings(day, tmp_path / "out")).must_fail(USAGE, "2025-05-15, yesterday or today")
    assert not (tmp_path / "out").exists()


def test_what_stands_in_paths_is_left_as_it_is(dated_run, day, tmp_path):
    """No word of a value is a command, a pattern or a parameter of the shell."""
    odd = tmp_path / "a b & $(touch x) {other} 'q' \\ *"
    day.rename(odd)
    dated_run("2025-05-15", **settings(odd, tmp_path / "out")).must(OK)
    assert (tmp_path / "out/day=2025-05-15/_SUCCESS").exists() and not (tmp_path / "x").exists()


def test_scripts(tmp_path):
    script = tmp_path / "first-boot"
    script.write_text(cloud_config(Options="--notebook")["write_files"][1]["content"])
    scripts = [script, SERVER / "install", SERVER / "dated-run", *(REPOSITORY / name for name in (
        "run", "test", ".ci/run", "tools/release", "tools/sysroot", "tools/image", "tools/arm64", "tools/site", "deploy/debian/postinst",
        "deploy/debian/prerm", "deploy/debian/postrm"))]
    done = subprocess.run(["shellcheck", "--shell=bash", "--external-sources", f"--source-path={REPOSITORY}", *scripts],
                          capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def units_in(tmp_path):
    """The units, with programs that are there in place of the installed ones."""
    folder = tmp_path / "units"
    folder.mkdir()
    for name in "gristmill@.service", "gristmill.timer", "gristmill-notebook.service":
        text = (SERVER / name).read_text()
        (folder / name).write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text))
    return folder


def test_units(tmp_path):
    folder = units_in(tmp_path)
    (folder / "gristmill@.service").rename(folder / "gristmill@yesterday.service")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *sorted(folder.iterdir())],
                          capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Unit=gristmill@yesterday.service" in (SERVER / "gristmill.timer").read_text()


def test_units_may_do_little(tmp_path):
    folder = units_in(tmp_path)
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=30", folder / "gristmill@.service"],
                          capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_notebook_listens_to_this_machine_alone():
    command = re.search(r"(?m)^ExecStart=(.*)$", (SERVER / "gristmill-notebook.service").read_text())[1]
    assert "--ip=127.0.0.1" in command and "token" not in command.lower() and "password" not in command.lower()


def test_settings_of_the_logs():
    agent = json.loads((SERVER / "cloudwatch-agent.json").read_text())
    files = agent["logs"]["logs_collected"]["files"]["collect_list"]
    log = re.search(r"(?m)^StandardError=append:(.*)$", (SERVER / "gristmill@.service").read_text())[1]
    assert log in {file["file_path"] for file in files} and log in (SERVER / "logrotate.conf").read_text()


@pytest.mark.parametrize("words, said", [(["--schedule"], "--schedule needs a value"), (["--port", "1"], "there is no '--port'")])
def test_mistakes_at_the_installation(words, said):
    done = subprocess.run([SERVER / "install", *words], capture_output=True, encoding="utf-8")
    assert done.returncode == USAGE and said in done.stderr
