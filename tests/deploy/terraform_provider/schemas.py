"""The schemas of the AWS provider, for a stand-in that plans without AWS: which attributes there are, and of what type.

The provider itself takes an hour and gigabytes to build. `cdktf-cdktf-provider-aws` on PyPI is generated from its
schemas; inside are TypeScript sources, in the source maps of what they were compiled to. They tell name, type,
required, optional, computed and nesting of every attribute:

    // cidr_blocks - computed: true, optional: true, required: false
    public get cidrBlocks() { return this.getListAttribute('cidr_blocks');

They do not tell what is sensitive, deprecated, or in conflict; sensitive attributes stand below. The result has the
format of `tofu providers schema -json`. A form of source that is not known is an error, not a guess.
"""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

SENSITIVE = {("data", "aws_ssm_parameter", "value")}
SIMPLE = {"String": "string", "Number": "number", "Boolean": "bool"}
FLAGS = ("computed", "optional", "required")

_ATTRIBUTE = re.compile(rf"^  // (\w+) - {', '.join(f'{flag}: (true|false)' for flag in FLAGS)}\n", re.M)
_GETTER = re.compile(r"return (cdktf\.Fn\.tolist\()?this\.get(String|Number|Boolean)?(List|Map)?Attribute\(")
_NESTED = re.compile(r" = new (\w+?)(List|OutputReference)\(this, \"\w+\"(?:, (true|false))?\);")
_SHAPE = r' +isBlock: true,\n +type: "(list|set|struct)"'
_MAP = re.compile(r" = new cdktf\.(String|Number|Boolean)Map\(this, ")


def schemas(wheel: Path, module: Path) -> dict:
    """Of what the *.tf files in the folder `module` name, by the package's file `wheel`."""
    result: dict = {"resource_schemas": {}, "data_source_schemas": {}}
    used = set()
    for file in module.glob("*.tf"):
        used.update(re.findall(r'^(resource|data) "(aws_\w+)"', file.read_text(), re.M))
    with zipfile.ZipFile(wheel) as outer:
        name = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as inner:
            wanted = {f"package/lib/{_folder(*kind)}/index.js": kind for kind in used}
            for member in inner:
                if member.name in wanted:
                    kind, resource = wanted.pop(member.name)
                    block = _Source.of(inner.extractfile(member).read().decode()).schema(kind, resource)
                    place = "data_source_schemas" if kind == "data" else "resource_schemas"
                    result[place][resource] = {"version": 0, "block": block}
    for kind, resource in wanted.values():
        raise LookupError(f"{wheel.name} has no {kind} {resource}")
    return result


def _folder(kind: str, resource: str) -> str:
    return ("data-aws-" if kind == "data" else "") + resource.removeprefix("aws_").replace("_", "-")


@dataclass
class _Source:
    """One resource's TypeScript."""

    classes: dict[str, str]
    interfaces: dict[str, str]
    functions: dict[str, str]

    @classmethod
    def of(cls, javascript: str) -> _Source:
        source_map = json.loads(base64.b64decode(javascript.rsplit("base64,", 1)[1]))
        text = source_map["sourcesContent"][0]

        def by_name(kind: str) -> dict[str, str]:
            return {name.lower() if kind == "function" else name: body
                    for name, body in re.findall(rf"^export {kind} (\w+)(.*?)^}}", text, re.M | re.S)}

        return cls(by_name("class"), by_name("interface"), by_name("function"))

    def schema(self, kind: str, resource: str) -> dict:
        top = next(name for name, body in self.classes.items()
                   if re.match(r" extends cdktf\.Terraform(Resource|DataSource) ", body))
        block = self._block(self.classes[top], self.interfaces[f"{top}Config"], self.classes[top])
        for name, attribute in block["attributes"].items():
            if (kind, resource, name) in SENSITIVE:
                attribute["sensitive"] = True
        return block

    def _block(self, body: str, interface: str, printed: str) -> dict:
        """`interface` documents what is a block; `printed` holds how each is nested."""
        block: dict = {"attributes": {}, "block_types": {}}
        documented = set(re.findall(r"^  \* (\w+) block$", interface, re.M))
        for name, flags, rest in _attributes(body):
            nested = _NESTED.search(rest)
            if name in documented:
                shape = re.search(rf"^ +{name}: {{\n +value: .*\n{_SHAPE}", printed, re.M)
                if not nested or not shape:
                    raise ValueError(f"a block of unknown form: {name}")
                mode = "single" if shape[1] == "struct" else shape[1]
                described = {"nesting_mode": mode, "block": self._block(*self._parts(nested[1]))}
                block["block_types"][name] = described
                if mode != "single":
                    described |= {"min_items": 1} if "required" in flags else {}
                    described |= {"max_items": 1} if nested[2] == "OutputReference" else {}
            else:
                block["attributes"][name] = {"type": self._type(name, rest), **flags}
        return block

    def _parts(self, name: str) -> tuple[str, str, str]:
        printed = self.functions.get(f"{name}ToHclTerraform".lower(), "")
        return self.classes[f"{name}OutputReference"], self.interfaces[name], printed

    def _type(self, name: str, text: str):
        if nested := _NESTED.search(text):
            if nested[2] != "List":
                raise ValueError(f"an object alone: {name}")
            members = {member: self._type(member, rest)
                       for member, _, rest in _attributes(self.classes[f"{nested[1]}OutputReference"])}
            return ["set" if nested[3] == "true" else "list", ["object", members]]
        if of_map := _MAP.search(text):
            return ["map", SIMPLE[of_map[1]]]
        getter = _GETTER.search(text)
        if not getter:
            raise ValueError(f"an attribute of unknown form: {name}")
        simple = SIMPLE[getter[2] or "String"]
        if getter[3] == "List":
            return ["set" if getter[1] else "list", simple]
        return ["map", simple] if getter[3] else simple


def _attributes(body: str) -> list[tuple[str, dict[str, bool], str]]:
    """Each attribute's name, flags, and the code that is its own."""
    starts = list(_ATTRIBUTE.finditer(body))
    ends = [start.start() for start in starts[1:]] + [len(body)]
    return [(found[1], {flag: True for flag, value in zip(FLAGS, found.groups()[1:]) if value == "true"},
             body[found.end():end].split("\n  }\n")[0]) for found, end in zip(starts, ends)]
