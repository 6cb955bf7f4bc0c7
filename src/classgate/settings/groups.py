"""The groups of settings: their fields, defaults and validation."""

import re
from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from classgate.client_address import parse_networks
from classgate.courseware.content_types import TYPES
from classgate.errors import ConfigurationError
from classgate.settings.types import (
    ApiKeyId,
    ApiKeySecret,
    DatabaseUrl,
    Endpoint,
    Host,
    PathSecret,
    Port,
    PrivateKeyText,
    RandomSecret,
    RtcCallbackKey,
    SdkSecretKeyText,
    Seconds,
    WordList,
    require_between,
)
from classgate.signing.keys import EcdsaPrivateKey, SdkSecretKey

# What may stand in braces in an endpoint.
_ENDPOINT_PLACEHOLDERS = {
    "cos_endpoint": ("bucket", "region"),
    "cos_json_endpoint": ("json_region",),
}
_JSON_REGIONS = {
    "ap-guangzhou": "gz",
    "ap-shanghai": "sh",
    "ap-beijing-1": "tj",
    "ap-singapore": "sgp",
}


class SettingsGroup(BaseModel):
    """A group of settings: immutable, without unknown fields, and silent about its values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class HttpSettings(SettingsGroup):
    """The API's listener."""

    host: Host = "127.0.0.1"
    port: Port = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 1  # processes; more than one on PostgreSQL only
    trusted_proxies: WordList = ()  # addresses or networks whose X-Forwarded-For is trusted
    cors_origins: WordList = ()  # origins of web clients, such as https://school.example

    @field_validator("trusted_proxies")
    @classmethod
    def _require_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            if parse_networks([proxy])[0].prefixlen == 0:
                raise ValueError(f"{proxy} is everybody, whose X-Forwarded-For cannot be believed")
        return proxies

    @field_validator("cors_origins")
    @classmethod
    def _require_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", origin):
                raise ValueError(
                    f"{origin!r} is not an origin such as https://school.example; '*' is refused"
                )
        return origins


class OperationsSettings(SettingsGroup):
    """The listener of /healthz, /readyz and /metrics. It must not be public."""

    host: Host = "127.0.0.1"
    port: Port = 9090


class DatabaseSettings(SettingsGroup):
    """The database: a SQLite file or a PostgreSQL server."""

    url: DatabaseUrl = SecretStr("sqlite:///classgate.db")

    @property
    def is_sqlite(self) -> bool:
        """Return whether it is a file, which one process serves."""
        return self.url.get_secret_value().startswith("sqlite:")


class ImSettings(SettingsGroup):
    """The application in the audio/video and IM console."""

    sdk_app_id: Annotated[int, Field(ge=1, le=2**32 - 1)]
    # The administrator of IM's REST API: a UserSig for this identifier controls all of IM.
    admin_identifier: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")] = "administrator"
    endpoint: str = "console.tim.qq.com"  # of the REST API; empty: it is not called
    secret_key: SdkSecretKeyText | None = None
    private_key: PrivateKeyText | None = None
    sign_with: Annotated[
        Literal["secret_key", "private_key"] | None, Field(validate_default=True)
    ] = None
    # The keys before the last rotation. Only `explain` uses them; they sign nothing.
    previous_secret_key: SdkSecretKeyText | None = None
    previous_private_key: PrivateKeyText | None = None

    @field_validator("endpoint")
    @classmethod
    def _require_endpoint(cls, endpoint: str) -> str:
        if endpoint:
            _require_host_and_port(endpoint)
        return endpoint

    @field_validator("sign_with")
    @classmethod
    def _require_one_key(cls, sign_with: str | None, info: ValidationInfo) -> str | None:
        # An invalid key is missing from `data`, and has an error of its own.
        keys = {name: info.data.get(name, ...) for name in ("secret_key", "private_key")}
        present = [name for name, key in keys.items() if key is not None]
        if not present:
            raise ValueError(
                "no signing key is set; set CLASSGATE_IM__SECRET_KEY (current "
                "applications) or CLASSGATE_IM__PRIVATE_KEY_FILE (applications with a key file)"
            )
        if len(present) == 2 and sign_with is None:
            raise ValueError("must name the key that signs: secret_key or private_key")
        if sign_with is not None and sign_with not in present:
            raise ValueError(f"names im.{sign_with}, which is not set")
        return sign_with

    def signing_key(self) -> EcdsaPrivateKey | SdkSecretKey:
        """Return the key that signs UserSigs. ConfigurationError if there is none."""
        if self.private_key is not None and self.sign_with != "secret_key":
            return EcdsaPrivateKey.from_pem(self.private_key.get_secret_value().encode())
        if self.secret_key is None:
            raise ConfigurationError(["im: no signing key is set"])
        return SdkSecretKey(self.secret_key.get_secret_value())


class CloudSettings(SettingsGroup):
    """The API key of a sub-account with least privilege, and the addresses of Tencent Cloud."""

    secret_id: ApiKeyId
    secret_key: ApiKeySecret
    region: str = "ap-guangzhou"
    scheme: Literal["https", "http"] = "https"
    # The defaults are validated too: with the scheme http they are refused.
    sts_endpoint: Endpoint = "sts.tencentcloudapi.com"
    cos_endpoint: Endpoint = "{bucket}.cos.{region}.myqcloud.com"
    cos_json_endpoint: Endpoint = "{json_region}.file.myqcloud.com"
    vod_endpoint: str = "vod.api.qcloud.com"
    trtc_endpoint: str = "trtc.tencentcloudapi.com"
    trtc_region: Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z0-9-]{1,30}$")] = "ap-guangzhou"
    trtc_blocks_users: bool = False
    # The API key before the last rotation. Only `explain` uses it; it signs nothing.
    previous_secret_id: ApiKeyId | None = None
    previous_secret_key: Annotated[ApiKeySecret | None, Field(validate_default=True)] = None

    @field_validator("previous_secret_key")
    @classmethod
    def _require_both_halves(
        cls, secret_key: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        secret_id = info.data.get("previous_secret_id", ...)
        if secret_id is not ... and (secret_id is None) != (secret_key is None):
            raise ValueError("belongs to cloud.previous_secret_id; set both or neither")
        return secret_key

    @field_validator(
        "sts_endpoint",
        "cos_endpoint",
        "cos_json_endpoint",
        "vod_endpoint",
        "trtc_endpoint",
    )
    @classmethod
    def _require_endpoints(cls, endpoint: str, info: ValidationInfo) -> str:
        if endpoint == "" and info.field_name == "trtc_endpoint":
            return endpoint
        _require_host_and_port(endpoint, _ENDPOINT_PLACEHOLDERS.get(info.field_name or "", ()))
        if info.data.get("scheme") == "http" and not _is_loopback(endpoint):
            raise ValueError(
                "must be on loopback while cloud.scheme is http, because http exposes keys"
            )
        return endpoint

    @property
    def vod_scheme(self) -> str:
        """Return `scheme` for an emulator on loopback, and https for every other VOD endpoint."""
        return self.scheme if _is_loopback(self.vod_endpoint) else "https"

    def calls(self, endpoint: str) -> bool:
        """Return whether IM or TRTC is called there: beside an emulator, only if it is one too."""
        return endpoint != "" and (self.scheme == "https" or _is_loopback(endpoint))


class CosSettings(SettingsGroup):
    """The bucket for courseware."""

    app_id: Annotated[str, Field(pattern=r"^[1-9][0-9]{4,14}$")]
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2,4}-[a-z0-9-]{2,30}$")]
    credential_lifetime: Seconds = timedelta(minutes=30)
    signature_lifetime: Seconds = timedelta(hours=1)
    abandoned_after: Seconds = timedelta(days=1)  # after an upload's last credentials expired
    max_size: Annotated[int, Field(ge=1, le=5 * 2**30)] = 512 * 2**20
    allowed_types: WordList = tuple(sorted(set(TYPES.values())))

    @field_validator("bucket")
    @classmethod
    def _require_app_id(cls, bucket: str, info: ValidationInfo) -> str:
        app_id = info.data.get("app_id")
        if app_id is not None and not bucket.endswith(f"-{app_id}"):
            raise ValueError(f"must end with the APPID of cos.app_id, as in courseware-{app_id}")
        return bucket

    @field_validator("credential_lifetime")
    @classmethod
    def _sts_limits(cls, lifetime: timedelta) -> timedelta:
        return require_between(lifetime, 60, 7200)

    @field_validator("signature_lifetime")
    @classmethod
    def _signature_limits(cls, lifetime: timedelta) -> timedelta:
        return require_between(lifetime, 60, 30 * 86400)

    @field_validator("abandoned_after")
    @classmethod
    def _abandonment_limits(cls, lifetime: timedelta) -> timedelta:
        # After a lost connection, a client can resume its upload for at least an hour.
        return require_between(lifetime, 3600, 30 * 86400)

    @field_validator("allowed_types")
    @classmethod
    def _require_content_types(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        for each in types:
            if not re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", each):
                raise ValueError(f"{each!r} is not a content type in lower case, such as image/png")
        if not types:
            raise ValueError("must contain at least one content type")
        return types

    @property
    def json_region(self) -> str:
        """Return the region's name in the JSON API (v4)."""
        return _JSON_REGIONS.get(self.region, self.region)


class AccountsSettings(SettingsGroup):
    """Accounts and sessions."""

    registration: Literal["closed", "invitation", "open"] = "closed"
    session_lifetime: Seconds = timedelta(days=7)
    idle_lifetime: Seconds = timedelta(days=1)
    argon2_time_cost: Annotated[int, Field(ge=1, le=20)] = 2
    argon2_memory_kib: Annotated[int, Field(ge=1024, le=2**20)] = 19 * 1024
    argon2_parallelism: Annotated[int, Field(ge=1, le=8)] = 1

    @field_validator("session_lifetime")
    @classmethod
    def _session_limits(cls, lifetime: timedelta) -> timedelta:
        return require_between(lifetime, 60, 90 * 86400)

    @field_validator("idle_lifetime")
    @classmethod
    def _idle_limits(cls, lifetime: timedelta) -> timedelta:
        # Use is recorded once a minute; a shorter limit would log active users out.
        return require_between(lifetime, 120, 90 * 86400)


def require_retention(retention: timedelta) -> timedelta:
    """Return the retention. ValueError: it is shorter than leases are kept."""
    if not retention:
        return retention
    return require_between(retention, 30 * 86400, 999_999_999)


class ClassroomsSettings(SettingsGroup):
    """Access windows, timeouts and lifetimes of classes."""

    private_map_key_lifetime: Seconds = timedelta(seconds=300)
    staff_opens_before: Seconds = timedelta(minutes=30)
    students_open_before: Seconds = timedelta(minutes=10)
    overrun: Seconds = timedelta(minutes=30)
    member_timeout: Seconds = timedelta(seconds=120)  # without a heartbeat: the member has left
    host_timeout: Seconds = timedelta(seconds=300)  # without the host's heartbeat: the class ends
    attendance_retention: Seconds = timedelta(0)  # 0: for ever

    @field_validator("private_map_key_lifetime")
    @classmethod
    def _private_map_key_limits(cls, lifetime: timedelta) -> timedelta:
        return require_between(lifetime, 10, 86400)

    @field_validator("staff_opens_before", "students_open_before", "overrun")
    @classmethod
    def _window_limits(cls, lifetime: timedelta) -> timedelta:
        return require_between(lifetime, 0, 86400)

    @field_validator("member_timeout", "host_timeout")
    @classmethod
    def _timeout_limits(cls, timeout: timedelta) -> timedelta:
        # Clients send heartbeats every 3 to 10 s; one lost heartbeat must not be a timeout.
        return require_between(timeout, 30, 86400)

    @field_validator("attendance_retention")
    @classmethod
    def _retention_limits(cls, retention: timedelta) -> timedelta:
        return require_retention(retention)


class CallbacksSettings(SettingsGroup):
    """The secrets that authenticate callbacks of the cloud. An unset one authenticates none."""

    path_secret: PathSecret | None = None  # a part of the callback address; only the cloud knows it
    live_key: RandomSecret | None = None  # live streaming: signs the callback of a recording
    im_token: RandomSecret | None = None  # IM: signs its webhooks, and that of a replay's index
    rtc_key: RtcCallbackKey | None = None  # TRTC: signs the events of rooms


class LegacySettings(SettingsGroup):
    """The legacy API, for clients of the 2017 backend."""

    enabled: bool = False
    lenient: bool = False
    reveal_unknown_account: bool = False
    student_registration: Literal["closed", "open"] = "closed"
    teacher_registration: Literal["closed", "open"] = "closed"
    password_min_length: Annotated[int, Field(ge=1, le=128)] = 10
    raw_fileid: bool = False
    cos_region: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,40}$")] = ""  # if empty: cos.region
    preview_tag: Annotated[str, Field(pattern=r"^[!-~]{0,100}$")] = ""
    vod_actions: WordList = ("DescribeVodInfo", "GetVideoInfo")

    @field_validator("vod_actions")
    @classmethod
    def _require_read_only(cls, actions: tuple[str, ...]) -> tuple[str, ...]:
        for action in actions:
            if not re.fullmatch(r"(Describe|Get|List|Search)[A-Za-z0-9]{1,60}", action):
                raise ValueError(
                    f"{action!r} does not start with Describe, Get, List or Search, as read-only "
                    "actions do"
                )
        return actions


class LogSettings(SettingsGroup):
    """The log, which is written to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


def _require_host_and_port(endpoint: str, placeholders: Collection[str] = ()) -> None:
    """Require `host` or `host:port`. ValueError."""
    example = endpoint
    for placeholder in placeholders:
        example = example.replace(f"{{{placeholder}}}", "x")
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", example):
        names = ", ".join(f"{{{each}}}" for each in placeholders) or "none"
        raise ValueError(
            f"must be a host or host:port, without a scheme; allowed placeholders: {names}"
        )
    port = example.partition(":")[2]
    if port and not 1 <= int(port) <= 65535:
        raise ValueError("the port must be a number from 1 to 65535")


def _is_loopback(endpoint: str) -> bool:
    host = endpoint.partition(":")[0]
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.")
