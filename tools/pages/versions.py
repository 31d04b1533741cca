#!/usr/bin/env python3
"""The list of the versions that a folder of sites has, and the page that leads to the newest.

    versions.py FOLDER

Each folder in it that is named as a version is one's site. versions.json has the form that mike gives it: the page of
every version reads it to offer the others, so that those of old ones need not be built again.

Tested in tests/site/test_pages.py.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

FRONT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>gristmill</title>
<link rel="icon" href="{newest}/assets/gristmill.svg">
<meta http-equiv="refresh" content="0; url={newest}/">
<p><a href="{newest}/">gristmill {newest}</a></p>
</html>
"""


def list_versions(folder: Path) -> list[str]:
    """Writes list and front page; the versions, newest first."""
    found = [each.name for each in folder.iterdir() if re.fullmatch(r"\d+(\.\d+)+", each.name) and (each / "index.html").exists()]
    versions = sorted(found, key=lambda version: [int(part) for part in version.split(".")], reverse=True)
    listed = [{"version": version, "title": version, "aliases": ["latest"] if version == versions[0] else []} for version in versions]
    (folder / "versions.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    (folder / "index.html").write_text(FRONT.format(newest=versions[0]), encoding="utf-8")
    return versions


if __name__ == "__main__":
    list_versions(Path(sys.argv[1]))
