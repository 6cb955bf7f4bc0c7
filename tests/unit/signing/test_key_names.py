"""Names of keys: stable, different for different keys, and silent about a secret."""

from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.pem_keys import private_pem

from classgate.signing.key_names import name_of_api_key, name_of_public_key, name_of_sdk_secret
from classgate.signing.keys import EcdsaPrivateKey

SECRET = "0123456789abcdef" * 4


def test_names_are_those_of_sha256sum() -> None:
    """By `printf 'classgate key name 1 sdk …' | sha256sum`."""
    assert name_of_sdk_secret(SECRET) == "sdk-fa7e0932b90b"
    assert name_of_api_key("AKIDexample") == "api-7bea0c26b083"


def test_name_of_a_key_file_is_the_same_in_every_form_and_another_for_another_key() -> None:
    pair, other = (ec.generate_private_key(ec.SECP256K1()) for _ in range(2))
    first, again, another = (
        name_of_public_key(EcdsaPrivateKey.from_pem(private_pem(each)).public_key())
        for each in (pair, pair, other)
    )
    assert first == again != another
    assert first.startswith("ec-")
