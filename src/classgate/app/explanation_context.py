"""The configured keys and the store, as explanations need them."""

from datetime import datetime

from classgate.errors import InvalidSigningKey
from classgate.explain.models import CloudKey, ExplainContext, PublicKey, SdkSecret
from classgate.settings.partial import PartialSettings
from classgate.signing.keys import EcdsaPrivateKey


def explanation_context(
    settings: PartialSettings,
    now: datetime,
    *,
    identifier: str | None = None,
    chinese: bool = False,
) -> ExplainContext:
    """Return what an explanation is made with. A key file that cannot be read is left out."""
    return ExplainContext(
        now=now,
        sdk_app_id=settings.sdk_app_id,
        sdk_secrets=tuple(SdkSecret(*each) for each in settings.sdk_secrets),
        public_keys=tuple(
            key for name, pem in settings.private_keys if (key := _public_key(name, pem))
        ),
        cloud_keys=tuple(
            CloudKey(name=name, secret_id=secret_id, secret_key=secret_key)
            for name, secret_id, secret_key in settings.cloud_keys
        ),
        cloud_app_id=settings.cloud_app_id,
        bucket=settings.bucket,
        region=settings.region,
        identifier=identifier,
        chinese=chinese,
    )


def _public_key(name: str, pem: str) -> PublicKey | None:
    try:
        return PublicKey(name, EcdsaPrivateKey.from_pem(pem.encode()).public_key(), pem)
    except (InvalidSigningKey, UnicodeError):
        return None
