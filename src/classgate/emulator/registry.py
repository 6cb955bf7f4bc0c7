"""The account of the emulator: its bucket, its application and its access keys.

The permanent key has all permissions. A temporary key has those of its policy until it expires.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from classgate.emulator.clock import Clock
from classgate.emulator.database import Database
from classgate.emulator.im.plans import DEFAULT_PLAN, PLANS
from classgate.emulator.trtc.events import KEY as RTC_CALLBACK_KEY
from classgate.errors import ConfigurationError
from classgate.signing import cos_policy
from classgate.signing.encoding import from_epoch, to_epoch


@dataclass(frozen=True)
class EmulatorSettings:
    """The account that the emulator serves.

    Raises:
        ConfigurationError: The name of the bucket does not end with the app id, there is no such
            plan of IM, or the key of TRTC's events is malformed.
    """

    region: str
    cloud_app_id: str
    bucket: str
    secret_id: str
    secret_key: str = field(repr=False)
    sdk_app_id: int
    sdk_secret_key: str | None = field(default=None, repr=False)
    public_key_pem: bytes | None = None
    data_dir: Path | None = None
    im_admin: str = "administrator"
    im_plan: str = DEFAULT_PLAN
    rtc_is_international: bool = False
    """Whether TRTC is the international host, which can block audio and video."""
    rtc_callback_url: str = ""
    rtc_callback_key: str = field(default="", repr=False)
    enforces_rates: bool = False
    """Whether calls over the cloud's rates are refused."""

    def __post_init__(self) -> None:
        if not self.bucket.endswith(f"-{self.cloud_app_id}"):
            raise ConfigurationError(["the emulator's bucket must end with its app id"])
        if self.rtc_callback_url and not RTC_CALLBACK_KEY.fullmatch(self.rtc_callback_key):
            raise ConfigurationError(["the key of TRTC's events must be 1 to 32 letters or digits"])
        if self.im_plan not in PLANS:
            raise ConfigurationError([f"the emulator's plan must be one of {', '.join(PLANS)}"])


@dataclass(frozen=True)
class AccessKey:
    """A key that signs requests. A key without a policy is permanent and has all permissions."""

    secret_id: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    policy: cos_policy.Policy | None = None
    expires_at: datetime | None = None

    def has_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and at >= self.expires_at


class Registry:
    """Looks up access keys and the bucket."""

    def __init__(self, settings: EmulatorSettings, database: Database, clock: Clock) -> None:
        self.region = settings.region
        self.cloud_app_id = settings.cloud_app_id
        self.bucket = settings.bucket
        self._permanent = AccessKey(settings.secret_id, settings.secret_key)
        self._database = database
        self._clock = clock

    def has_bucket(self, bucket: str, region: str) -> bool:
        return (bucket, region) == (self.bucket, self.region)

    def find_bucket(self, cloud_app_id: str, short_name: str) -> str | None:
        """Return the full name of a bucket that the JSON API names in two parts, if it exists."""
        name = f"{short_name}-{cloud_app_id}"
        return name if name == self.bucket else None

    def find_key(self, secret_id: str) -> AccessKey | None:
        """Return the permanent key or a temporary one, even when it has expired."""
        if secret_id == self._permanent.secret_id:
            return self._permanent
        row = self._database.execute(
            "SELECT secret_id, secret_key, session_token, policy, expires_at"
            " FROM temporary_keys WHERE secret_id = ?",
            (secret_id,),
        ).fetchone()
        if row is None:
            return None
        policy = cos_policy.Policy.from_wire(row[3])
        return AccessKey(row[0], row[1], row[2], policy, from_epoch(row[4]))

    def add_temporary_key(self, policy: cos_policy.Policy, lifetime: timedelta) -> AccessKey:
        """Create a temporary key with the permissions of the policy."""
        # In whole seconds, because the response states the expiry in seconds.
        expires_at = from_epoch(to_epoch(self._clock.now() + lifetime))
        key = AccessKey(
            secret_id=f"AKID{secrets.token_urlsafe(48)}",
            secret_key=secrets.token_hex(22),
            session_token=secrets.token_urlsafe(120),
            policy=policy,
            expires_at=expires_at,
        )
        self._database.execute(
            "INSERT INTO temporary_keys VALUES (?, ?, ?, ?, ?)",
            (
                key.secret_id,
                key.secret_key,
                key.session_token,
                policy.to_wire(),
                to_epoch(expires_at),
            ),
        )
        return key
