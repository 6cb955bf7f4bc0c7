"""Queries to the video service, and issued signatures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from classgate.signing.cloud_api_v1 import SignatureMethod

Method = Literal["GET", "POST"]

RawParameters = Mapping[str, object]
"""Unvalidated parameters from a caller."""


@dataclass(frozen=True)
class VideoQuery:
    """A read-only action with parameters that can be signed."""

    action: str
    method: Method
    signature_method: SignatureMethod
    parameters: Mapping[str, str]  # all given parameters
    own: Mapping[str, str]  # those of neither the action nor the signature


@dataclass(frozen=True)
class VideoQueryRules:
    """The allowed actions."""

    actions: frozenset[str]


@dataclass(frozen=True)
class VideoAccount:
    """The key of the video service."""

    secret_id: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class QuerySignature:
    """A signature with which a client sends one query itself."""

    sign: str = field(repr=False)
    secret_id: str
    signature_method: SignatureMethod
    expires_at: datetime
    lease_id: str


@dataclass(frozen=True, kw_only=True)
class UploadSignature:
    """A signature with which a client uploads one video."""

    sign: str = field(repr=False)
    secret_id: str
    expires_at: datetime
    lease_id: str
