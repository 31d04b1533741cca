"""The Terraform module, planned and applied by tofu with the names and types of the real AWS provider.

What plans and applies is a stand-in (terraform_provider/): it knows the real schemas, of the oldest provider that
the module allows and of a new one, and not what AWS refuses beyond them.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from command import REPOSITORY

sys.path.insert(0, str(Path(__file__).resolve().parent / "terraform_provider"))
from schemas import schemas  # noqa: E402

pytestmark = pytest.mark.long

MODULE = REPOSITORY / "deploy/terraform"
BUILT = REPOSITORY / "build/terraform"
TOFU = REPOSITORY / "build/go/bin/tofu"
PACKAGES = {"5.40.0": "19.9.0", "6.25.0": "21.22.1"}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/0123"
MINIMAL = {"source_uri": "https://git.example/gristmill.git", "input_bucket": "day-input",
           "output_bucket": "day-output", "subnet_id": "subnet-0123456789abcdef0"}
EVERYTHING = MINIMAL | {"create_buckets": True, "spot": True, "notebook": True, "kms_key_arn": KEY,
                        "ssh_from": "198.51.100.7/32", "key_name": "mine", "revision": "v1.2", "name": "mill",
                        "collections": "in/c/{date}/", "predictions": "in/p/{date}/", "output": "out/{date}",
                        "schedule": "*-*-* 04:15:00 UTC"}


class Tofu:
    """A copy of the module in a folder of its own, with its state."""

    def __init__(self, folder: Path, described: Path):
        self.module = folder / "module"
        shutil.copytree(MODULE, self.module)
        settings = folder / "tofu.rc"
        settings.write_text(f'provider_installation {{\n dev_overrides {{\n "hashicorp/aws" = "{BUILT}"\n }}\n}}\n')
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("TF_", "AWS_"))}
        self.environment |= {"TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1",
                             "AWS_SCHEMAS": str(described)}

    def run(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([TOFU, *words], cwd=self.module, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", timeout=300)

    def checked(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def given(self, variables: dict) -> str:
        file = self.module / "given.tfvars.json"
        file.write_text(json.dumps(variables))
        return f"-var-file={file}"

    def plan(self, variables: dict) -> dict:
        """The plan, as `tofu show -json` tells it."""
        self.checked("plan", "-input=false", "-no-color", "-out=plan", self.given(variables))
        return json.loads(self.checked("show", "-json", "plan"))

    def planned(self, variables: dict) -> dict[str, dict]:
        """The values of each resource that are known before it is made."""
        return _values(self.plan(variables)["planned_values"])

    def applied(self, variables: dict) -> dict[str, dict]:
        self.checked("apply", "-input=false", "-no-color", "-auto-approve", self.given(variables))
        return _values(json.loads(self.checked("show", "-json"))["values"])

    def refused(self, *words: str) -> str:
        """What is said, on one line."""
        done = self.run(*words)
        assert done.returncode == 1, done.stdout
        return " ".join(done.stderr.split())

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.module / file).read_text()
        assert old in text, f"{file} has no {old!r}"
        (self.module / file).write_text(text.replace(old, new, 1))


def _values(state: dict) -> dict[str, dict]:
    return {resource["address"]: resource.get("values", {}) for resource in state["root_module"]["resources"]}


@pytest.fixture(scope="module", params=PACKAGES)
def described(request, tmp_path_factory) -> Path:
    """The file of schemas of one version of the provider."""
    assert TOFU.exists(), f"no {TOFU}: ./test all makes it"
    wheel, = BUILT.glob(f"cdktf_cdktf_provider_aws-{PACKAGES[request.param]}-*.whl")
    file = tmp_path_factory.mktemp("schemas") / "schemas.json"
    file.write_text(json.dumps(schemas(wheel, MODULE)))
    return file


@pytest.fixture
def tofu(tmp_path, described) -> Tofu:
    return Tofu(tmp_path, described)


@pytest.fixture(params=["minimal", "everything"])
def variables(request) -> dict:
    return MINIMAL if request.param == "minimal" else EVERYTHING


def test_is_formatted_and_valid(tofu):
    tofu.checked("fmt", "-check", "-diff")
    said = json.loads(tofu.checked("validate", "-json"))
    assert said["valid"]
    warnings = {warning["summary"] for warning in said["diagnostics"]}
    assert warnings == {"Provider development overrides are in effect"}


def test_the_oldest_provider_is_the_one_that_is_tested():
    assert '">= 5.40, < 7.0"' in (MODULE / "versions.tf").read_text()


@pytest.mark.parametrize(("file", "old", "new", "said"), [
    ("main.tf", "http_tokens ", "http_token ", 'An argument named "http_token" is not expected here'),
    ("main.tf", "spot_options {", "spot_option {", 'Blocks of type "spot_option" are not expected here'),
    ("main.tf", "volume_size           = var.volume_size", 'volume_size = "large"', "a number is required"),
    ("buckets.tf", 'status = "Enabled"', "", 'The argument "status" is required'),
    ("outputs.tf", "aws_iam_role.machine.arn", "aws_iam_role.machine.role_arn", 'exported attribute named "role_arn"'),
])
def test_what_the_provider_does_not_know_is_found(tofu, file, old, new, said):
    tofu.edit(file, old, new)
    assert said in tofu.refused("validate", "-no-color")


def test_no_way_in_unless_one_address_is_named(tofu):
    assert tofu.planned(MINIMAL)["aws_security_group.machine"]["ingress"] == []
    rule, = tofu.planned(EVERYTHING)["aws_security_group.machine"]["ingress"]
    assert (rule["protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 22, 22)
    assert rule["cidr_blocks"] == ["198.51.100.7/32"]
    assert not (rule["ipv6_cidr_blocks"] or rule["prefix_list_ids"] or rule["security_groups"] or rule["self"])


def test_the_way_in_is_closed_when_the_address_is_gone(tofu):
    tofu.applied(EVERYTHING)
    assert tofu.applied(EVERYTHING | {"ssh_from": None})["aws_security_group.machine"]["ingress"] == []


def test_only_web_goes_out(tofu, variables):
    rules = tofu.planned(variables)["aws_security_group.machine"]["egress"]
    out = sorted((rule["protocol"], rule["from_port"], rule["to_port"]) for rule in rules)
    assert out == [("tcp", 80, 80), ("tcp", 443, 443)]


def test_descriptions_have_characters_that_ec2_takes(tofu, variables):
    group = tofu.planned(variables)["aws_security_group.machine"]
    rules = [*group["ingress"], *group["egress"]]
    for description in [group["description"], *(rule["description"] for rule in rules)]:
        assert re.fullmatch(r"[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}", description), description


def test_the_machine(tofu, variables):
    planned = tofu.planned(variables)
    template = planned["aws_launch_template.machine"]
    metadata, = template["metadata_options"]
    assert (metadata["http_tokens"], metadata["http_put_response_hop_limit"]) == ("required", 1)
    volume, = template["block_device_mappings"]
    disk, = volume["ebs"]
    assert (disk["encrypted"], disk["delete_on_termination"], disk["volume_size"]) == ("true", "true", 40)
    assert template.get("key_name") == variables.get("key_name")
    markets = [options["market_type"] for options in template["instance_market_options"]]
    assert markets == (["spot"] if "spot" in variables else [])
    group = planned["aws_autoscaling_group.machine"]
    assert (group["min_size"], group["max_size"], group["desired_capacity"]) == (0, 1, 1)
    assert group["vpc_zone_identifier"] == [variables["subnet_id"]]
    assert not any("aws_s3" in address for address in planned) or variables["create_buckets"]


def test_user_data_has_the_inputs(tofu, variables):
    text = base64.b64decode(tofu.planned(variables)["aws_launch_template.machine"]["user_data"]).decode()
    assert text.startswith("#cloud-config\n")
    assert len(text) < 16 * 1024, "EC2 takes no more"
    settings, script = (file["content"] for file in yaml.safe_load(text)["write_files"])
    given = dict(line.split("=", 1) for line in settings.splitlines())
    defaults = {"collections": "collections/", "predictions": "predictions/", "output": "all"}
    collections, predictions, output = (variables.get(name, default) for name, default in defaults.items())
    assert given["AWS_REGION"] == "eu-central-1"
    assert given["GRISTMILL_COLLECTIONS"] == f"s3://day-input/{collections}"
    assert given["GRISTMILL_PREDICTIONS"] == f"s3://day-input/{predictions}"
    assert given["GRISTMILL_OUTPUT"] == f"s3://day-output/{output}"
    for word in (variables["source_uri"], variables.get("revision", "main"),
                 variables.get("schedule", "*-*-* 02:30:00 UTC"), f"/gristmill/{variables.get('name', 'gristmill')}"):
        assert f"'{word}'" in script
    assert ("--notebook" in script) == ("notebook" in variables)
    subprocess.run(["bash", "-n"], input=script, encoding="utf-8", check=True)


def test_a_role_may_only_what_it_needs(tofu, variables):
    resources = tofu.applied(variables)
    allowed: dict[str, set] = {}
    for statement in json.loads(resources["aws_iam_role_policy.machine"]["policy"])["Statement"]:
        assert statement["Effect"] == "Allow" and not {"NotAction", "NotResource"} & statement.keys()
        for action in statement["Action"]:
            allowed.setdefault(action, set()).update(statement["Resource"])
    buckets = ["arn:aws:s3:::day-input", "arn:aws:s3:::day-output"]
    objects = [f"{bucket}/*" for bucket in buckets]
    logs = f"arn:aws:logs:eu-central-1:123456789012:log-group:/gristmill/{variables.get('name', 'gristmill')}:*"
    written = ("PutObject", "PutObjectTagging", "DeleteObject", "AbortMultipartUpload")
    expected = {"s3:GetObject": set(objects), "s3:ListBucket": set(buckets)}
    expected |= {"s3:ListBucketMultipartUploads": {buckets[1]}} | {f"s3:{action}": {objects[1]} for action in written}
    expected |= {f"logs:{action}": {logs} for action in ("CreateLogStream", "DescribeLogStreams", "PutLogEvents")}
    channels = [f"ssmmessages:{verb}{side}Channel" for verb in ("Create", "Open") for side in ("Control", "Data")]
    expected |= {action: {"*"} for action in ("ssm:UpdateInstanceInformation", *channels)}
    if "kms_key_arn" in variables:
        expected |= {"kms:Decrypt": {KEY}, "kms:GenerateDataKey": {KEY}}
    assert allowed == expected

    trust, = json.loads(resources["aws_iam_role.machine"]["assume_role_policy"])["Statement"]
    assert (trust["Action"], trust["Principal"]) == (["sts:AssumeRole"], {"Service": ["ec2.amazonaws.com"]})
    assert not [address for address in resources if "policy_attachment" in address], "AWS's own policies allow more"


def test_buckets(tofu):
    resources = tofu.applied(EVERYTHING)
    for key, bucket in (("input", "day-input"), ("output", "day-output")):
        def of(kind, key=key):
            return resources[f'aws_s3_bucket{kind}.data["{key}"]']

        assert of("")["bucket"] == bucket and not of("")["force_destroy"]
        closed = of("_public_access_block")
        assert closed["block_public_acls"] and closed["block_public_policy"]
        assert closed["ignore_public_acls"] and closed["restrict_public_buckets"]
        encryption, = of("_server_side_encryption_configuration")["rule"]
        by_default, = encryption["apply_server_side_encryption_by_default"]
        assert (by_default["sse_algorithm"], by_default["kms_master_key_id"]) == ("aws:kms", KEY)
        assert of("_ownership_controls")["rule"][0]["object_ownership"] == "BucketOwnerEnforced"
        denied, = json.loads(of("_policy")["policy"])["Statement"]
        assert (denied["Effect"], denied["Action"]) == ("Deny", ["s3:*"])
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": ["false"]}}
        assert denied["Resource"] == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        assert of("_versioning")["versioning_configuration"][0]["status"] == "Enabled"
        for kind in ("_public_access_block", "_server_side_encryption_configuration", "_ownership_controls", "_policy",
                     "_versioning"):
            assert of(kind)["bucket"] == bucket

    lifecycle = "aws_s3_bucket_lifecycle_configuration.data"
    rules = {key: {rule["id"]: rule for rule in resources[f'{lifecycle}["{key}"]']["rule"]}
             for key in ("input", "output")}
    assert set(rules["input"]) == {"broken-uploads", "old-versions"}
    assert set(rules["output"]) == {"broken-uploads", "old-versions", "staging"}
    staging = rules["output"]["staging"]
    assert staging["filter"][0]["tag"] == [{"key": "gristmill", "value": "staging"}]
    assert staging["expiration"][0]["days"] == 14


def test_a_second_apply_changes_nothing(tofu, variables):
    tofu.applied(variables)
    assert {change["address"]: change["change"]["actions"] for change in tofu.plan(variables)["resource_changes"]
            if change["change"]["actions"] != ["no-op"]} == {}


def test_buckets_outlive_the_rest(tofu):
    """With all their settings; docs/operate/deploy.md tells how the rest is destroyed."""
    resources = tofu.applied(EVERYTHING)
    given = tofu.given(EVERYTHING)
    assert "prevent_destroy" in tofu.refused("destroy", "-input=false", "-no-color", "-auto-approve", given)
    forgotten = [address for address in tofu.checked("state", "list").splitlines() if address.startswith("aws_s3_bucket")]
    assert len(forgotten) == 14 and set(forgotten) <= set(resources)
    tofu.checked("state", "rm", *forgotten)
    tofu.checked("destroy", "-input=false", "-no-color", "-auto-approve", given)
    assert not [address for address in tofu.checked("state", "list").splitlines() if not address.startswith("data.")]


@pytest.mark.parametrize(("wrong", "said"), [
    ({"ssh_from": "0.0.0.0/0", "key_name": "mine"}, "SSH is opened to one IPv4 address only, with /32."),
    ({"ssh_from": "198.51.100.0/24", "key_name": "mine"}, "SSH is opened to one IPv4 address only, with /32."),
    ({"ssh_from": "198.51.100.7/32"}, "SSH (ssh_from) needs a key pair (key_name)."),
    ({"input_bucket": "s3://day-input"}, "This is no name of a bucket: name it without s3://."),
    ({"output_bucket": "s3://day-output/"}, "This is no name of a bucket: name it without s3://."),
    ({"source_uri": "git.example/gristmill.git"}, "The source must be an https:// or s3:// URI without a name or a token."),
    ({"source_uri": "https://token@git.example/x"}, "The source must be an https:// or s3:// URI without a name or a token."),
    ({"source_uri": "s3://day-input/gristmill_0.2.0_amd64.deb"},
     "A package or an archive (source_uri) needs its SHA-256 (source_digest)."),
    ({"source_digest": "abc"}, "The digest must be 64 hexadecimal digits."),
    ({"source_uri": "https://git.example/x';reboot'"}, "The source must be an https:// or s3:// URI without a name or a token."),
    ({"volume_size": 8}, "The volume must have 16 GiB at least."),
    ({"name": "1"}, "The name must begin with a letter"),
    ({"schedule": "daily'; reboot; '"}, "The schedule must be a time"),
    ({"recipe": "recipe.yaml"}, "The recipe must be an s3:// URI."),
    ({"kms_key_arn": "alias/mine"}, "This is no ARN of a KMS key."),
    ({"log_retention": 91}, "CloudWatch knows 1, 3, 5, 7"),
    ({"create_buckets": True, "output_bucket": "day-input"}, "Input and output need buckets of their own"),
])
def test_wrong_variables_are_refused(tofu, wrong, said):
    assert said in tofu.refused("plan", "-input=false", "-no-color", tofu.given(MINIMAL | wrong))
