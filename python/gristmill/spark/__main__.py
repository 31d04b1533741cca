"""`python -m gristmill.spark`, and the file that spark-submit takes: it may be copied anywhere, so all else is imported from
the package, by its full name."""

from __future__ import annotations

import sys

from gristmill.spark.command import main

if __name__ == "__main__":
    sys.exit(main())
