"""Completion scripts, in the shells that they are for."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest
from command import BUILD, OK, USAGE, environment

# What is typed, what must be offered, what must not.
CASES = [
    ("gristmill ru", ["run"], ["recover", "show"]),
    ("gristmill re", ["recover"], ["run"]),
    ("gristmill run --coll", ["--collections"], ["--color", "--predictions"]),
    ("gristmill run --checks-rep", ["--checks-repairs-severity", "--checks-repeated-lines-fail-above"], ["--checks-range-severity"]),
    ("gristmill run --sessions ", ["collections", "all"], ["notes.txt", "warn"]),
    ("gristmill run --sessions a", ["all"], ["collections"]),
    ("gristmill explain --checks-range-severity ", ["ignore", "warn", "fail"], ["all"]),
    ("gristmill validate --collections no", ["notes.txt", "nowhere"], ["other"]),
    ("gristmill verify no", ["nowhere"], ["notes.txt"]),
    ("gristmill publish --fs", ["--fsync"], ["--force"]),
    ("gristmill show nowhere ", ["sessions", "models", "labels", "predictions", "quarantine", "checks"], ["other"]),
    ("gristmill show --limit 3 nowhere q", ["quarantine"], ["checks"]),
    ("gristmill show nowhere --format ", ["table", "csv", "json"], ["sessions"]),
    ("gristmill show nowhere --re", ["--reason", "--recipe"], ["--limit"]),
    ("gristmill show nowhere quarantine --reason too_", ["too_deep"], ["invalid_json"]),
    ("gristmill show nowhere --sort mean_", ["mean_swipe_score", "mean_swipe_score:desc"], ["session_id"]),
    ("gristmill ddl ", ["athena", "duckdb", "spark"], ["nowhere", "notes.txt"]),
    ("gristmill ddl s", ["spark"], ["duckdb"]),
    ("gristmill ddl duckdb no", ["nowhere"], ["notes.txt"]),
    ("gristmill ddl spark nowhere --da", ["--database"], ["--location"]),
    ("gristmill generate --compression ", ["none", "gz", "zst"], ["notes.txt"]),
    ("gristmill generate --anomaly id_", ["id_trimmed=", "id_not_scalar="], ["alias="]),
    ("gristmill generate --collections no", [], ["notes.txt", "nowhere"]),
    ("gristmill inspect no", ["notes.txt", "nowhere"], ["other"]),
    ("gristmill inspect one two no", ["notes.txt", "nowhere"], ["other"]),
    ("gristmill inspect nowhere --wr", ["--write-recipe"], ["--format"]),
    ("gristmill inspect nowhere --format ", ["table", "json"], ["csv", "notes.txt"]),
    ("gristmill completion ", ["bash", "zsh", "fish"], ["run"]),
]


@pytest.fixture
def folder(tmp_path):
    """A folder to complete files in."""
    (tmp_path / "place/nowhere").mkdir(parents=True)
    (tmp_path / "place/other").mkdir()
    (tmp_path / "place/notes.txt").touch()
    return tmp_path / "place"


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def script_of(name: str) -> str:
    return subprocess.run([BUILD / "gristmill", "completion", name], check=True, capture_output=True, text=True,
                          env=environment()).stdout


def shell_environment(tmp_path) -> dict[str, str]:
    """The command is on the path, the home is empty."""
    (tmp_path / "home").mkdir(exist_ok=True)
    return environment(variables={"PATH": f"{BUILD}:{os.environ['PATH']}", "HOME": str(tmp_path / "home"), "TERM": "xterm"})


def check(offered: list[str], wanted: list[str], unwanted: list[str]) -> None:
    names = [word.rstrip("/ ") for word in offered]
    assert not [word for word in wanted if word not in names], names
    assert not [word for word in unwanted if word in names], names


# Typed behind the tab: empties the line, then prints what the typed line itself does not hold.
DONE = "\x15echo '<''done''>'\n"


# ---- bash

BASH = r"""
source "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_TYPE=9 COMP_KEY=9
# As readline cuts words: at spaces, '=' and ':' too.
read -ra COMP_WORDS <<<"$(sed 's/[=:]/ & /g' <<<"$2")"
[[ $2 == *[[:space:]=:] ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_gristmill gristmill
printf '%s\n' "${COMPREPLY[@]}"
"""


def bash_offers(tmp_path, folder, typed: str, breaks: str | None = None) -> list[str]:
    (tmp_path / "script").write_text(script_of("bash"))
    setting = f"COMP_WORDBREAKS={breaks!r}\n" if breaks is not None else "COMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'\n"
    done = subprocess.run([shell("bash"), "--norc", "-c", setting + BASH, "bash", tmp_path / "script", typed], cwd=folder,
                          env=shell_environment(tmp_path), capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("typed, wanted, unwanted", CASES)
def test_bash(tmp_path, folder, typed, wanted, unwanted):
    check(bash_offers(tmp_path, folder, typed), wanted, unwanted)


def test_bash_completes_what_follows_an_equals_sign(tmp_path, folder):
    assert bash_offers(tmp_path, folder, "gristmill run --sessions=a") == ["all"]
    assert sorted(bash_offers(tmp_path, folder, "gristmill run --output=no")) == ["notes.txt", "nowhere"]


def test_bash_replaces_only_what_follows_a_colon(tmp_path, folder):
    typed = "gristmill show nowhere --sort session_id:d"
    assert bash_offers(tmp_path, folder, typed) == ["desc"]
    assert bash_offers(tmp_path, folder, typed, breaks=" =") == ["session_id:desc"]


def test_bash_names_every_flag(tmp_path, folder, gristmill):
    """The help and the script are of one table, but let them prove it."""
    s3_flags = set(re.findall(r"^ +(--s3-[a-z0-9-]+)", gristmill("run", "--help").stdout, re.MULTILINE))
    assert "--s3-endpoint" in s3_flags
    for command in ("run", "show", "init", "publish"):
        text = gristmill(command, "--help").must(OK).stdout.split("Examples:")[0]
        flags = set(re.findall(r"^ +(?:-\w, )?(--[a-z0-9-]+)", text, re.MULTILINE))
        if "--s3-" in flags:  # "--s3-...": those that the help of run lists
            flags = flags - {"--s3-"} | s3_flags
        assert len(flags) > 1
        assert flags <= set(bash_offers(tmp_path, folder, f"gristmill {command} --"))


def test_bash_completes_in_an_interactive_shell(tmp_path, folder):
    """As a user has it: typed, with a tab."""
    start_file = tmp_path / "bashrc"
    start_file.write_text("source <(gristmill completion bash)\nPS1='ready> '\n")
    text = type_into([shell("bash"), "--rcfile", str(start_file), "-i"], tmp_path, folder, f"gristmill verif\t{DONE}")
    assert "gristmill verify" in text


# ---- fish

@pytest.mark.parametrize("typed, wanted, unwanted", CASES)
def test_fish(tmp_path, folder, typed, wanted, unwanted):
    (tmp_path / "script").write_text(script_of("fish"))
    done = subprocess.run([shell("fish"), "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", tmp_path / "script", typed],
                          cwd=folder, env=shell_environment(tmp_path), capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    check([line.split("\t")[0] for line in done.stdout.splitlines()], wanted, unwanted)


def test_fish_finds_it_in_its_folder(tmp_path, folder):
    place = tmp_path / "home/.config/fish/completions"
    place.mkdir(parents=True)
    (place / "gristmill.fish").write_text(script_of("fish"))
    done = subprocess.run([shell("fish"), "-c", "complete -C 'gristmill ru'"], cwd=folder, env=shell_environment(tmp_path),
                          capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("run\tPartition")


# ---- zsh

# Everything that is offered goes through compadd: this one writes it down.
ZSH = r"""
autoload -Uz compinit
compinit -u -D
source "$SCRIPT"
zstyle ':completion:*' verbose no
function compadd {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a offered
  builtin compadd -A offered "$@"
  print -rl -- $offered >>"$OFFERED"
  builtin compadd "$@"
}
PS1='ready> '
"""


def zsh_offers(tmp_path, folder, typed: str) -> list[str]:
    (tmp_path / "script").write_text(script_of("zsh"))
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home/.zshrc").write_text(ZSH)
    offered = tmp_path / "offered"
    offered.touch()
    type_into([shell("zsh"), "-d", "-i"], tmp_path, folder, typed + "\t" + DONE,
              {"SCRIPT": str(tmp_path / "script"), "OFFERED": str(offered), "ZDOTDIR": str(tmp_path / "home")})
    return offered.read_text().splitlines()


@pytest.mark.parametrize("typed, wanted, unwanted", CASES)
def test_zsh(tmp_path, folder, typed, wanted, unwanted):
    check(zsh_offers(tmp_path, folder, typed), wanted, unwanted)


def test_zsh_finds_it_in_its_folder(tmp_path, folder):
    functions = tmp_path / "functions"
    functions.mkdir()
    (functions / "_gristmill").write_text(script_of("zsh"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.zshrc").write_text("fpath=($FUNCTIONS $fpath); autoload -Uz compinit; compinit -u -D; PS1='ready> '\n")
    text = type_into([shell("zsh"), "-d", "-i"], tmp_path, folder, f"gristmill verif\t{DONE}",
                     {"ZDOTDIR": str(tmp_path / "home"), "FUNCTIONS": str(functions)})
    assert re.search(r"gristmill.*verif\S*y", text), text


# ---- all

def test_a_shell_that_is_not_known_is_refused(gristmill):
    gristmill("completion", "tcsh").must_fail(USAGE, "'tcsh'", "bash, zsh, fish")
    gristmill("completion", "zhs").must_fail(USAGE, "'zhs'", "'zsh'")
    gristmill("completion").must_fail(USAGE, "SHELL")


def type_into(command, tmp_path, folder, keys: str, variables: dict | None = None) -> str:
    """What an interactive shell shows when `keys` are typed at its prompt, up to what DONE prints."""
    child, terminal = pty.fork()
    if child == 0:
        try:
            os.chdir(folder)
            os.execve(command[0], command, {**shell_environment(tmp_path), **(variables or {})})
        finally:
            os._exit(127)
    seen = ""
    deadline = time.monotonic() + 60

    def read_until(word: str) -> None:
        nonlocal seen
        while word not in seen:
            assert time.monotonic() < deadline, f"{word!r} never came:\n{seen}"
            if not select.select([terminal], [], [], 0.2)[0]:
                continue
            try:
                seen += os.read(terminal, 65536).decode("utf-8", "replace")
            except OSError:
                raise AssertionError(f"the shell ended:\n{seen}") from None
    try:
        read_until("ready> ")
        os.write(terminal, keys.encode())
        read_until("<done>")
    finally:
        os.close(terminal)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return seen
