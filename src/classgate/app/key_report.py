"""Which keys are set, what is still valid under each, and when each may be dropped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from classgate.accounts import repository as accounts
from classgate.accounts.reserved_identifiers import FOREVER
from classgate.accounts.second_factors import repository as second_factors
from classgate.accounts.second_factors.sealing import SecretSealer
from classgate.app.setting_values import audit_keys_of, audit_secrets_of, signing_key_names_of
from classgate.audit import key_uses
from classgate.leases import key_repository
from classgate.leases.key_repository import KeyUse
from classgate.settings.loading import Settings
from classgate.signing.key_names import name_of_api_key, name_of_public_key, name_of_sdk_secret
from classgate.signing.keys import EcdsaPrivateKey
from classgate.storage.database import DatabaseConnection


@dataclass(frozen=True, kw_only=True)
class SigningKeyReport:
    """A key that signs, or signed."""

    setting: str | None  # None: it is not set, but something under it is valid
    name: str | None  # None: what was issued before the name was recorded
    signs: bool
    uses: Sequence[KeyUse]

    @property
    def free_at(self) -> datetime | None:
        """Return when everything under it has expired that expires; None: it has."""
        return max((each.last_expiry for each in self.uses if each.last_expiry), default=None)

    @property
    def unlimited(self) -> int:
        return sum(each.unlimited for each in self.uses)


@dataclass(frozen=True, kw_only=True)
class AuditKeyReport:
    """A key of the audit."""

    setting: str | None  # None: rows that verify under no key that is set
    name: str | None
    writes: bool
    chains: int
    last_row_at: datetime | None
    second_factors: int
    held_identifiers: int
    held_until: datetime | None

    @property
    def is_held_forever(self) -> bool:
        return self.held_until is not None and self.held_until >= FOREVER


@dataclass(frozen=True)
class KeyReport:
    """All keys."""

    signing: Sequence[SigningKeyReport]
    audit: Sequence[AuditKeyReport]


async def read_key_report(
    settings: Settings, connection: DatabaseConnection, now: datetime
) -> KeyReport:
    """Return the keys that are set, and those that are not set but still needed."""
    uses = await key_repository.list_uses(connection, now)
    current = signing_key_names_of(settings)
    named = _signing_keys(settings)
    unset = sorted({each.signed_by or "" for each in uses} - set(named.values()))
    signing = [
        SigningKeyReport(
            setting=setting,
            name=name or None,
            signs=setting is not None and name in {current.im, current.cloud},
            uses=[each for each in uses if (each.signed_by or "") == name],
        )
        for setting, name in (*named.items(), *((None, name) for name in unset))
    ]
    return KeyReport(signing, await _read_audit_keys(settings, connection))


def _signing_keys(settings: Settings) -> dict[str, str]:
    """Return the names of the keys by their settings."""
    im, cloud = settings.im, settings.cloud
    found: dict[str, str] = {}
    for setting, secret in (("", im.secret_key), ("previous_", im.previous_secret_key)):
        if secret is not None:
            found[f"im.{setting}secret_key"] = name_of_sdk_secret(secret.get_secret_value())
    for setting, pem in (("", im.private_key), ("previous_", im.previous_private_key)):
        if pem is not None:
            key = EcdsaPrivateKey.from_pem(pem.get_secret_value().encode())
            found[f"im.{setting}private_key"] = name_of_public_key(key.public_key())
    for setting, secret_id in (("", cloud.secret_id), ("previous_", cloud.previous_secret_id)):
        if secret_id is not None:
            found[f"cloud.{setting}secret_id"] = name_of_api_key(secret_id.get_secret_value())
    return found


async def _read_audit_keys(
    settings: Settings, connection: DatabaseConnection
) -> list[AuditKeyReport]:
    keys, sealer = audit_keys_of(settings), SecretSealer(audit_secrets_of(settings))
    chains = await key_uses.list_uses(connection, keys)
    names: list[str | None] = [key.name for key in keys.all]
    sealed = Counter[str | None](
        None if (number := sealer.find_key(secret, account)) is None else names[number]
        for account, secret in await second_factors.list_sealed(connection)
    )
    held = await accounts.list_holds_by_key(connection)
    # What was held before the name was recorded is under the oldest key.
    oldest = names[-1]
    reports = []
    for number, name in enumerate((*names, None)):
        use = chains.get(name, key_uses.AuditKeyUse(0, None))
        holds = [
            each for each in held
            if each.key_name == name or (each.key_name is None and name == oldest)
            or (name is None and each.key_name not in {None, *names})
        ]  # fmt: skip
        setting = None if name is None else "audit.previous_key" if number else "audit.key"
        if name is None and not (use.chains or sealed[None] or holds):
            continue
        reports.append(
            AuditKeyReport(
                setting=setting,
                name=name,
                writes=number == 0,
                chains=use.chains,
                last_row_at=use.last_row_at,
                second_factors=sealed[name],
                held_identifiers=sum(each.identifiers for each in holds),
                held_until=max((each.last for each in holds), default=None),
            )
        )
    return reports
