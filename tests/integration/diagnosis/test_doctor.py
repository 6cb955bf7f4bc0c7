"""Doctor names what is wrong with an installation, in a sentence and with the fix."""

import re
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from qcloud_cos import CosConfig, CosS3Client
from tests.support.captured_log import CapturedLog
from tests.support.doctor_chinese import untranslated
from tests.support.doctor_faults import FAULTS, ORIGIN, cos_error
from tests.support.harness import StoppedClock
from tests.support.lying_cloud import LyingCloud, lying_cloud_before
from tests.support.running_emulator import Emulator
from tests.support.school_settings import (
    AUDIT_KEY,
    BUCKET,
    REGION,
    SDK_SECRET_KEY,
    SECRET_ID,
    SECRET_KEY,
    settings_for,
)

from classgate.diagnosis.findings import Finding, Status
from classgate.diagnosis.legacy_api import check_legacy_api
from classgate.diagnosis.runner import is_healthy, run_checks
from classgate.migrations.upgrade import upgrade
from classgate.settings.loading import Settings, SettingsTree

Configure = Callable[..., Settings]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("doctor") / "classgate.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def cloud(session_emulator: Emulator, session_clock: StoppedClock) -> Emulator:
    """The emulator, which has forgotten everything."""
    session_clock.reset()
    session_emulator.reset()
    return session_emulator


@pytest.fixture
async def lying_cloud(cloud: Emulator) -> AsyncIterator[LyingCloud]:
    async with lying_cloud_before(cloud) as opened:
        yield opened


@pytest.fixture
def configure(cloud: Emulator, migrated: Path, tmp_path: Path) -> Configure:
    """Settings with which all is well, and changes to them."""
    database = shutil.copy(migrated, tmp_path / "classgate.db")
    Path(database).chmod(0o600)

    def configured(address: str = cloud.address, **changes: dict[str, object]) -> Settings:
        ways = {"sts_endpoint": address, "cos_endpoint": address}
        base: SettingsTree = {"http": {"cors_origins": [ORIGIN]}}
        for group, values in {**changes, "cloud": ways | changes.get("cloud", {})}.items():
            base[group] = {**base.get(group, {}), **values}
        return settings_for(f"sqlite:///{database}", cloud, base)

    return configured


@pytest.fixture
def look(session_clock: StoppedClock) -> Callable[[Settings], "Look"]:
    return lambda settings: Look(settings, session_clock)


class Look:
    """One examination, and what it says of a check."""

    def __init__(self, settings: Settings, clock: StoppedClock) -> None:
        self._settings = settings
        self._clock = clock

    async def all(self) -> list[Finding]:
        findings = await run_checks(self._settings, self._clock)
        assert untranslated(findings) == []
        return findings

    async def failed(self) -> dict[str, Finding]:
        return {each.check: each for each in await self.all() if each.status is Status.FAIL}


Looking = Callable[[Settings], Look]


# ── all is well ─────────────────────────────────────────────────────────────────────────────────


async def test_sound_installation_passes_every_check(configure: Configure, look: Looking) -> None:
    findings = await look(configure()).all()
    assert is_healthy(findings), findings
    of = {each.check: each.status.value for each in findings}
    assert {check for check, status in of.items() if status == "ok"} == {
        *("configuration", "UserSig key", "SDKAppID", "database", "writing", "durability"),
        *("audit", "integrity", "messages to the cloud", "files", "clock", "bucket", "STS"),
        *("upload", "object", "download"),
        *("upload in parts", "resuming", "other object", "private bucket", "CORS", "removal"),
        "messages to the cloud",
    }
    assert of["cloud"] == "warn"  # it says that this is an emulator
    assert of["room check"] == of["audit key"] == of["key and SDKAppID"] == "skipped"


# ── the legacy API ────────────────────────────────────────────────────────────────────


def of_old_clients(settings: Settings) -> list[tuple[str, str]]:
    return [(each.status.value, each.what) for each in check_legacy_api(settings)]


def test_disabled_legacy_api_is_not_reported(configure: Configure) -> None:
    assert of_old_clients(configure(legacy={"teacher_registration": "open"})) == []


def test_weak_settings_of_the_legacy_api_are_warnings(configure: Configure) -> None:
    weak = {"enabled": True, "teacher_registration": "open", "password_min_length": 9}
    said = of_old_clients(configure(legacy=weak))
    assert [status for status, _ in said] == ["warn"] * 4
    words = ("register as a teacher", "9 characters", "reccall", "idxfile")
    assert all(word in what for word, (_, what) in zip(words, said, strict=True)), said


@pytest.mark.parametrize(
    "proofs",
    [
        {"path_secret": "a-part-of-the-way-7"},
        {"live_key": "hV3s-9wQz_Lm2xTe7Rb", "im_token": "t0k3n-of-the-callbacks"},
    ],
)
def test_legacy_api_with_verified_callbacks_and_closed_registration_is_sound(
    configure: Configure, proofs: dict[str, object]
) -> None:
    said = of_old_clients(configure(legacy={"enabled": True}, callbacks=proofs))
    assert [status for status, _ in said] == ["ok"]


async def test_probe_is_taken_away_again(
    configure: Configure, look: Looking, lying_cloud: LyingCloud, cloud: Emulator
) -> None:
    await look(configure(lying_cloud.address)).all()
    keys = {
        line.split()[1]
        for line in lying_cloud.requests
        if line.startswith(b"PUT /classes/0/doctor-")
    }
    assert len(keys) == 2  # the probe, and the one that must be refused
    client = CosS3Client(
        CosConfig(
            Region=REGION,
            SecretId=SECRET_ID,
            SecretKey=SECRET_KEY,
            Scheme="http",
            Domain=cloud.address,
        ),
        retry=0,
    )
    assert not any(client.object_exists(BUCKET, key.decode().lstrip("/")) for key in keys)


# ── each thing that can be wrong ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", FAULTS)
async def test_fault_is_named_with_its_fix(
    configure: Configure, look: Looking, lying_cloud: LyingCloud, cloud: Emulator, name: str
) -> None:
    fault = FAULTS[name]
    for forged in fault.forged:
        lying_cloud.forge(forged.to, forged.status, forged.body, **forged.headers)
    if fault.ordered is not None:
        cloud.fail_next(*fault.ordered)
    findings = await look(configure(lying_cloud.address, **fault.settings)).all()
    found = {each.check: each for each in findings if each.status is Status.FAIL}
    assert fault.check in found, findings
    assert fault.says in found[fault.check].what
    assert fault.fix in found[fault.check].fix
    assert findings[-1].check == "unfinished uploads"  # the others were not stopped


async def test_uploads_that_cannot_be_resumed_are_a_warning(
    configure: Configure, look: Looking, lying_cloud: LyingCloud
) -> None:
    lying_cloud.forge("^GET /.uploads", 403, cos_error("AccessDenied"))
    findings = await look(configure(lying_cloud.address)).all()
    (resuming,) = [each for each in findings if each.check == "resuming"]
    assert resuming.status is Status.WARN
    assert "start again" in resuming.what
    assert is_healthy(findings)


@pytest.mark.parametrize(
    ("seconds", "status", "words"),
    [
        (0, "ok", "within 5 s of STS and COS"),
        (-20, "warn", "s ahead of STS and COS"),
        (20, "warn", "s behind STS and COS"),
        (-120, "fail", "s ahead of STS and COS"),
        (120, "fail", "s behind STS and COS"),
    ],
)
async def test_clock_is_held_against_that_of_the_cloud(
    configure: Configure, look: Looking, cloud: Emulator, seconds: int, status: str, words: str
) -> None:
    cloud.set_clock(seconds)
    findings = await look(configure()).all()
    (clock,) = [each for each in findings if each.check == "clock"]
    assert clock.status.value == status
    assert words in clock.what
    reported = re.findall("is ([0-9]+) s", clock.what)
    assert all(abs(int(each) - abs(seconds)) <= 1 for each in reported)  # a Date has whole seconds


async def test_nobody_answers(configure: Configure, look: Looking) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        failed = await look(configure(f"127.0.0.1:{taken.getsockname()[1]}")).failed()
    assert {"bucket", "STS", "private bucket", "CORS", "removal"} <= failed.keys()
    assert "does not answer" in failed["STS"].what


async def test_check_that_hangs_is_given_up_and_the_others_go_on(
    configure: Configure, session_clock: StoppedClock
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # and never answers
        settings = configure(f"127.0.0.1:{silent.getsockname()[1]}")
        findings = await run_checks(settings, session_clock, timedelta(seconds=0.5))
    failed = {each.check: each.what for each in findings if each.status is Status.FAIL}
    assert failed["STS"].startswith("no result within")
    assert failed["bucket"].startswith("no result within")
    assert findings[-1].check == "unfinished uploads"


# ── the key of UserSigs ─────────────────────────────────────────────────────────────────────────


async def test_key_file_signs_version_1(configure: Configure, look: Looking) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    im = {"private_key": key.decode(), "sign_with": "private_key"}
    findings = await look(configure(im=im)).all()
    (found,) = [each for each in findings if each.check == "UserSig key"]
    assert found.status is Status.OK
    assert "version 1 (key file, prime256v1)" in found.what
    assert "im.sign_with is private_key" in found.what


# ── nothing secret ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", FAULTS)
async def test_nothing_secret_is_said_or_logged(
    configure: Configure,
    look: Looking,
    lying_cloud: LyingCloud,
    captured_log: CapturedLog,
    name: str,
) -> None:
    for forged in FAULTS[name].forged:
        lying_cloud.forge(forged.to, forged.status, forged.body, **forged.headers)
    findings = await look(configure(lying_cloud.address)).all()
    said = msgspec.json.encode(findings).decode() + captured_log.getvalue()
    tokens = {
        line.partition(b":")[2].strip().decode()
        for request in lying_cloud.requests
        for line in request.split(b"\r\n")
        if line.lower().startswith((b"authorization", b"x-cos-security-token"))
    }
    for secret in {SECRET_ID, SECRET_KEY, SDK_SECRET_KEY, AUDIT_KEY, *tokens}:
        assert secret not in said
