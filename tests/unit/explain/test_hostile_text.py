"""Whatever is pasted: a clear answer, and work that the length of the text bounds."""

import base64
import gzip
import hmac
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.explained_tokens import CONFIGURED, json_text, user_sig
from tests.support.user_sig_tokens import SECRET, seal, spell

from classgate.explain.explanation import explain
from classgate.explain.pasted_text import MAX_REQUEST_CHARACTERS, MAX_TEXT_CHARACTERS
from classgate.explain.user_sigs import token_text
from classgate.signing.token_envelope import MAX_JSON_BYTES

TOKEN = user_sig()
LONGEST = MAX_TEXT_CHARACTERS
BOMB = zlib.compress(b" " * 10_000_000)

TEXTS = {
    "empty": "",
    "blanks": " \t\r\n" * 1000,
    "NUL": "\0" * 1000,
    "every byte": bytes(range(256)).decode("latin-1") * 200,
    "binary that was not UTF-8": bytes(range(128, 256)).decode(errors="replace") * 100,
    "lone surrogates": "\ud800\udfff" * 1000,
    "a lone surrogate in JSON": '{"TLS.identifier":"\\ud800","TLS.sig":"\\udfff"}',
    "a lone surrogate in a token": seal(b'{"TLS.ver":"2.0","TLS.identifier":"\\ud800"}'),
    "a lone surrogate in a reply": '{"code":"\\ud800","message":"\\udfff"}',
    "one letter": "e" * LONGEST,
    "one megabyte of one letter": "e" * MAX_REQUEST_CHARACTERS,
    "more than a megabyte": "e" * (MAX_REQUEST_CHARACTERS + 1),
    "the beginnings of tokens": "eJx" * (LONGEST // 3),
    "the beginnings of tokens, apart": "eJxaaaaaaaaaa " * (LONGEST // 14),
    "an endless token": f"eJx{'a' * (LONGEST - 3)}",
    "percent signs": "eJx" + "%25" * (LONGEST // 3 - 1),
    "backslashes": "eJx" + "\\" * (LONGEST - 3),
    "words behind a token": f"{TOKEN[:40]}{' abcd' * 10_000}",
    "labels": "usersig=" * (LONGEST // 8),
    "quotation marks": '"' * LONGEST,
    "numbers": "70003x" * (LONGEST // 6),
    "codes": "Aa.Bb." * (LONGEST // 6),
    "the beginnings of XML": "<Error><Code>" * (LONGEST // 13),
    "deep JSON": "[" * LONGEST,
    "deep objects": '{"a":' * (LONGEST // 5),
    "many members": json.dumps({f"name{number}": number for number in range(4000)}),
    "deep JSON in a token": seal(b'{"TLS.ver":' + b"[" * 60_000),
    "a bomb": spell(BOMB),
    "a bomb in gzip": spell(gzip.compress(b" " * 10_000_000, mtime=0)),
    "a bomb in a bomb": spell(zlib.compress(zlib.compress(b" " * 10_000_000))),
    "a raw bomb": spell(BOMB[2:-4]),
    "compressed many times": spell(
        zlib.compress(zlib.compress(zlib.compress(zlib.compress(json_text(TOKEN)))))
    ),
    "a huge number": seal(b'{"TLS.ver":"2.0","TLS.time":' + b"9" * 10_000 + b"}"),
    "a huge number in JSON": f'{{"code":{"9" * 10_000}}}',
    "a huge identifier": user_sig(identifier="a" * 20_000),
    "a negative time": user_sig(issued=-5, lifetime=-(10**18)),
    "a time beyond every calendar": user_sig(issued=10**18, lifetime=10**18),
    "a huge userbuf": user_sig(b"another key", userbuf=bytes(20_000)),
    "a signature of nothing": user_sig(sig=""),
    "a signature that is not base64": user_sig(sig="\u4e2d"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_has_a_clear_answer_that_can_be_encoded(name: str) -> None:
    explanation = explain(TEXTS[name], CONFIGURED)
    assert explanation.valid is not True
    assert explanation.first_failure is not None
    assert explanation.causes
    assert not explanation.is_answered
    answer = json.dumps(explanation.to_json(), ensure_ascii=False).encode()
    assert len(answer) < 20_000


@pytest.mark.parametrize("name", TEXTS)
def test_the_number_of_attempts_is_bounded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is counted, not timed: each attempt is over text of a bounded length."""
    calls = {"inflated": 0, "signed": 0}

    def counted(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **named: Any) -> Any:
            calls[what] += 1
            return function(*arguments, **named)

        return count

    monkeypatch.setattr(zlib, "decompressobj", counted("inflated", zlib.decompressobj))
    monkeypatch.setattr(hmac, "digest", counted("signed", hmac.digest))
    explain(TEXTS[name], CONFIGURED)
    assert calls["inflated"] <= 600
    assert calls["signed"] <= 400


def test_a_bomb_is_not_inflated_beyond_the_bound() -> None:
    for name in ("a bomb", "a bomb in gzip", "a bomb in a bomb", "a raw bomb"):
        packed = base64.b64decode(TEXTS[name].translate(str.maketrans("*-_", "+/=")))
        for window in (15, 31, -15):
            assert len(token_text._inflated(packed, window).text) <= MAX_JSON_BYTES


def test_a_token_that_is_pasted_many_times_is_judged_a_few_times() -> None:
    explanation = explain(f"{TOKEN}\n" * 300, CONFIGURED)
    assert explanation.valid is True
    expired = user_sig(lifetime=1)
    assert explain(f"{TOKEN}\n" * 3 + expired, CONFIGURED).first_failure == "time"
    assert explain(f"{TOKEN}\n" * 4 + expired, CONFIGURED).valid is True


def test_no_configured_secret_is_shown_for_its_own_text() -> None:
    answer = json.dumps(explain(SECRET, CONFIGURED).to_json())
    assert SECRET not in answer
