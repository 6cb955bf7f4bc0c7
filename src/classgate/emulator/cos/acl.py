"""Access control lists (ACL): read from headers or XML, and written as XML.

Sources: the documents ACL Overview (436/30583), PUT Object acl (436/7748) and GET Object acl
(436/7744).
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from classgate.emulator.cos import xml
from classgate.emulator.cos.errors import CosError

ACL_HEADER: Final = "x-cos-acl"
OWNER: Final = "qcs::cam::uin/100000000001:uin/100000000001"

_OWNER_GRANT = (OWNER, "FULL_CONTROL")
_ALL_USERS = "http://cam.qcloud.com/groups/global/AllUsers"
_AUTHENTICATED = "http://cam.qcloud.com/groups/global/AuthenticatedUsers"
_ON_BOTH = ("private", "public-read", "authenticated-read")
_PRESETS = {
    True: (*_ON_BOTH, "public-read-write"),
    False: (*_ON_BOTH, "default", "bucket-owner-read", "bucket-owner-full-control"),
}
_PRESET_GRANTS = {
    "public-read": [(_ALL_USERS, "READ")],
    "public-read-write": [(_ALL_USERS, "READ"), (_ALL_USERS, "WRITE")],
    "authenticated-read": [(_AUTHENTICATED, "READ")],
}
_GRANT_HEADERS = {
    "x-cos-grant-read": "READ",
    "x-cos-grant-write": "WRITE",
    "x-cos-grant-read-acp": "READ_ACP",
    "x-cos-grant-write-acp": "WRITE_ACP",
    "x-cos-grant-full-control": "FULL_CONTROL",
}
_GRANTEE = re.compile(r'\s*id="([^"<>&]{1,128})"\s*')
_UIN = re.compile(r"([0-9]{1,20})(?:/([0-9]{1,20}))?")
_MAX_GRANTS = 100


@dataclass(frozen=True)
class Acl:
    """A preset such as `public-read`, or "", and the grants beside those of the preset."""

    preset: str
    grants: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> str:
        """Return the form in which it is stored."""
        return json.dumps([self.preset, self.grants])

    @classmethod
    def from_json(cls, text: str) -> "Acl":
        """Read the stored form."""
        preset, grants = json.loads(text)
        return cls(preset, tuple((grantee, permission) for grantee, permission in grants))

    def document(self) -> xml.Children:
        """Return the children of an AccessControlPolicy."""
        granted = [] if self.preset in ("", "default") else [_OWNER_GRANT]
        listed = [*granted, *_PRESET_GRANTS.get(self.preset, []), *self.grants]
        return [
            ("Owner", [("ID", OWNER), ("DisplayName", OWNER)]),
            ("AccessControlList", [("Grant", _grant(*each)) for each in listed]),
        ]


def read_acl_headers(pairs: Iterable[tuple[str, str]], *, of_bucket: bool) -> Acl | None:
    """Return the ACL that headers set, or None without one. Raises `CosError` InvalidArgument."""
    headers = {name: value for name, value in pairs if value}
    preset = headers.get(ACL_HEADER, "")
    if preset and preset not in _PRESETS[of_bucket]:
        raise CosError(
            "InvalidArgument", f"{ACL_HEADER} is one of {', '.join(_PRESETS[of_bucket])}."
        )
    grants = [
        (grantee, permission)
        for name, permission in _GRANT_HEADERS.items()
        for grantee in _grantees(headers.get(name, ""))
    ]
    if len(grants) > _MAX_GRANTS:
        raise CosError("InvalidArgument", f"An ACL has at most {_MAX_GRANTS} grants.")
    if grants and not preset:
        grants.insert(0, _OWNER_GRANT)
    return Acl(preset, tuple(grants)) if grants or preset else None


def read_acl_document(text: bytes) -> Acl:
    """Return the ACL of an AccessControlPolicy, which lists all grants.

    Raises `CosError` MalformedXML.
    """
    try:
        grants = xml.read_grants(text)
    except xml.MalformedXml as error:
        raise CosError("MalformedXML", "The body is not an AccessControlPolicy.") from error
    permissions = _GRANT_HEADERS.values()
    if len(grants) > _MAX_GRANTS or any(each not in permissions for _, each in grants):
        raise CosError("MalformedXML", "A grant of the AccessControlPolicy is not valid.")
    return Acl("", tuple(grants))


def _grantees(header: str) -> list[str]:
    """Return the full ids of a list such as `id="100000000001",id="100000000001/100000000011"`."""
    found = [_GRANTEE.fullmatch(each) for each in header.split(",")] if header else []
    if not all(found):
        raise CosError("InvalidArgument", 'A grant is a list of id="…".')
    return [_full_id(each[1]) for each in found if each is not None]


def _full_id(identifier: str) -> str:
    uin = _UIN.fullmatch(identifier)
    return f"qcs::cam::uin/{uin[1]}:uin/{uin[2] or uin[1]}" if uin else identifier


def _grant(grantee: str, permission: str) -> xml.Children:
    is_group = grantee.startswith("http://")
    named = [("URI", grantee)] if is_group else [("ID", grantee), ("DisplayName", grantee)]
    return [("Grantee", named), ("Permission", permission)]
