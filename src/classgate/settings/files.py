"""The files of the settings: the text of classgate.toml, and secrets as platforms lay them.

A secret file belongs to root or to the service's user. Beside its owner, root and the groups of
the service may read it, nobody else. systemd (LoadCredential=) lays it as 0440 with an access
control list for the service's user, Kubernetes as 0440 for the group `fsGroup`, Docker as 0400 or
0444. Inside of a container there is nobody else: what Docker and Kubernetes lay may be readable by
all.
"""

import codecs
import os
import pwd
import stat
import struct
from collections.abc import Mapping
from pathlib import Path

CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY"
"""The variable with which systemd names the folder of LoadCredential= and SetCredential=."""

DOCKER_SECRETS = Path("/run/secrets")
_ROOT = 0
_WRITE = stat.S_IWGRP | stat.S_IWOTH

# An access control list as the kernel stores it: a version, then entries of tag, rights and id.
_ACL_ENTRY = struct.Struct("<HHI")
_ACL_HEADER_BYTES = 4
_ACL_USER, _ACL_GROUP_OWNER, _ACL_GROUP, _ACL_MASK = 0x02, 0x04, 0x08, 0x10
_ACL_READ = 4

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class FileFault(Exception):
    """Why a file of the settings cannot be used, in words for the operator."""


def read_toml_text(path: Path) -> str:
    """Return the text of a settings file, also as editors of Windows write it. FileFault."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise FileFault(
            f"{path}: cannot be read: there is no such file; look at --config"
        ) from None
    except (OSError, ValueError) as error:
        raise FileFault(f"{path}: {_describe_unreadable(path, error)}") from None
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileFault(
            f"{path}: cannot be read: line {line} is not UTF-8; save it as UTF-8"
        ) from None
    if "\0" in text:
        raise FileFault(f"{path}: cannot be read: it is not UTF-8; save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def find_secret_file(name: str, environment: Mapping[str, str]) -> Path:
    """Return the path that a `…_file` setting means. FileFault: systemd's folder is not set.

    `${CREDENTIALS_DIRECTORY}/audit-key` and, if systemd laid a file of that name, `audit-key` are
    in the folder of the credentials.
    """
    folder = environment.get(CREDENTIALS_DIRECTORY)
    for variable in (f"${{{CREDENTIALS_DIRECTORY}}}/", f"${CREDENTIALS_DIRECTORY}/"):
        if name.startswith(variable):
            if not folder:
                raise FileFault(
                    f"{CREDENTIALS_DIRECTORY} is not set: systemd sets it for a unit with "
                    "LoadCredential=; run commands by hand with systemd-run --property="
                )
            return Path(folder) / name.removeprefix(variable)
    path = Path(name)
    if folder and not path.is_absolute():
        credential = Path(folder) / path
        if os.path.lexists(credential):
            return credential
    return path


def read_secret_text(path: Path) -> str:
    """Return the text of a secret file. FileFault."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:  # a name with a null in it, a text that is none
        raise FileFault(f"{path} {_describe_unreadable(path, error)}") from None


def find_readers_fault(path: Path, docker_secrets: Path = DOCKER_SECRETS) -> str | None:
    """Return who else can read or write a secret file, with the fix; None if nobody can."""
    found = path.stat()  # of the target of a link
    mode = found.st_mode
    only_owner = f"run: chmod 600 {path}"
    if mode & _WRITE:
        return f"others can write {path}; {only_owner}"
    if mode & stat.S_IROTH and not _is_inside_container(path, found.st_uid, docker_secrets):
        return f"others can read {path}; {only_owner}"
    users, groups = _other_readers(path, found)
    if (users or groups) and found.st_uid not in {_ROOT, os.geteuid()}:
        owner = user_name(found.st_uid)
        return f"others can read {path}, which belongs to {owner}; {only_owner}"
    if users - {_ROOT, os.geteuid()} or groups - {_ROOT, os.getegid(), *os.getgroups()}:
        return f"others can read {path}; {only_owner}"
    return None


def _other_readers(path: Path, found: os.stat_result) -> tuple[set[int], set[int]]:
    """Return the users and groups that may read the file beside its owner."""
    entries = _effective(path)
    if entries is None:
        return set(), {found.st_gid} if found.st_mode & stat.S_IRGRP else set()
    readers = [(tag, who) for tag, rights, who in entries if rights & _ACL_READ]
    users = {who for tag, who in readers if tag == _ACL_USER}
    named = {who for tag, who in readers if tag == _ACL_GROUP}
    owning = {found.st_gid for tag, _ in readers if tag == _ACL_GROUP_OWNER}
    return users, named | owning


def _effective(path: Path) -> list[tuple[int, int, int]] | None:
    """Return tag, effective rights and id of each named entry of the file's access control list;
    None if it has none.
    """
    try:
        data = os.getxattr(path, "system.posix_acl_access")
    except OSError:
        return None
    body = data[_ACL_HEADER_BYTES:]
    entries = list(_ACL_ENTRY.iter_unpack(body[: len(body) // _ACL_ENTRY.size * _ACL_ENTRY.size]))
    mask = next((rights for tag, rights, _ in entries if tag == _ACL_MASK), 7)
    named = (_ACL_USER, _ACL_GROUP, _ACL_GROUP_OWNER)
    return [(tag, rights & mask, who) for tag, rights, who in entries if tag in named]


def _is_inside_container(path: Path, owner: int, docker_secrets: Path) -> bool:
    """Whether Docker or Kubernetes laid the file, for one container alone."""
    if docker_secrets in Path(os.path.abspath(path)).parents:  # noqa: PTH100 — not through links
        return True
    # A volume of Kubernetes: audit-key -> ..data/audit-key, ..data -> ..2026_11_28_08_00_00.123
    return owner == _ROOT and path.is_symlink() and (path.parent / "..data").is_symlink()


def _describe_unreadable(path: Path, error: Exception) -> str:
    what = f"cannot be read ({type(error).__name__})"
    if isinstance(error, PermissionError):
        return f"{what}; run: chown {user_name(os.geteuid())} {path}"
    if isinstance(error, UnicodeDecodeError):
        return f"{what}; save it as UTF-8"
    return what


def user_name(number: int) -> str:
    """Return the name of a user of the system; the number where it has none, as in a container."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
