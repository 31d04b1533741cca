#!/usr/bin/env python3
"""What a release holds besides gristmill's own code.

    tools/notices.py text SYSROOT             every component with its version, and its licence in full
    tools/notices.py sbom SYSROOT VERSION     the same as a CycloneDX 1.6 document, without the licences' texts

SYSROOT: what a release is compiled and linked with (tools/sysroot).
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path
from typing import NamedTuple

# What is linked in, by the name that tools/sysroot gives its notices; its licence as SPDX names it.
LINKED = {"curl": "curl", "fmtlib": "MIT", "gcc-12-base": "GPL-3.0-or-later WITH GCC-exception-3.1", "libcli11-dev": "BSD-3-Clause",
          "libdeflate-dev": "MIT", "libisal": "BSD-3-Clause", "libpugixml-dev": "MIT", "libspdlog-dev": "MIT", "libssl-dev": "Apache-2.0",
          "libutf8proc-dev": "MIT", "libyaml-cpp-dev": "MIT", "libzstd-dev": "BSD-3-Clause", "simdjson": "Apache-2.0",
          "xxhash": "BSD-2-Clause", "zlib1g-dev": "Zlib"}
WHEELS = {"pyarrow": "Apache-2.0", "nanobind": "BSD-3-Clause"}  # Arrow's libraries; what the Python module is made with


class Component(NamedTuple):
    name: str
    version: str
    licence: str
    identity: str  # a package URL
    text: str


def linked_component(name: str, sysroot: Path) -> Component:
    notice = sysroot / "notices" / name
    version = (notice / "version").read_text().strip()
    return Component(name, version, LINKED[name], f"pkg:deb/debian/{name}@{version}", (notice / "copyright").read_text(errors="replace"))


def wheel_component(name: str) -> Component:
    distribution = importlib.metadata.distribution(name)
    texts = [path.read_text() for path in distribution.files or [] if Path(str(path)).name.startswith(("LICENSE", "NOTICE"))]
    return Component(name, distribution.version, WHEELS[name], f"pkg:pypi/{name}@{distribution.version}", "\n".join(texts))


def components(sysroot: Path) -> list[Component]:
    found = [*(linked_component(name, sysroot) for name in LINKED), *(wheel_component(name) for name in WHEELS)]
    for each in found:
        assert each.text.strip(), f"{each.name} has no notice"
    return found


def as_text(found: list[Component]) -> str:
    text = "gristmill holds code of these projects, under their own licences.\n\n"
    text += "".join(f"  {each.name} {each.version}: {each.licence}\n" for each in found)
    for each in found:
        text += f"\n{'=' * 78}\n{each.name} {each.version} ({each.licence})\n{'=' * 78}\n{each.text}\n"
    return text


def as_sbom(found: list[Component], version: str) -> str:
    return json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": f"pkg:github/gristmill/gristmill@{version}", "name": "gristmill",
                                   "version": version, "purl": f"pkg:github/gristmill/gristmill@{version}",
                                   "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": [{"type": "library", "bom-ref": each.identity, "name": each.name, "version": each.version, "purl": each.identity,
                        "licenses": [{"expression": each.licence}]} for each in found],
        "dependencies": [{"ref": f"pkg:github/gristmill/gristmill@{version}", "dependsOn": [each.identity for each in found]}],
    }, indent=2) + "\n"


def main() -> None:
    match sys.argv[1:]:
        case ["text", sysroot]: sys.stdout.write(as_text(components(Path(sysroot))))
        case ["sbom", sysroot, version]: sys.stdout.write(as_sbom(components(Path(sysroot)), version))
        case _: sys.exit(__doc__)


if __name__ == "__main__":
    main()
