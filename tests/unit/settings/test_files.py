"""Files of the settings, as editors write them and as platforms lay them."""

import errno
import os
import secrets
import struct
from pathlib import Path

import pytest
from tests.support.minimal_settings import GOOD

from classgate.errors import ConfigurationError
from classgate.settings.files import find_readers_fault
from classgate.settings.loading import Settings, load_settings

KEY = secrets.token_hex(32)
STRANGER = 54_321  # neither the user nor a group of this process
USER, GROUP = 0x02, 0x08


def lay(path: Path, mode: int, text: str = KEY) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def lay_with_acl(path: Path, *named: tuple[int, int], mask: int = 4) -> Path:
    """As `setfacl` does; `named` are tags and ids that may read."""
    lay(path, 0o400)
    nobody = 0xFFFFFFFF
    entries = [(0x01, 4, nobody), *((tag, 4, who) for tag, who in named if tag == USER)]
    entries += [(0x04, 0, nobody), *((tag, 4, who) for tag, who in named if tag == GROUP)]
    entries += [(0x10, mask, nobody), (0x20, 0, nobody)]
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", value)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        pytest.skip("this file system has no access control lists")
    return path


def load_audit_key(file: str, **more: str) -> Settings:
    environment = {name: value for name, value in GOOD.items() if "AUDIT" not in name}
    return load_settings({**environment, "CLASSGATE_AUDIT__KEY_FILE": file, **more})


def faults_of(file: str, **more: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as refused:
        load_audit_key(file, **more)
    return refused.value.faults


# ── systemd ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["audit-key", "${CREDENTIALS_DIRECTORY}/audit-key", "$CREDENTIALS_DIRECTORY/audit-key"]
)
def test_credential_is_found_in_the_folder_of_systemd(tmp_path: Path, name: str) -> None:
    lay(tmp_path / "audit-key", 0o440)
    settings = load_audit_key(name, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert settings.audit.key.get_secret_value() == KEY


def test_relative_name_without_a_credential_is_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path / "work" / "audit-key", 0o400)
    monkeypatch.chdir(tmp_path / "work")
    settings = load_audit_key("audit-key", CREDENTIALS_DIRECTORY=str(tmp_path / "other"))
    assert settings.audit.key.get_secret_value() == KEY


def test_credential_outside_of_the_unit_is_explained() -> None:
    (fault,) = faults_of("${CREDENTIALS_DIRECTORY}/audit-key")
    assert fault.startswith("audit.key: CREDENTIALS_DIRECTORY is not set: systemd sets it for")


def test_acl_of_the_services_user_is_taken(tmp_path: Path) -> None:
    path = lay_with_acl(tmp_path / "audit-key", (USER, os.geteuid()))
    assert path.stat().st_mode & 0o777 == 0o440  # the mask stands where the group's rights do
    assert load_audit_key(str(path))


def test_acl_of_the_services_group_is_taken(tmp_path: Path) -> None:
    path = lay_with_acl(tmp_path / "audit-key", (GROUP, os.getegid()))
    assert load_audit_key(str(path))


@pytest.mark.parametrize("tag", [USER, GROUP])
def test_acl_of_a_stranger_is_refused(tmp_path: Path, tag: int) -> None:
    path = lay_with_acl(tmp_path / "audit-key", (USER, os.geteuid()), (tag, STRANGER))
    assert faults_of(str(path)) == (f"audit.key: others can read {path}; run: chmod 600 {path}",)


def test_acl_under_a_mask_gives_nothing(tmp_path: Path) -> None:
    assert load_audit_key(str(lay_with_acl(tmp_path / "audit-key", (USER, STRANGER), mask=0)))


# ── Docker and Kubernetes ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o444, 0o644])
def test_secret_of_docker_is_taken(tmp_path: Path, mode: int) -> None:
    path = lay(tmp_path / "secrets" / "audit-key", mode)
    assert find_readers_fault(path, docker_secrets=tmp_path / "secrets") is None


@pytest.mark.parametrize("mode", [0o464, 0o446, 0o666])
def test_secret_of_docker_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = lay(tmp_path / "secrets" / "audit-key", mode)
    found = find_readers_fault(path, docker_secrets=tmp_path / "secrets")
    assert found == f"others can write {path}; run: chmod 600 {path}"


def lay_volume(folder: Path, mode: int) -> Path:
    """As the kubelet does: it replaces all files of a volume at once."""
    lay(folder / "..2026_11_28_08_00_00.123" / "audit-key", mode)
    (folder / "..data").symlink_to("..2026_11_28_08_00_00.123")
    (folder / "audit-key").symlink_to("..data/audit-key")
    return folder / "audit-key"


@pytest.mark.parametrize("mode", [0o400, 0o440])
def test_secret_volume_of_kubernetes_is_taken(tmp_path: Path, mode: int) -> None:
    assert load_audit_key(str(lay_volume(tmp_path, mode)))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of root")
def test_default_mode_of_a_secret_volume_is_taken(tmp_path: Path) -> None:
    assert load_audit_key(str(lay_volume(tmp_path, 0o644)))


def test_link_to_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    lay(tmp_path / "real", 0o644)
    path = tmp_path / "audit-key"
    path.symlink_to("real")
    assert faults_of(str(path)) == (f"audit.key: others can read {path}; run: chmod 600 {path}",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    ("owner", "group", "is_taken"),
    [(0, STRANGER, False), (STRANGER, os.getegid(), False), (0, os.getegid(), True)],
)
def test_group_and_owner_are_the_services_or_root(
    tmp_path: Path, owner: int, group: int, is_taken: bool
) -> None:
    path = lay(tmp_path / "audit-key", 0o440)
    os.chown(path, owner, group)
    assert (find_readers_fault(path) is None) is is_taken


# ── classgate.toml ──────────────────────────────────────────────────────────────────────────────

TOML = f'# 学校的设置\r\n[audit]\r\nkey = "{KEY}"\r\n[cos]\r\nregion = "ap-shanghai"\r\n'


def load_file(path: Path) -> Settings:
    without = {name: value for name, value in GOOD.items() if "AUDIT" not in name}
    without.pop("CLASSGATE_COS__REGION")
    return load_settings(without, path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_file_of_a_windows_editor_is_read(tmp_path: Path, encoding: str, line_end: str) -> None:
    path = tmp_path / "classgate.toml"
    mark = "\ufeff" if encoding.endswith(("-le", "-be")) else ""
    path.write_bytes((mark + TOML.replace("\r\n", line_end)).encode(encoding))
    path.chmod(0o600)
    settings = load_file(path)
    assert settings.audit.key.get_secret_value() == KEY
    assert settings.cos.region == "ap-shanghai"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (TOML.encode("gbk"), "{}: cannot be read: line 1 is not UTF-8; save it as UTF-8"),
        (b'[log]\nlevel = "\xff"\n', "{}: cannot be read: line 2 is not UTF-8; save it as UTF-8"),
        (TOML.encode("utf-16")[:-1], "{}: cannot be read: line 5 is not UTF-8; save it as UTF-8"),
        ("[log]".encode("utf-16-le"), "{}: cannot be read: it is not UTF-8; save it as UTF-8"),
        ("[log]".encode("utf-16-be"), "{}: cannot be read: it is not UTF-8; save it as UTF-8"),
        (b"= 1\n", "{}: is not TOML (Invalid statement (at line 1, column 1))"),
    ],
    ids=["GBK", "a byte", "half of UTF-16", "UTF-16-LE", "UTF-16-BE", "no TOML"],
)  # fmt: skip
def test_file_that_cannot_be_read_is_named_alone(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    path = tmp_path / "classgate.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as refused:
        load_settings({}, path)
    assert refused.value.faults == (fault.format(path),)


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("\ufeff\ufeff[log]\n", "a byte order mark (U+FEFF)"),
        ("[log]\n\u00a0level = 1\n", "a no-break space (U+00A0)"),
        ("[log]\n\u3000level = 1\n", "a full-width space (U+3000)"),
        ("[log]\n\u200blevel = 1\n", "a zero-width space (U+200B)"),
        ("[log]\nlevel = “info”\n", "a quotation mark"),
        ("[log]\nlevel ＝ 1\n", "a full-width character"),
        ("【log】\n", "not an ASCII character"),
        ("[log]\n\x1a", "invisible (U+001A)"),
    ],
)
def test_character_that_is_no_toml_is_named(tmp_path: Path, text: str, character: str) -> None:
    path = tmp_path / "classgate.toml"
    path.write_bytes(text.encode())
    with pytest.raises(ConfigurationError) as refused:
        load_settings({}, path)
    (fault,) = refused.value.faults
    assert fault.startswith(f"{path}: is not TOML (")
    assert fault.endswith(f"); the character there is {character}")


@pytest.mark.parametrize("content", ["x = " + "[" * 9999, "x = " + "9" * 9999])
def test_toml_that_python_does_not_take_is_named_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "classgate.toml"
    path.write_text(content)
    with pytest.raises(ConfigurationError) as refused:
        load_settings({}, path)
    assert refused.value.faults == (
        f"{path}: cannot be read: it is nested too deep, or a number is too long",
    )


def test_mistyped_name_of_the_file_is_named_alone(tmp_path: Path) -> None:
    path = tmp_path / "clasgate.toml"
    with pytest.raises(ConfigurationError) as refused:
        load_settings({}, path)
    assert refused.value.faults == (
        f"{path}: cannot be read: there is no such file; look at --config",
    )


def test_folder_is_named_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings({}, tmp_path)
    assert refused.value.faults == (f"{tmp_path}: cannot be read (IsADirectoryError)",)
