"""What the video service may be asked, and what is given for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from classgate.signing.cloud_api_v1 import SignatureMethod

Method = Literal["GET", "POST"]

Given = Mapping[str, object]
"""Parameters as somebody gave them: nothing is known of their values yet."""


@dataclass(frozen=True)
class VideoQuery:
    """One action that only reads, with parameters that are fit to be signed."""

    action: str
    method: Method
    signature_method: SignatureMethod
    parameters: Mapping[str, str]  # all that were given
    own: Mapping[str, str]  # those that are neither the action nor the signature's


@dataclass(frozen=True)
class VideoQueryRules:
    """Which actions may be asked for."""

    actions: frozenset[str]


@dataclass(frozen=True)
class VideoAccount:
    """The key that signs for the video service."""

    secret_id: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class QuerySignature:
    """A signature with which its holder sends one query by themselves."""

    sign: str = field(repr=False)
    secret_id: str
    signature_method: SignatureMethod
    expires_at: datetime
    lease_id: str


@dataclass(frozen=True, kw_only=True)
class UploadSignature:
    """A signature with which its holder uploads one video."""

    sign: str = field(repr=False)
    secret_id: str
    expires_at: datetime
    lease_id: str
