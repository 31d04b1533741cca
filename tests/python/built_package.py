"""The package as it was built into build/release/python; GRISTMILL_PYTHON_PACKAGE names another folder."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = Path(os.environ.get("GRISTMILL_PYTHON_PACKAGE", REPOSITORY / "build/release/python"))
assert (PACKAGE / "gristmill/__init__.py").exists(), f"no package in {PACKAGE}: ./test builds it"
