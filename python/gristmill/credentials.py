"""Keys for S3 that a program hands over, in whatever form its own library has them: boto3 is not needed, nor imported.

Without them the engine looks for credentials by itself, in the places of docs/operate/s3.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _native
from .errors import UsageError

# What the parts are called: in a dict of ours, by boto3, in answers of STS.
NAMES = (("access_key", "aws_access_key_id", "AccessKeyId"), ("secret_key", "aws_secret_access_key", "SecretAccessKey"),
         ("token", "session_token", "aws_session_token", "SessionToken"))


def as_keys(credentials: Any) -> _native.AccessKeys | None:
    """Keys for the engine.

    Parameters
    ----------
    credentials
        A `boto3.Session`, its credentials, frozen ones, a dict as STS answers it, or None.

    Returns
    -------
    AccessKeys or None
        None for None: the engine then looks for itself.

    Raises
    ------
    UsageError
        There is no access key and secret key in it.
    """
    if credentials is None:
        return None
    if hasattr(credentials, "get_credentials"):
        credentials = credentials.get_credentials()
        if credentials is None:
            raise UsageError("argument credentials: the session has no credentials", "log in, or leave the argument out",
                             key="credentials")
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
                         "give a boto3.Session, its credentials, or a dict with access_key and secret_key",
                         key="credentials")
    return _native.AccessKeys(access, secret, token)
