#!/usr/bin/env python3
"""What a release holds besides gristmill's own code.

    tools/notices.py text [--root FOLDER]     every component with its version, and its licence in full
    tools/notices.py sbom VERSION [--root FOLDER]     the same as a CycloneDX 1.6 document, without the licences' texts

FOLDER: the root that a portable build was linked with (tools/portable_root); without it, this machine's packages.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

# What is linked in, by Debian's name of its package; its licence as SPDX names it.
PACKAGES = {"libcli11-dev": "BSD-3-Clause", "libcurl4-openssl-dev": "curl", "libdeflate-dev": "MIT", "libfmt-dev": "MIT", "libisal-dev": "BSD-3-Clause",
            "libpugixml-dev": "MIT", "libsimdjson-dev": "Apache-2.0", "libspdlog-dev": "MIT", "libssl-dev": "Apache-2.0",
            "libstdc++-12-dev": "GPL-3.0-or-later WITH GCC-exception-3.1", "libutf8proc-dev": "MIT", "libxxhash-dev": "BSD-2-Clause",
            "libyaml-cpp-dev": "MIT", "libzstd-dev": "BSD-3-Clause", "zlib1g-dev": "Zlib"}
# Those of them that a portable root builds of Debian's sources, by the source's name.
BUILT = {"libcurl4-openssl-dev": "curl", "libfmt-dev": "fmtlib", "libisal-dev": "libisal", "libsimdjson-dev": "simdjson", "libxxhash-dev": "xxhash"}
WHEELS = {"pyarrow": "Apache-2.0", "nanobind": "BSD-3-Clause"}  # Arrow's libraries; what the Python module is made with


class Component(NamedTuple):
    name: str
    version: str
    licence: str
    identity: str  # a package URL
    text: str


def debian_component(package: str, root: Path) -> Component:
    source = BUILT.get(package)
    if source and (notice := root / "notices" / source).is_dir():
        version, text = (notice / "version").read_text().strip(), (notice / "copyright").read_text()
        return Component(source, version, PACKAGES[package], f"pkg:deb/debian/{source}@{version}?arch=source", text)
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=True, capture_output=True, encoding="utf-8")
    text = ""
    # A package may have its licence in the folder of one that it needs.
    for each in (package, *({"libstdc++-12-dev": ["gcc-12-base"], "libisal-dev": ["libisal2"]}.get(package, []))):
        found = root / f"usr/share/doc/{each}/copyright"
        text = text or (found.read_text(errors="replace") if found.exists() else "")
    return Component(package, shown.stdout, PACKAGES[package], f"pkg:deb/debian/{package}@{shown.stdout}", text)


def wheel_component(name: str) -> Component:
    distribution = importlib.metadata.distribution(name)
    texts = [path.read_text() for path in distribution.files or [] if Path(str(path)).name.startswith(("LICENSE", "NOTICE"))]
    return Component(name, distribution.version, WHEELS[name], f"pkg:pypi/{name}@{distribution.version}", "\n".join(texts))


def components(root: Path) -> list[Component]:
    return [*(debian_component(package, root) for package in PACKAGES), *(wheel_component(name) for name in WHEELS)]


def as_text(found: list[Component]) -> str:
    text = "gristmill holds code of these projects, under their own licences.\n\n"
    text += "".join(f"  {each.name} {each.version}: {each.licence}\n" for each in found)
    for each in found:
        text += f"\n{'=' * 78}\n{each.name} {each.version} ({each.licence})\n{'=' * 78}\n{each.text or 'The licence is the one that is named.'}\n"
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
    parser = argparse.ArgumentParser(prog="tools/notices.py")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("text", "sbom"):
        command = commands.add_parser(name)
        command.add_argument("--root", default="/", type=lambda given: Path(given or "/"))
        if name == "sbom":
            command.add_argument("version")
    words = parser.parse_args()
    found = components(words.root)
    sys.stdout.write(as_text(found) if words.command == "text" else as_sbom(found, words.version))


if __name__ == "__main__":
    main()
