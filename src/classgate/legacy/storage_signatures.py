"""Signatures of the COS JSON API (v4) for legacy clients, which choose the path.

There are two kinds of folders: `/users/<identifier>/` for its owner, and `/classes/<number>/`,
except the folders of the API, for host and assistants while the class is not over. The 2017 backend
signed any path of any bucket for anybody; all other paths are rejected.
"""

import re

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Caller
from classgate.accounts.service import AccountService
from classgate.classrooms.models import AccessContext
from classgate.classrooms.permissions import Permission
from classgate.classrooms.service import ClassroomService
from classgate.courseware.models import SignatureGrant, SignatureType
from classgate.courseware.signature_issuer import SignatureIssuer
from classgate.errors import ClassroomNotFound, InvalidObjectPath, OutsideAccessWindow
from classgate.refusals import AnotherBucket, ClassFolderClosed, PathNotSignable, PathNotYours
from classgate.signing.object_paths import require_object_path
from classgate.storage.database import Database, DatabaseConnection

# Characters that could end a field of the signed text, or be parsed differently by a store or
# proxy.
_FORBIDDEN_CHARACTERS = frozenset("&=%?#\\")
_CLASS_PATH = re.compile(r"/classes/([1-9][0-9]{0,9})/([^/]+)(?:/.*)?", re.DOTALL)
# Folders of uploads and leases: their announced files must not be overwritten from here.
_API_FOLDER = re.compile(r"[ul][0-9a-f]{24}")
# The cloud applies a reusable signature to all names with its path as prefix: such a path must not
# be a prefix of these folders either.
_API_FOLDER_PREFIX = re.compile(r"/classes/[0-9]+/[ul][0-9a-f]{0,24}")


class LegacySignatureService:
    """Authorizes a path chosen by a client, and signs it."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: AccountService,
        classrooms: ClassroomService,
        issuer: SignatureIssuer,
        raw_file_id: bool,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._classrooms = classrooms
        self._issuer = issuer
        self._raw_file_id = raw_file_id

    async def issue_signature(
        self,
        caller: Caller,
        signature_type: SignatureType,
        bucket: str | None,
        file_path: str | None,
    ) -> SignatureGrant:
        """Sign one object name; without a path, sign the caller's folder for reuse.

        PermissionDenied: another bucket, or a path that the caller may not write.
        """
        if not self._issuer.is_own_bucket(bucket):
            raise AnotherBucket
        own_folder = signature_type is SignatureType.REUSABLE and not file_path
        async with self._database.transaction() as connection:
            current = await self._accounts.reload_caller(connection, caller)
            path = _own_folder(current) if own_folder else _require_path(file_path or "")
            access = await self._authorize_path(connection, current, path)
            if access is None:
                await accounts_repository.set_personal_folder(connection, current.account_id)
            return await self._issuer.issue(
                connection,
                current,
                access,
                signature_type,
                path,
                rule=_rule(access),
                resource=_without_identifier(current, path),
                raw=self._raw_file_id,
            )

    async def _authorize_path(
        self, connection: DatabaseConnection, caller: Caller, path: str
    ) -> AccessContext | None:
        """Return the class of the path; None: the caller's own folder.

        PermissionDenied for everything else, including a class that is over or does not exist.
        """
        if path.startswith(_own_folder(caller)):
            return None
        found = _CLASS_PATH.fullmatch(path)
        if found is None or _API_FOLDER.fullmatch(found[2]) or _API_FOLDER_PREFIX.fullmatch(path):
            raise PathNotYours(
                f"files go to {_own_folder(caller)}, or to /classes/<number>/ of a class of yours"
            )
        try:
            _, access = await self._classrooms.authorize(
                connection, caller, int(found[1]), Permission.UPLOAD
            )
            self._classrooms.require_not_ended(access.classroom)
        except (ClassroomNotFound, OutsideAccessWindow) as error:
            raise ClassFolderClosed(error.message) from error
        return access


def _own_folder(caller: Caller) -> str:
    return f"/users/{caller.account.identifier}/"


def _without_identifier(caller: Caller, path: str) -> str:
    """Return the path without the identifier: audit rows outlive a deleted account."""
    own, number = _own_folder(caller), caller.account_id
    covered = f"/users/~{number}/{path.removeprefix(own)}" if path.startswith(own) else path
    return covered.removeprefix("/")


def _require_path(file_path: str) -> str:
    """Return one object name, with its leading slash. PermissionDenied: not acceptable."""
    try:
        path = require_object_path(file_path)
    except InvalidObjectPath as error:
        raise PathNotSignable(error.message) from error
    if not _FORBIDDEN_CHARACTERS.isdisjoint(path):
        raise PathNotSignable("file_path must not contain & = % ? # \\")
    return path


def _rule(access: AccessContext | None) -> str:
    if access is None:
        return "the owner of the folder"
    return f"{access.role_name} of the class, which is not over"
