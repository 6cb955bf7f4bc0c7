"""No random secret is ever taken for one that can be guessed."""

import base64
import random
import secrets
import string
from collections.abc import Callable

import pytest

from classgate.secret_strength import is_guessable

MADE: dict[str, Callable[[random.Random], str]] = {
    "openssl rand -hex 32": lambda it: it.randbytes(32).hex(),
    "openssl rand -hex 16": lambda it: it.randbytes(16).hex(),
    "openssl rand -base64 32": lambda it: base64.b64encode(it.randbytes(32)).decode(),
    "token_urlsafe(32)": lambda it: base64.urlsafe_b64encode(it.randbytes(32)).decode(),
    "token_urlsafe(12)": lambda it: base64.urlsafe_b64encode(it.randbytes(12)).decode(),
    "32 letters and digits": lambda it: "".join(
        it.choices(string.ascii_letters + string.digits, k=32)
    ),
    "32 lower-case letters": lambda it: "".join(it.choices(string.ascii_lowercase, k=32)),
    "32 digits": lambda it: "".join(it.choices(string.digits, k=32)),
}


@pytest.mark.parametrize("name", MADE)
def test_random_secret_is_never_guessable(name: str) -> None:
    numbers = random.Random(name)  # noqa: S311 — the same ones each time
    for _ in range(1000):
        secret = MADE[name](numbers)
        assert not is_guessable(secret), secret


def test_fresh_secret_is_not_guessable() -> None:
    for _ in range(500):
        assert not is_guessable(secrets.token_hex(32))
        assert not is_guessable(secrets.token_urlsafe(32))
