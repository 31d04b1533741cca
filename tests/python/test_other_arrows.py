"""gristmill takes its own Arrow along: any pyarrow, or none, may be in the same process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import gristmill as gm
import pytest
from built_package import REPOSITORY

PACKAGE = Path(gm.__file__).parents[1]

BOTH = """
import json, sys
sys.path.insert(0, sys.argv[1])
first = sys.argv[4] == "pyarrow first"
if first:
    import pyarrow.parquet
import gristmill as gm
result = gm.run(collections=[sys.argv[2]], output=sys.argv[3])
import pyarrow, pyarrow.parquet
table = pyarrow.parquet.read_table(sys.argv[3] + "/aggregated-result/data.parquet")
pyarrow.parquet.write_table(table, sys.argv[3] + ".parquet", compression="zstd")
assert result.sessions.equals(table) and table.num_rows == 1
again = gm.run(collections=[sys.argv[2]], output=sys.argv[3])  # ours, after theirs was used
assert again.sessions.equals(table)
assert again.models.num_rows == 0 and gm.open(sys.argv[3]).labels("p").num_rows == 2
assert gm.inspect(sys.argv[2]).files.num_rows == 1 and gm.verify(sys.argv[3]).examples.num_rows == 0
loaded = {line.split()[-1].rsplit("/")[-1] for line in open("/proc/self/maps") if ".so" in line}
print(json.dumps([pyarrow.__version__, sorted(name for name in loaded if name.startswith(("libarrow.so", "libgmarw.so")))]))
"""

NONE = """
import sys
sys.path.insert(0, sys.argv[1])
import gristmill as gm
result = gm.run(collections=[sys.argv[2]], output=sys.argv[3])
assert result.published and result.report["accounting"]["totals"]["collections"]["accepted"] == 1
assert gm.update(collections=[sys.argv[2]], output=sys.argv[3] + "-grown", accumulate=True).passed
assert gm.verify(sys.argv[3]).intact and gm.explain(collections=[sys.argv[2]]).threads > 0
assert "1 lines of collections" in repr(gm.inspect(sys.argv[2])) and repr(gm.open(sys.argv[3]))
assert "pyarrow" not in sys.modules
try:
    result.sessions
except gm.UsageError as error:
    print(error)
"""

LINE = '{"metadata":{"profile_id":"p","session_id":"s"},"behaviour":{"web":{"swipes":[{"x":1},{"x":2.5}]}}}\n'


def said(python: Path, script: str, tmp_path: Path, *words: str) -> str:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(LINE)
    done = subprocess.run([python, "-I", "-c", script, PACKAGE, lines, tmp_path / "out", *words], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("order", ["pyarrow first", "gristmill first"])
@pytest.mark.parametrize("version", ["15.0.2", "20.0.0"])
def test_beside_another_pyarrow(tmp_path, version, order):
    python = REPOSITORY / f"build/pyarrow-{version.partition('.')[0]}-venv/bin/python"
    theirs = f"libarrow.so.{version.partition('.')[0]}00"
    major, minor, _ = gm.__arrow_version__.split(".")
    assert json.loads(said(python, BOTH, tmp_path, order)) == [version, [theirs, f"libgmarw.so.{100 * int(major) + int(minor)}"]]


def test_without_pyarrow(tmp_path):
    assert said(REPOSITORY / "build/no-pyarrow-venv/bin/python", NONE, tmp_path) == (
        "tables are pyarrow's, and it is not installed\n  pip install 'pyarrow>=15'\n")
