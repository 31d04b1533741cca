"""pyarrow, imported when a table is first asked for: to run, update, check and publish takes none."""

from __future__ import annotations

import importlib
import re
from typing import Any

from .errors import UsageError

OLDEST = 15
ADVICE = f"pip install 'pyarrow>={OLDEST}'"


class _Arrow:
    """In the place of the module `pyarrow`; `compute` and `parquet` are imported likewise."""

    def __getattr__(self, name: str) -> Any:
        try:
            module = importlib.import_module("pyarrow")
        except ModuleNotFoundError as missing:
            if missing.name != "pyarrow":
                raise
            raise UsageError("tables are pyarrow's, and it is not installed", ADVICE) from None
        if int(re.match(r"\d*", module.__version__)[0] or OLDEST) < OLDEST:
            raise UsageError(f"pyarrow {module.__version__} is too old", ADVICE)
        value = importlib.import_module(f"pyarrow.{name}") if name in ("compute", "parquet") else getattr(module, name)
        setattr(self, name, value)
        return value


pa: Any = _Arrow()
