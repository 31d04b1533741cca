"""Keys for S3 that a program hands over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import UsageError

NAMES = (("access_key", "aws_access_key_id", "AccessKeyId"), ("secret_key", "aws_secret_access_key", "SecretAccessKey"),
         ("token", "session_token", "aws_session_token", "SessionToken"))


def as_keys(credentials: Any) -> tuple[str, str, str] | None:
    """Access key, secret key and session token (or "").

    Parameters
    ----------
    credentials
        A `boto3.Session`, its credentials, frozen ones, a dict as STS answers it, or None. boto3 need not be installed.
    """
    if credentials is None:
        return None
    if hasattr(credentials, "get_credentials"):
        credentials = credentials.get_credentials()
        if credentials is None:
            raise UsageError("argument credentials: the session has no credentials", "log in, or leave the argument out")
    if hasattr(credentials, "get_frozen_credentials"):
        credentials = credentials.get_frozen_credentials()

    def find(names: tuple[str, ...]) -> str:
        for name in names:
            value = credentials.get(name) if isinstance(credentials, Mapping) else getattr(credentials, name, None)
            if value:
                return str(value)
        return ""

    access, secret, token = (find(names) for names in NAMES)
    if not access or not secret:
        raise UsageError("argument credentials: there is no access key and secret key in it",
                         "give a boto3.Session, its credentials, or a dict with access_key and secret_key")
    return access, secret, token
