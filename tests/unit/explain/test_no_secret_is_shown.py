"""Nothing that an explanation shows can be used: no key, no derived key, no right signature."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.explained_tokens import (
    CONFIGURED,
    json_text,
    lines,
    official_tokens,
    record,
    standard,
    user_sig,
)
from tests.support.pem_keys import private_pem
from tests.support.user_sig_tokens import SECRET

from classgate.explain.explanation import explain
from classgate.explain.models import CloudKey, ExplainContext, PublicKey, SdkSecret
from classgate.signing.keys import EcdsaPrivateKey

PRIVATE_KEY_PEM = private_pem(ec.derive_private_key(4711, ec.SECP256K1())).decode()
CLOUD_SECRET = "Gu5t9xGARNpq86cd98joQYCN3Cozk1qA"
PREVIOUS = "0123456789abcdef" * 4
EVERYTHING = replace(
    CONFIGURED,
    sdk_secrets=(*CONFIGURED.sdk_secrets, SdkSecret("im.previous_secret_key", PREVIOUS)),
    public_keys=(
        PublicKey(
            "im.private_key",
            EcdsaPrivateKey.from_pem(PRIVATE_KEY_PEM.encode()).public_key(),
            PRIVATE_KEY_PEM,
        ),
    ),
    cloud_keys=(
        CloudKey(name="cloud.secret_key", secret_id="AKIDcanary", secret_key=CLOUD_SECRET),
    ),
)
RIGHT = base64.b64encode(hmac.digest(SECRET.encode(), lines().encode(), "sha256")).decode()


def canaries() -> set[str]:
    """Each key as text, hex and base64, its hash, and the signature that would be right."""
    found = {RIGHT, base64.b64decode(RIGHT).hex()}
    body = "".join(PRIVATE_KEY_PEM.splitlines()[1:-1])
    for secret in (SECRET, PREVIOUS, CLOUD_SECRET, body):
        raw = secret.encode()
        found |= {secret, secret.upper(), raw.hex(), base64.b64encode(raw).decode()}
        found.add(hashlib.sha256(raw).hexdigest())
    found.add(base64.b64encode(bytes.fromhex(SECRET)).decode())
    return found


TEXTS = [
    user_sig(),
    user_sig(b"0" * 64),
    user_sig(bytes.fromhex(SECRET)),
    user_sig(SECRET.encode() + b"\n"),
    user_sig(CLOUD_SECRET.encode()),
    user_sig(PREVIOUS.encode()),
    user_sig(PRIVATE_KEY_PEM.strip().encode()),
    user_sig(sig="AAAA"),
    user_sig(signed=lines("tom")),
    user_sig(userbuf=record()),
    user_sig()[:100],
    user_sig() + "abc",
    standard(user_sig()),
    json_text(user_sig()).decode(),
    SECRET,
    f"secret_key={SECRET}",
    "70009",
    *(each.token for each in official_tokens()),
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("chinese", [False, True])
def test_no_key_and_no_right_signature_is_shown(text: str, chinese: bool) -> None:
    explanation = explain(text, replace(EVERYTHING, chinese=chinese))
    answer = json.dumps(explanation.to_json(), ensure_ascii=False) + repr(explanation)
    assert not [each for each in canaries() if each in answer]


@pytest.mark.parametrize("text", TEXTS)
def test_the_pasted_credential_itself_is_not_shown(text: str) -> None:
    if len(text) < 60:
        return
    answer = json.dumps(explain(text, EVERYTHING).to_json(), ensure_ascii=False)
    assert text not in answer


def test_neither_the_keys_nor_their_holders_print_a_secret() -> None:
    assert not [each for each in canaries() if each in repr(EVERYTHING)]
    assert isinstance(EVERYTHING, ExplainContext)
