"""The login check and the room check, with UserSigs of the official library."""

import base64
import json
import time
import zlib

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.support.contract_cloud import SDK_APP_ID, SDK_SECRET_KEY, settings_for
from tests.support.private_map_keys import make_private_map_key
from tests.support.running_emulator import Emulator, running_emulator
from TLSSigAPIv2 import TLSSigAPIv2

OFFICIAL = TLSSigAPIv2(SDK_APP_ID, SDK_SECRET_KEY)
TOM = OFFICIAL.gen_sig("tom", 3600)


def log_in(emulator: Emulator, user_sig: str = TOM, identifier: str = "tom", **more: object) -> int:
    values: dict[str, object] = {"sdk_app_id": SDK_APP_ID, "identifier": identifier}
    answer = emulator.control("/_emulator/login", **(values | {"user_sig": user_sig} | more))
    assert answer.status == 200
    found = answer.json["code"]
    assert isinstance(found, int)
    return found


def enter(emulator: Emulator, private_map_key: str, room_id: object = 7, **more: object) -> int:
    values: dict[str, object] = {
        "sdk_app_id": SDK_APP_ID, "identifier": "tom", "user_sig": TOM,
        "private_map_key": private_map_key, "room_id": room_id,
    }  # fmt: skip
    answer = emulator.control("/_emulator/enter-room", **(values | more))
    assert answer.status == 200
    found = answer.json["code"]
    assert isinstance(found, int)
    return found


def test_good_user_sig_logs_in(emulator: Emulator) -> None:
    assert log_in(emulator) == 0


def test_expired_user_sig_is_70001(emulator: Emulator) -> None:
    emulator.set_clock(3602)
    assert log_in(emulator) == 70001


@pytest.mark.parametrize("empty", ["", " \n"])
def test_empty_user_sig_is_70002(emulator: Emulator, empty: str) -> None:
    assert log_in(emulator, empty) == 70002


@pytest.mark.parametrize(
    "malformed", [TOM[:-20], "x", "eJ", "*" * 100, TOM.replace("*", "+") + "+", "课" * 9, "\0"]
)
def test_malformed_user_sig_is_70003(emulator: Emulator, malformed: str) -> None:
    assert log_in(emulator, malformed) == 70003


def test_user_sig_of_another_key_is_70009(emulator: Emulator) -> None:
    assert log_in(emulator, TLSSigAPIv2(SDK_APP_ID, "0" * 64).gen_sig("tom", 3600)) == 70009


def test_altered_user_sig_is_70009(emulator: Emulator) -> None:
    members = json.loads(zlib.decompress(base64.b64decode(_standard(TOM))))
    members["TLS.expire"] = 10**8
    altered = base64.b64encode(zlib.compress(json.dumps(members).encode())).decode()
    altered = altered.replace("+", "*").replace("/", "-").replace("=", "_")
    assert log_in(emulator, altered) == 70009


def test_private_map_key_is_no_user_sig(emulator: Emulator) -> None:
    assert log_in(emulator, make_private_map_key()) == 70009


def test_user_sig_of_another_person_is_70013(emulator: Emulator) -> None:
    assert log_in(emulator, identifier="amy") == 70013


def test_user_sig_of_another_app_is_70014(emulator: Emulator) -> None:
    sig = TLSSigAPIv2(SDK_APP_ID + 1, SDK_SECRET_KEY).gen_sig("tom", 3600)
    assert log_in(emulator, sig) == 70014


def test_unknown_app_is_70020(emulator: Emulator) -> None:
    assert log_in(emulator, sdk_app_id=SDK_APP_ID + 1) == 70020


@pytest.mark.parametrize(
    "wrong",
    [{"sdk_app_id": "1400000001"}, {"sdk_app_id": True}, {"identifier": 7}, {"user_sig": []},
     {"identifier": "\ud800"}, {"sdk_app_id": None}],
)  # fmt: skip
def test_wrong_types_are_a_bad_parameter(emulator: Emulator, wrong: dict[str, object]) -> None:
    assert log_in(emulator, **wrong) == 70402  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[]", b"[" * 100_000, b"\0" * 9])
def test_bodies_that_cannot_be_read_are_a_bad_parameter(emulator: Emulator, body: bytes) -> None:
    answer = emulator.call("POST", "/_emulator/login", body)
    assert (answer.status, answer.json["code"]) == (200, 70402)


# ── the room ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("room", [7, "7", "第一课".encode().hex(), 4294967295])
@pytest.mark.parametrize("privileges", [255, 254, 170, 190, 2])
def test_room_check_reads_the_privileges(
    emulator: Emulator, room: int | str, privileges: int
) -> None:
    answer = emulator.control(
        "/_emulator/enter-room", sdk_app_id=SDK_APP_ID, identifier="tom", user_sig=TOM,
        private_map_key=make_private_map_key(room, privileges), room_id=room,
    )  # fmt: skip
    assert answer.json == {"code": 0, "privilege_map": privileges}


def test_room_check_looks_at_the_login_first(emulator: Emulator) -> None:
    assert enter(emulator, make_private_map_key(), user_sig="") == 70002
    assert enter(emulator, "", identifier="amy") == 70013


def test_private_map_key_of_another_room_is_refused(emulator: Emulator) -> None:
    assert enter(emulator, make_private_map_key(8)) == -100006
    assert enter(emulator, make_private_map_key("7")) == -100006
    assert enter(emulator, make_private_map_key(7), room_id="7") == -100006


@pytest.mark.parametrize(
    "bad",
    [
        "", "x", TOM, make_private_map_key(secret_key="0" * 64), make_private_map_key(name="amy"),
        make_private_map_key(name="amy", outer="amy"), make_private_map_key(app=1),
        make_private_map_key(seconds=-5),
    ],
    ids=["none", "malformed", "a UserSig", "other key", "other inside", "other", "app", "expired"],
)  # fmt: skip
def test_private_map_key_that_is_not_good_is_refused(emulator: Emulator, bad: str) -> None:
    assert enter(emulator, bad) == -100006


def test_private_map_key_expires_by_the_clock_of_the_cloud(emulator: Emulator) -> None:
    good = make_private_map_key(seconds=60)
    assert enter(emulator, good) == 0
    emulator.set_clock(62)
    assert enter(emulator, good) == -100006


def test_private_map_key_without_the_right_to_enter_does_not_open(emulator: Emulator) -> None:
    assert enter(emulator, make_private_map_key(privileges=253)) == -102011


# ── version 1 ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.SECP256R1()], ids=lambda c: c.name)
def test_app_with_a_public_key_takes_version_1_and_2(curve: ec.EllipticCurve) -> None:
    private = ec.generate_private_key(curve)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with running_emulator(settings_for(public_key_pem=public)) as emulator:
        assert log_in(emulator, _version_1(private, "tom")) == 0
        assert log_in(emulator, _version_1(private, "amy")) == 70013
        assert log_in(emulator, _version_1(ec.generate_private_key(curve), "tom")) == 70009
        assert log_in(emulator) == 0
    with running_emulator(settings_for(public_key_pem=public, sdk_secret_key=None)) as emulator:
        assert log_in(emulator, _version_1(private, "tom")) == 0
        assert log_in(emulator) == 70009


def test_app_without_a_public_key_answers_70016_to_version_1(emulator: Emulator) -> None:
    assert log_in(emulator, _version_1(ec.generate_private_key(ec.SECP256K1()), "tom")) == 70016


def _standard(token: str) -> str:
    return token.replace("*", "+").replace("-", "/").replace("_", "=")


def _version_1(key: ec.EllipticCurvePrivateKey, identifier: str) -> str:
    """A version 1 UserSig, written by hand from the public layout."""
    now = int(time.time())
    lines = {
        "TLS.appid_at_3rd": "0", "TLS.account_type": "0", "TLS.identifier": identifier,
        "TLS.sdk_appid": str(SDK_APP_ID), "TLS.time": str(now), "TLS.expire_after": "3600",
    }  # fmt: skip
    text = "".join(f"{name}:{value}\n" for name, value in lines.items()).encode()
    sig = base64.b64encode(key.sign(text, ec.ECDSA(hashes.SHA256()))).decode()
    members = json.dumps(lines | {"TLS.version": "201512300000", "TLS.sig": sig})
    token = base64.b64encode(zlib.compress(members.encode())).decode()
    return token.replace("+", "*").replace("/", "-").replace("=", "_")


@pytest.mark.parametrize("name", ["login", "enter-room"])
def test_pages_of_any_origin_may_ask(emulator: Emulator, name: str) -> None:
    """The console of the demo does; the other control calls are for no page."""
    url = f"http://{emulator.address}/_emulator/{name}"
    origin = {"origin": "http://127.0.0.1:8000"}
    asked = origin | {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    preflight = httpx.options(url, headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-headers"] == "content-type"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    answer = httpx.post(url, headers=origin, json={})
    assert answer.headers["access-control-allow-origin"] == "*"
    other = httpx.options(f"http://{emulator.address}/_emulator/reset", headers=asked)
    assert other.status_code == 405
    assert "access-control-allow-origin" not in other.headers
