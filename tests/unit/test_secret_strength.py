"""What is guessed: patterns, rows of the keyboard, common words, and their digests."""

import pytest

from classgate.secret_strength import is_guessable

GUESSED = [
    "password" * 4,
    "PasswordPassword" * 2,
    "passwordpasswordpasswordpasswo",
    "password1password2password3password4",
    "P@ssw0rd!P@ssw0rd!P@ssw0rd!P@ssw0rd!",
    "secretsecretsecretsecretsecretsecret",
    "thisisaverysecretkeyforclassgate",
    "my-secret-key-my-secret-key-my-secret-key",
    "changeme-changeme-changeme-changeme",
    "0123456789abcdef" * 4,
    "0123456789ABCDEFGHIJKLMNOPQRSTUV",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "fedcba9876543210" * 2,
    "1234567890" * 4,
    "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6",
    "qwertyuiopasdfghjklzxcvbnm123456",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol",
    "q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6",
    "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffff",
    "aabbccddeeff00112233445566778899",
    "deadbeef" * 8,
    "deadbeefcafebabe0123456789abcdef",
    "1f2e3d4c5b6a79880123456789abcdef" * 2,
    "13579bdf02468ace" * 2,
    "correcthorsebatterystaplecorrecthorsebatterystaple",
    "xK9#mQ2$xK9#mQ2$xK9#mQ2$xK9#mQ2$",
    "5f4dcc3b5aa765d61d8327deb882cf99",  # of the word password, by MD5
    "5E884898DA28047151D0E56F8DC6292773603D0D6AABBDD62A11EF721D1542D8",  # by SHA-256
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",  # of nothing
]


@pytest.mark.parametrize("secret", GUESSED)
def test_pattern_is_guessed(secret: str) -> None:
    assert is_guessable(secret)


@pytest.mark.parametrize(
    "secret",
    [
        "c2f0a1b7793d4e58b6a01f2d9c8e7345",
        "kJ8s-Qx2_vTz7LmN",
        "550e8400-e29b-41d4-a716-446655440000",
        "gorilla-umbrella-77-fjord-copper-lantern",
    ],
)
def test_what_has_no_pattern_is_not(secret: str) -> None:
    assert not is_guessable(secret)
