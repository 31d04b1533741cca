"""The machine and the programs that were measured, in words."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

from contestants import BUILD, REPOSITORY, python_of

VERSIONS = """
import importlib.metadata, sys
for name in sys.argv[1:]:
    print(name, importlib.metadata.version(name))
"""
PACKAGES = {"duckdb": ("duckdb", "chdb", "chdb-core", "datafusion", "polars", "pandas", "pyspark", "pyarrow"),
            "daft": ("daft",)}  # by a rival in whose virtual environment they are


def said_by(*command: str) -> str:
    """What a command prints, on either stream; empty if it cannot be run."""
    try:
        done = subprocess.run(command, cwd=REPOSITORY, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def found_in(path: str, pattern: str) -> str:
    found = re.search(pattern, Path(path).read_text(), re.MULTILINE)
    return found[1].strip() if found else "unknown"


def file_system(folder: Path) -> str:
    """The type of the file system that a folder lies on."""
    return said_by("stat", "--file-system", "--format=%T", str(folder)) or "unknown"


def machine(places: dict[str, Path], with_rivals: bool, load: float) -> list[str]:
    """Lines about machine and versions; `load` is the load average before the first measurement."""
    memory = int(found_in("/proc/meminfo", r"^MemTotal:\s*(\d+) kB")) * 1024
    processor = found_in("/proc/cpuinfo", r"^model name\s*:(.*)")
    system = found_in("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)')
    lines = [f"{processor}, {os.cpu_count()} cores, {memory / 2**30:.0f} GiB of memory, {system}, "
             f"Linux {platform.release()}; load average before the start {load:.1f}"]
    lines += [f"files {'in' if name == 'memory' else 'on'} {name}: {file_system(folder)}"
              for name, folder in places.items()]
    commit = said_by("git", "rev-parse", "--short", "HEAD")
    changed = " with changes" if said_by("git", "status", "--porcelain", "src", "include") else ""
    version = said_by(str(BUILD / "gristmill"), "--version")
    lines.append(f"{version}, commit {commit}{changed}" if commit else version)
    if with_rivals:
        versions = [line for file, names in PACKAGES.items()
                    for line in said_by(str(python_of(file)), "-c", VERSIONS, *names).splitlines()]
        java = re.search(r'version "([^"]*)"', said_by("java", "-version"))
        lines.append(", ".join(versions + ([f"Java {java[1]}"] if java else [])))
    return lines
