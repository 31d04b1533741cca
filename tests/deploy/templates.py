"""Reads the CloudFormation template and the Terraform module as data."""

from __future__ import annotations

import re

import yaml
from command import REPOSITORY

DEPLOY = REPOSITORY / "deploy"


class _Loader(yaml.SafeLoader):
    pass


def _function(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".") if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _function)


def cloudformation() -> dict:
    return yaml.load((DEPLOY / "cloudformation.yaml").read_text(), _Loader)


def cloud_config_of_cloudformation() -> str:
    """The user data before its names are filled in."""
    data = cloudformation()["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"]
    return data["Fn::Base64"]["Fn::Sub"][0]


def cloud_config_of_terraform() -> str:
    return (DEPLOY / "terraform/cloud-config.yaml").read_text()


def cloud_config_text(**values: str) -> str:
    """The user data, as Fn::Sub and templatefile fill it in."""
    values = {"Region": "eu-central-1", "Collections": "s3://recordings/collections/day={date}/",
              "Predictions": "s3://recordings/predictions/day={date}/", "Output": "s3://results/day={date}",
              "Source": "https://git.example/gristmill.git", "SourceDigest": "", "Revision": "main", "Schedule": "*-*-* 02:30:00 UTC",
              "LogGroup": "/gristmill/test", "Recipe": "", "Options": "", **values}
    return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], cloud_config_of_cloudformation())


def cloud_config(**values: str) -> dict:
    return yaml.safe_load(cloud_config_text(**values))
