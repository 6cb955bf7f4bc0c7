"""What users of this field stumbled over for years: each pain, reproduced as it is met.

The right cause comes first. The pains with storage are in `cos/`; codes alone in `test_codes.py`.
"""

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from tests.support.explained_tokens import APP, CONFIGURED, NOW, lines, record, standard, user_sig
from tests.support.user_sig_tokens import SECRET

from classgate.explain.explanation import explain
from classgate.explain.models import ExplainContext, SdkSecret

TOKEN = user_sig()
LATER = replace(CONFIGURED, now=NOW + timedelta(days=200))
PADDED = replace(CONFIGURED, sdk_secrets=(SdkSecret("im.secret_key", f" {SECRET}"),))


def login(token: str, identifier: str = "amy", app: int = APP) -> str:
    """What a client hands to the SDK, as it stands in its log."""
    return f"TIM.login({{userID: '{identifier}', userSig: '{token}', sdkAppId: {app}}})"


def entering(key: str, room: object = 7) -> str:
    return json.dumps({"userId": "amy", "sdkAppId": APP, "roomId": room, "privateMapKey": key})


@pytest.mark.parametrize(
    ("text", "context", "cause"),
    [
        # UserSig does not match: 70003, 70009, 70013, 70014, -100018, -3320
        (login(TOKEN[:128]), CONFIGURED, "truncated"),
        (f"https://h5.example/?userSig={quote(standard(TOKEN)[:150])}", CONFIGURED, "truncated"),
        (login(user_sig(b"b7" * 32)), CONFIGURED, "wrong_key"),
        (login(user_sig(bytes.fromhex(SECRET))), CONFIGURED, "hex_decoded_key"),
        (login(TOKEN, "tom"), CONFIGURED, "wrong_identifier"),
        (login(TOKEN, "Amy"), CONFIGURED, "wrong_identifier"),
        (login(TOKEN, app=1600000001), CONFIGURED, "wrong_sdk_app_id"),
        (login(user_sig(b"b7" * 32, app=1600000001)), CONFIGURED, "wrong_sdk_app_id"),
        ('{"ActionStatus":"FAIL","ErrorCode":70009,"ErrorInfo":"x"}', CONFIGURED, "wrong_key"),
        ("enterRoom result: -100018 userSig check failed", CONFIGURED, "wrong_key"),
        ("onError: -3320, invalid userSig", CONFIGURED, "truncated"),
        # it expires in or before class; 70001 and 6206 differ from a wrong clock
        (login(TOKEN), LATER, "expired"),
        (login(user_sig(lifetime=30)), CONFIGURED, "expired"),
        (login(user_sig(lifetime=0)), CONFIGURED, "lifetime_zero"),
        (login(user_sig(lifetime=86400 * 1000 * 180)), CONFIGURED, "lifetime_in_milliseconds"),
        ("login failed code=6206, desc=user sig expired", CONFIGURED, "expired"),
        # clock skew
        (login(user_sig(issued=int(NOW.timestamp()) + 3600)), CONFIGURED, "clock_skew"),
        (login(user_sig(issued=int(NOW.timestamp()) * 1000)), CONFIGURED, "time_in_milliseconds"),
        # the room: a missing, wrong or expired PrivateMapKey, names and ids that are refused
        (entering(TOKEN), CONFIGURED, "user_sig_as_private_map_key"),
        (entering(user_sig(userbuf=record(room=8))), CONFIGURED, "wrong_room"),
        (entering(user_sig(userbuf=record(room="7")), 7), CONFIGURED, "room_type_differs"),
        (entering(user_sig(userbuf=record(privileges=8))), CONFIGURED, "missing_privilege"),
        (
            entering(user_sig(userbuf=record(expires=int(NOW.timestamp()) - 1))),
            CONFIGURED,
            "expired",
        ),
        ("enterRoom failed: -100006", CONFIGURED, "advanced_permission_control"),
        (login(user_sig(identifier="小明"), "小明"), CONFIGURED, "invalid_identifier"),
        ("onError -3318 roomId invalid", CONFIGURED, "room_type_differs"),
        ("create_group failed: ErrorCode 10004", CONFIGURED, "invalid_parameter"),
        # kicked people; accounts that IM does not know
        ("code: 70107", CONFIGURED, "account_not_imported"),
        ('{"ActionStatus":"FAIL","ErrorCode":70052,"ErrorInfo":"x"}', CONFIGURED, "expired"),
        # shared secrets: a blank, a line end, quotation marks, the sample of another
        (login(user_sig(f"{SECRET} ".encode())), CONFIGURED, "white_space_around_key"),
        (login(user_sig(f"{SECRET}\n".encode())), CONFIGURED, "white_space_around_key"),
        (login(TOKEN), PADDED, "white_space_around_key"),
        (login(user_sig(f'"{SECRET}"'.encode())), CONFIGURED, "quotes_around_key"),
        (login(user_sig(f"\ufeff{SECRET}".encode())), CONFIGURED, "invisible_character"),
        (login(user_sig(signed=lines().rstrip("\n"))), CONFIGURED, "signed_text_differs"),
    ],
)
def test_the_right_cause_comes_first(text: str, context: ExplainContext, cause: str) -> None:
    explanation = explain(text, context)
    assert explanation.causes[0].code == cause
    assert explanation.causes[0].evidence
    assert explanation.fix
    assert explanation.valid is not True
