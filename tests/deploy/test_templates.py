"""The CloudFormation template and the Terraform module: what they make, and that both make the same."""

import base64
import itertools
import json
import re
import subprocess

import hcl2
import pytest
import yaml
from aws import TOOLS
from command import REPOSITORY
from templates import DEPLOY, cloud_config_of_cloudformation, cloud_config_of_terraform, cloudformation

TEMPLATE = (DEPLOY / "cloudformation.yaml").read_text()
DEBIAN_IMAGE = "/aws/service/debian/release/12/latest/amd64"
SOURCE = "https://git.example/gristmill.git"


def checked(*words) -> str:
    done = subprocess.run(list(map(str, words)), capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Stack:
    """A stack of the template in a VPC of its own."""

    numbers = itertools.count(1)

    def __init__(self, aws, **parameters: str):
        number = next(Stack.numbers)
        self.aws = aws
        self.name = f"gristmill-{number}"
        self.buckets = f"recordings-{number}", f"results-{number}"
        ec2 = aws.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        image = ec2.describe_images()["Images"][0]["ImageId"]
        aws.client("ssm").put_parameter(Name="/test/image", Value=image, Type="String", Overwrite=True)
        # moto knows Amazon's images only, and looks up a default even where it is not used; nor does it know all policies.
        body = TEMPLATE.replace(DEBIAN_IMAGE, "/test/image").replace("RetainExceptOnCreate", "Retain")
        values = {"Source": SOURCE, "InputBucket": self.buckets[0], "OutputBucket": self.buckets[1], "VpcId": vpc,
                  "SubnetId": subnet, **parameters}
        aws.client("cloudformation").create_stack(
            StackName=self.name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()])
        resources = aws.client("cloudformation").list_stack_resources(StackName=self.name)["StackResourceSummaries"]
        self.resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}

    @property
    def status(self) -> str:
        return self.aws.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]

    def launch(self) -> dict:
        versions = self.aws.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=self.resources["LaunchTemplate"], Versions=["$Latest"])
        return versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]

    def user_data(self) -> str:
        return base64.b64decode(self.launch()["UserData"]).decode()

    def policy(self) -> list[dict]:
        """Of all policies of the role but those of AWS."""
        iam, role = self.aws.client("iam"), self.resources["Role"]
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        return [statement for document in documents for statement in
                (yaml.safe_load(document) if isinstance(document, str) else document)["Statement"]]

    def security_group(self) -> dict:
        groups = self.aws.client("ec2").describe_security_groups(GroupIds=[self.resources["SecurityGroup"]])
        return groups["SecurityGroups"][0]


@pytest.fixture(scope="module")
def plain(aws):
    return Stack(aws)


@pytest.fixture(scope="module")
def everything(aws):
    return Stack(aws, CreateBuckets="yes", Spot="yes", Notebook="yes", SshFrom="198.51.100.7/32", KeyName="key",
                 KmsKeyArn="arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
                 PublicAddress="no", Recipe="s3://recordings-2/recipe.yaml", Collections="c/{year}/{month}/{day}/", Schedule="*-*-* 04:00:00 Europe/Berlin")


def test_template_is_good():
    checked(TOOLS / "cfn-lint", "--non-zero-exit-code", "informational", DEPLOY / "cloudformation.yaml")
    assert not re.search(r"(?m)^\s*[\w:-]+: [&*]\w", TEMPLATE), "CloudFormation knows no aliases"
    assert len(cloud_config_of_cloudformation()) < 12 << 10, "user data is 16 KiB at most, in Base64"


def test_descriptions_are_such_as_ec2_takes():
    """moto takes any."""
    group = cloudformation()["Resources"]["SecurityGroup"]["Properties"]
    texts = [group["GroupDescription"], cloudformation()["Resources"]["Ssh"]["Properties"]["Description"],
             *(rule["Description"] for rule in group["SecurityGroupEgress"])]
    assert len(texts) == 4
    for text in texts:
        assert re.fullmatch(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}", text), text


def test_stack(plain):
    assert plain.status == "CREATE_COMPLETE"
    optional = {name for name, each in cloudformation()["Resources"].items() if "Condition" in each}
    assert optional == {"InputBucketResource", "OutputBucketResource", "InputBucketPolicy", "OutputBucketPolicy", "KeyPolicy",
                        "Ssh"}
    assert not optional & set(plain.resources)
    assert {"LogGroup", "Role", "InstanceProfile", "SecurityGroup", "LaunchTemplate", "Machine"} <= set(plain.resources)
    launch = plain.launch()
    assert launch["MetadataOptions"]["HttpTokens"] == "required"
    assert launch["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert "InstanceMarketOptions" not in launch and "KeyName" not in launch
    data = yaml.safe_load(plain.user_data())
    assert data["write_files"][0]["content"].splitlines() == [
        "AWS_REGION=eu-central-1",
        f"GRISTMILL_COLLECTIONS=s3://{plain.buckets[0]}/collections/",
        f"GRISTMILL_PREDICTIONS=s3://{plain.buckets[0]}/predictions/",
        f"GRISTMILL_OUTPUT=s3://{plain.buckets[1]}/all",
        "GRISTMILL_RECIPE=",
        "GRISTMILL_S3_TAG_STAGING=true"]
    assert "--notebook" not in plain.user_data()


def test_no_port_is_open(plain):
    group = plain.security_group()
    assert group["IpPermissions"] == []
    # moto makes no rules for the way out.
    out = cloudformation()["Resources"]["SecurityGroup"]["Properties"]["SecurityGroupEgress"]
    assert [(each["IpProtocol"], each["FromPort"], each["ToPort"]) for each in out] == [("tcp", 443, 443), ("tcp", 80, 80)]


def test_one_machine_runs(plain):
    groups = plain.aws.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[plain.resources["Machine"]])["AutoScalingGroups"]
    assert [(group["MinSize"], group["MaxSize"], len(group["Instances"])) for group in groups] == [(0, 1, 1)]
    interface, = plain.launch()["NetworkInterfaces"]
    assert interface["Groups"] == [plain.resources["SecurityGroup"]]


def test_role_reaches_the_two_buckets_alone(plain, everything):
    for stack in plain, everything:
        s3 = [statement for statement in stack.policy() if "s3:" in json.dumps(statement["Action"])]
        buckets = {arn.split(":::")[1].split("/")[0] for statement in s3 for arn in as_list(statement["Resource"])}
        assert buckets == set(stack.buckets)
        writes = [statement for statement in s3 if "s3:PutObject" in statement["Action"]]
        assert [statement["Resource"] for statement in writes] == [f"arn:aws:s3:::{stack.buckets[1]}/*"]
        for statement in stack.policy():
            actions = as_list(statement["Action"])
            assert statement["Effect"] == "Allow" and not any(action.endswith("*") for action in actions)
            if statement["Resource"] == "*":
                assert statement["Sid"] == "Sessions" and all(action.startswith(("ssm:Update", "ssmmessages:")) for action in actions)
            else:
                assert "*" not in as_list(statement["Resource"])
    # Those of AWS allow more: all parameters, for one.
    assert "ManagedPolicyArns" not in cloudformation()["Resources"]["Role"]["Properties"]
    assert not any(statement["Sid"] == "UseKey" for statement in plain.policy())
    assert any(statement["Sid"] == "UseKey" for statement in everything.policy())


def test_role_may_do_what_the_page_on_s3_says():
    """In whole buckets, which are there for this; with the tags that it sets."""
    section = (REPOSITORY / "docs/operate/s3.md").read_text().partition("## Permissions")[2]
    page, role = {"Input": set(), "Output": {"s3:PutObjectTagging"}}, {"Input": set(), "Output": set()}
    for statement in json.loads(re.search(r"```json\n(.*?)```", section, re.DOTALL)[1])["Statement"]:
        page["Input" if statement["Resource"][0].startswith("arn:aws:s3:::recordings") else "Output"] |= set(statement["Action"])
    policy, = cloudformation()["Resources"]["Role"]["Properties"]["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        for bucket in role:
            if bucket + "Bucket}" in json.dumps(statement.get("Resource")):
                role[bucket] |= set(as_list(statement["Action"]))
    assert role == page


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def test_everything_switched_on(everything):
    assert everything.status == "CREATE_COMPLETE"
    permissions = everything.security_group()["IpPermissions"]
    assert [(each["FromPort"], each["ToPort"], [area["CidrIp"] for area in each["IpRanges"]]) for each in permissions] == [
        (22, 22, ["198.51.100.7/32"])]
    launch = everything.launch()
    assert launch["InstanceMarketOptions"]["MarketType"] == "spot" and launch["KeyName"] == "key"
    script = everything.user_data()
    assert "--schedule '*-*-* 04:00:00 Europe/Berlin'" in script and "--notebook" in script
    assert "/c/{year}/{month}/{day}/\n" in script and "GRISTMILL_RECIPE=s3://recordings-2/recipe.yaml\n" in script


def test_buckets(everything):
    s3 = everything.aws.client("s3")
    for bucket in everything.buckets:
        rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    resources = cloudformation()["Resources"]
    for which in "Input", "Output":
        for name in f"{which}BucketResource", f"{which}BucketPolicy":
            assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate" and resources[name]["UpdateReplacePolicy"] == "Retain"
        # moto's stacks leave these out.
        properties = resources[f"{which}BucketResource"]["Properties"]
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        policy = resources[f"{which}BucketPolicy"]["Properties"]
        statement, = policy["PolicyDocument"]["Statement"]
        assert policy["Bucket"] == {"Ref": f"{which}BucketResource"} and len(statement["Resource"]) == 2
        assert statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    incoming, outgoing = (
        {rule["Id"]: rule for rule in resources[f"{which}BucketResource"]["Properties"]["LifecycleConfiguration"]["Rules"]}
        for which in ("Input", "Output"))
    assert outgoing.pop("staging") == {"Id": "staging", "Status": "Enabled", "ExpirationInDays": 14,
                                       "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
                                       "TagFilters": [{"Key": "gristmill", "Value": "staging"}]}
    assert incoming == outgoing
    assert incoming["broken-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 2}
    assert incoming["old-versions"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    assert not any("ExpirationInDays" in rule for rule in incoming.values()), "no rule may delete recordings"


def test_deleted_stack_leaves_the_buckets(aws):
    stack = Stack(aws, CreateBuckets="yes")
    aws.client("cloudformation").delete_stack(StackName=stack.name)
    names = {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]}
    assert set(stack.buckets) <= names


@pytest.mark.parametrize("parameter, value", [
    ("Source", "git@host:gristmill.git"), ("Source", "https://token@host/gristmill.git"), ("SourceDigest", "abc"), ("Source", "https://host/'; reboot; '"), ("InputBucket", "s3://recordings"),
    ("SshFrom", "0.0.0.0/0"), ("Schedule", "daily'; reboot; '"), ("Output", ""), ("Collections", "day=$(id)/"),
    ("Revision", "--upload-pack=x"), ("Recipe", "recipe.yaml"), ("KmsKeyArn", "my-key")])
def test_wrong_parameters(parameter, value):
    rule = cloudformation()["Parameters"][parameter]["AllowedPattern"]
    assert not re.fullmatch(rule, value)


def test_both_start_the_machine_alike():
    assert cloud_config_of_cloudformation() == cloud_config_of_terraform()


def terraform(name: str) -> dict:
    with (DEPLOY / "terraform" / name).open() as file:
        return hcl2.load(file)


def plain_text(value):
    return value.strip('"') if isinstance(value, str) else value


PARAMETER_OF = {"source_uri": "Source", "image_parameter": "Image"}


def test_both_ask_for_the_same():
    parameters = cloudformation()["Parameters"]
    variables = {name.strip('"'): body for block in terraform("variables.tf")["variable"] for name, body in block.items()}
    names = {PARAMETER_OF.get(name, "".join(word.capitalize() for word in name.split("_"))): name for name in variables}
    # A stack has a name of its own; a subnet knows its VPC.
    assert set(names) - {"Name"} == set(parameters) - {"VpcId"}
    for parameter, name in names.items():
        if parameter == "Name" or "default" not in variables[name]:
            continue
        default = plain_text(variables[name]["default"])
        words = {"True": "yes", "False": "no", "None": ""}
        assert words.get(str(default), str(default)) == str(parameters[parameter]["Default"]), name
        assert plain_text(variables[name]["description"]) == parameters[parameter].get("Description", ""), name


@pytest.mark.long
def test_scans():
    checkov = TOOLS.parent.parent / "checkov-venv/bin/checkov"
    assert checkov.exists(), f"no {checkov}: ./test all makes it"
    report = json.loads(checked(checkov, "--config-file", DEPLOY / "checkov.yaml", "--directory", DEPLOY, "--output", "json"))
    passed = {each["check_type"]: each["summary"]["passed"] for each in report}
    assert passed["terraform"] > 50 and passed["cloudformation"] > 20
