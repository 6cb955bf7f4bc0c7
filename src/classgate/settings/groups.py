"""The groups of settings: what each holds, its defaults, and what it does not take."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from classgate.client_address import parse_networks
from classgate.errors import ConfigurationError
from classgate.settings.types import (
    ApiKeyId,
    ApiKeySecret,
    AuditKeyText,
    DatabaseUrl,
    Endpoint,
    Host,
    PathSecret,
    Port,
    PrivateKeyText,
    RandomSecret,
    SdkSecretKeyText,
    Seconds,
    Words,
    require_between,
)
from classgate.signing.keys import EcdsaPrivateKey, SdkSecretKey

ONE_PROCESS = "for now one process serves, on SQLite and on PostgreSQL; set it to 1"

# What may stand in braces in an endpoint.
_PLACES = {"cos_endpoint": ("bucket", "region"), "cos_json_endpoint": ("json_region",)}
_JSON_REGIONS = {
    "ap-guangzhou": "gz",
    "ap-shanghai": "sh",
    "ap-beijing-1": "tj",
    "ap-singapore": "sgp",
}


class Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class HttpSettings(Group):
    """The API's listener."""

    host: Host = "127.0.0.1"
    port: Port = 8000
    workers: int = 1
    trusted_proxies: Words = ()  # addresses or networks whose X-Forwarded-For is believed
    cors_origins: Words = ()  # origins of web clients, as https://school.example

    @field_validator("workers")
    @classmethod
    def _one_worker(cls, workers: int) -> int:
        if workers != 1:
            raise ValueError(ONE_PROCESS)
        return workers

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            if parse_networks([proxy])[0].prefixlen == 0:
                raise ValueError(f"{proxy} is everybody, whose X-Forwarded-For cannot be believed")
        return proxies

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", origin):
                raise ValueError(f"{origin!r} is not an origin; '*' is not taken")
        return origins


class OperationsSettings(Group):
    """The listener for /healthz, /readyz and /metrics; not for the public."""

    host: Host = "127.0.0.1"
    port: Port = 9090


class DatabaseSettings(Group):
    """Where the data is: a file, or a PostgreSQL server."""

    url: DatabaseUrl = SecretStr("sqlite:///classgate.db")


class ImSettings(Group):
    """The application in the audio/video and IM console."""

    sdk_app_id: Annotated[int, Field(ge=1, le=2**32 - 1)]
    # Of IM's own interface: whoever has a UserSig of this name commands all of IM.
    admin_identifier: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")] = "administrator"
    secret_key: SdkSecretKeyText | None = None
    private_key: PrivateKeyText | None = None
    sign_with: Annotated[
        Literal["secret_key", "private_key"] | None, Field(validate_default=True)
    ] = None

    @field_validator("sign_with")
    @classmethod
    def _one_key(cls, sign_with: str | None, info: ValidationInfo) -> str | None:
        # A key that is there and bad is not in `data`, and is reported for itself.
        keys = {name: info.data.get(name, ...) for name in ("secret_key", "private_key")}
        given = [name for name, key in keys.items() if key is not None]
        if not given:
            raise ValueError(
                "there is no key to sign with; set CLASSGATE_IM__SECRET_KEY (current "
                "applications) or CLASSGATE_IM__PRIVATE_KEY_FILE (those with a key file)"
            )
        if len(given) == 2 and sign_with is None:
            raise ValueError("has to say which of the two keys signs")
        if sign_with is not None and sign_with not in given:
            raise ValueError(f"names im.{sign_with}, which is not set")
        return sign_with

    def signing_key(self) -> EcdsaPrivateKey | SdkSecretKey:
        """The key that signs UserSigs."""
        if self.private_key is not None and self.sign_with != "secret_key":
            return EcdsaPrivateKey.from_pem(self.private_key.get_secret_value().encode())
        if self.secret_key is None:
            raise ConfigurationError(["im: there is no key to sign with"])
        return SdkSecretKey(self.secret_key.get_secret_value())


class CloudSettings(Group):
    """The API key of a sub-account with the least rights, and where Tencent is reached."""

    secret_id: ApiKeyId
    secret_key: ApiKeySecret
    region: str = "ap-guangzhou"
    scheme: Literal["https", "http"] = "https"
    # The defaults are checked too: over plain http they are refused.
    sts_endpoint: Endpoint = "sts.tencentcloudapi.com"
    cos_endpoint: Endpoint = "{bucket}.cos.{region}.myqcloud.com"
    cos_json_endpoint: Endpoint = "{json_region}.file.myqcloud.com"
    vod_endpoint: str = "vod.api.qcloud.com"

    @field_validator("sts_endpoint", "cos_endpoint", "cos_json_endpoint", "vod_endpoint")
    @classmethod
    def _endpoints(cls, endpoint: str, info: ValidationInfo) -> str:
        allowed = _PLACES.get(info.field_name or "", ())
        example = endpoint
        for place in allowed:
            example = example.replace(f"{{{place}}}", "x")
        if not re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", example):
            names = ", ".join(f"{{{place}}}" for place in allowed) or "no place in braces"
            raise ValueError(f"a host with or without a port is wanted, without scheme; {names}")
        port = example.partition(":")[2]
        if port and not 1 <= int(port) <= 65535:
            raise ValueError("a port is a number from 1 to 65535")
        if info.data.get("scheme") == "http" and not _is_this_machine(endpoint):
            raise ValueError("over http only this machine is asked: keys would cross the net open")
        return endpoint

    @property
    def vod_scheme(self) -> str:
        """The others' for an emulator; the real one, the default, is asked over https alone."""
        return self.scheme if _is_this_machine(self.vod_endpoint) else "https"


class CosSettings(Group):
    """The bucket for courseware."""

    app_id: Annotated[str, Field(pattern=r"^[1-9][0-9]{4,14}$")]
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2,4}-[a-z0-9-]{2,30}$")]
    credential_lifetime: Seconds = timedelta(minutes=30)
    signature_lifetime: Seconds = timedelta(hours=1)
    abandoned_after: Seconds = timedelta(days=1)  # from the end of an upload's last credentials
    max_size: Annotated[int, Field(ge=1, le=5 * 2**30)] = 512 * 2**20
    allowed_types: Words = (
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/zip",
        "audio/mpeg",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "text/plain",
        "video/mp4",
    )

    @field_validator("bucket")
    @classmethod
    def _with_app_id(cls, bucket: str, info: ValidationInfo) -> str:
        app_id = info.data.get("app_id")
        if app_id is not None and not bucket.endswith(f"-{app_id}"):
            raise ValueError(f"has to end with the APPID of cos.app_id, as in courseware-{app_id}")
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
        # Somebody whose line was cut goes on with the same upload for at least an hour.
        return require_between(lifetime, 3600, 30 * 86400)

    @field_validator("allowed_types")
    @classmethod
    def _types(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        for each in types:
            if not re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", each):
                raise ValueError(f"{each!r} is not a content type in lower case, as image/png")
        if not types:
            raise ValueError("at least one content type is wanted")
        return types

    @property
    def json_region(self) -> str:
        """The region's name in the JSON API (v4)."""
        return _JSON_REGIONS.get(self.region, self.region)


class AccountsSettings(Group):
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
        # A use is noted once a minute; anything near that would log people out at work.
        return require_between(lifetime, 120, 90 * 86400)


class ClassroomsSettings(Group):
    """When a class may be entered."""

    private_map_key_lifetime: Seconds = timedelta(seconds=300)
    staff_opens_before: Seconds = timedelta(minutes=30)
    students_open_before: Seconds = timedelta(minutes=10)
    overrun: Seconds = timedelta(minutes=30)
    member_timeout: Seconds = timedelta(seconds=120)  # without a heartbeat, a member has left
    host_timeout: Seconds = timedelta(seconds=300)  # without its host's, a live class has ended

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
        # Clients send heartbeats every 3 to 10 s; less would throw people out for one lost packet.
        return require_between(timeout, 30, 86400)


class AuditSettings(Group):
    """The record of what was given."""

    key: AuditKeyText


class CallbacksSettings(Group):
    """How the cloud's own calls prove that they are its. What is not set proves nothing."""

    path_secret: PathSecret | None = None  # a part of the address that is known to the cloud alone
    live_key: RandomSecret | None = None  # of live streaming: signs the callback of a recording
    im_token: RandomSecret | None = None  # of IM's callbacks: signs that of a replay's index


class LegacySettings(Group):
    """The legacy API: for clients of the 2017 backend."""

    enabled: bool = False
    lenient: bool = False
    reveal_unknown_account: bool = False
    student_registration: Literal["closed", "open"] = "closed"
    teacher_registration: Literal["closed", "open"] = "closed"
    password_min_length: Annotated[int, Field(ge=1, le=128)] = 10
    raw_fileid: bool = False
    cos_region: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,40}$")] = ""  # empty: cos.region
    preview_tag: Annotated[str, Field(pattern=r"^[!-~]{0,100}$")] = ""
    vod_actions: Words = ("DescribeVodInfo", "GetVideoInfo")

    @field_validator("vod_actions")
    @classmethod
    def _read_only(cls, actions: tuple[str, ...]) -> tuple[str, ...]:
        for action in actions:
            if not re.fullmatch(r"(Describe|Get|List|Search)[A-Za-z0-9]{1,60}", action):
                raise ValueError(f"{action!r} is not the name of an action that only reads")
        return actions


class LogSettings(Group):
    """The log goes to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


def _is_this_machine(endpoint: str) -> bool:
    host = endpoint.partition(":")[0]
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.")
