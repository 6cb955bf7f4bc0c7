"""Values for services, converted from the settings."""

from collections.abc import Sequence

from classgate.accounts.console_access import ConsoleAccess
from classgate.accounts.passwords import HashingCost
from classgate.audit.chain import AuditKey, AuditKeys
from classgate.classrooms.models import AccessWindows, PresenceTimeouts
from classgate.client_address import parse_networks
from classgate.cloud.cos import CosEndpoint
from classgate.cloud.im import ImEndpoint
from classgate.cloud.rtc import RtcEndpoint
from classgate.cloud.sts import StsEndpoint
from classgate.cloud.vod import VodEndpoint
from classgate.courseware.models import BucketSettings
from classgate.leases.kinds import SigningKeyNames
from classgate.legacy.accounts import LegacyAccountPolicy
from classgate.settings.loading import Settings
from classgate.signing.key_names import name_of_api_key, name_of_public_key, name_of_sdk_secret
from classgate.signing.keys import EcdsaPrivateKey


def hashing_cost_of(settings: Settings) -> HashingCost:
    """Return the parameters of argon2id."""
    accounts = settings.accounts
    return HashingCost(
        accounts.argon2_time_cost, accounts.argon2_memory_kib, accounts.argon2_parallelism
    )


def console_access_of(settings: Settings) -> ConsoleAccess:
    """Return the rules by which admins may use the console."""
    console = settings.console
    return ConsoleAccess(
        enabled=console.enabled,
        requires_second_factor=console.second_factor == "required",
        admin_networks=parse_networks(console.admin_networks),
    )


def access_windows_of(settings: Settings) -> AccessWindows:
    """Return the access windows of classes."""
    classrooms = settings.classrooms
    return AccessWindows(
        staff_opens_before=classrooms.staff_opens_before,
        students_open_before=classrooms.students_open_before,
        overrun=classrooms.overrun,
        private_map_key_lifetime=classrooms.private_map_key_lifetime,
    )


def bucket_settings_of(settings: Settings) -> BucketSettings:
    """Return the bucket and its upload rules."""
    cos, cloud = settings.cos, settings.cloud
    json_host = cloud.cos_json_endpoint.format(json_region=cos.json_region)
    return BucketSettings(
        cloud_app_id=cos.app_id,
        bucket=cos.bucket,
        region=cos.region,
        max_size=cos.max_size,
        allowed_types=cos.allowed_types,
        credential_lifetime=cos.credential_lifetime,
        signature_lifetime=cos.signature_lifetime,
        url=bucket_url_of(settings),
        json_api_url=f"{cloud.scheme}://{json_host}",
    )


def sts_endpoint_of(settings: Settings) -> StsEndpoint:
    """Return the STS endpoint and its key."""
    cloud = settings.cloud
    return StsEndpoint(
        scheme=cloud.scheme,
        endpoint=cloud.sts_endpoint,
        region=cloud.region,
        secret_id=cloud.secret_id.get_secret_value(),
        secret_key=cloud.secret_key.get_secret_value(),
    )


def bucket_url_of(settings: Settings) -> str:
    """Return the scheme and host of the bucket."""
    endpoint = cos_endpoint_of(settings)
    return f"{endpoint.scheme}://{endpoint.host}"


def cos_endpoint_of(settings: Settings) -> CosEndpoint:
    """Return the COS endpoint and its key."""
    cloud, cos = settings.cloud, settings.cos
    return CosEndpoint(
        scheme=cloud.scheme,
        host=cloud.cos_endpoint.format(bucket=cos.bucket, region=cos.region),
        secret_id=cloud.secret_id.get_secret_value(),
        secret_key=cloud.secret_key.get_secret_value(),
    )


def presence_timeouts_of(settings: Settings) -> PresenceTimeouts:
    """Return the presence timeouts."""
    return PresenceTimeouts(settings.classrooms.member_timeout, settings.classrooms.host_timeout)


def vod_endpoint_of(settings: Settings) -> VodEndpoint:
    """Return the VOD endpoint and its key."""
    cloud = settings.cloud
    return VodEndpoint(
        scheme=cloud.vod_scheme,
        endpoint=cloud.vod_endpoint,
        secret_id=cloud.secret_id.get_secret_value(),
        secret_key=cloud.secret_key.get_secret_value(),
    )


def im_endpoint_of(settings: Settings) -> ImEndpoint:
    """Return the IM endpoint and its administrator."""
    return ImEndpoint(
        scheme=settings.cloud.scheme,
        endpoint=settings.im.endpoint,
        sdk_app_id=settings.im.sdk_app_id,
        admin_identifier=settings.im.admin_identifier,
    )


def rtc_endpoint_of(settings: Settings) -> RtcEndpoint:
    """Return the TRTC endpoint and its key."""
    cloud = settings.cloud
    return RtcEndpoint(
        scheme=cloud.scheme,
        endpoint=cloud.trtc_endpoint,
        region=cloud.trtc_region,
        secret_id=cloud.secret_id.get_secret_value(),
        secret_key=cloud.secret_key.get_secret_value(),
        sdk_app_id=settings.im.sdk_app_id,
        can_block=cloud.trtc_blocks_users,
    )


def legacy_account_policy_of(settings: Settings) -> LegacyAccountPolicy:
    """Return the account policy of the legacy API."""
    legacy = settings.legacy
    return LegacyAccountPolicy(
        students_may_register=legacy.student_registration == "open",
        teachers_may_register=legacy.teacher_registration == "open",
        password_min_length=legacy.password_min_length,
        reveal_unknown_account=legacy.reveal_unknown_account,
    )


def signing_key_names_of(settings: Settings) -> SigningKeyNames:
    """Return the names of the keys that sign."""
    im, cloud = settings.im, settings.cloud
    if im.private_key is not None and im.sign_with != "secret_key":
        key = EcdsaPrivateKey.from_pem(im.private_key.get_secret_value().encode())
        im_name = name_of_public_key(key.public_key())
    else:
        secret_key = "" if im.secret_key is None else im.secret_key.get_secret_value()
        im_name = name_of_sdk_secret(secret_key)
    return SigningKeyNames(im_name, name_of_api_key(cloud.secret_id.get_secret_value()))


def audit_secrets_of(settings: Settings) -> Sequence[str]:
    """Return the audit's keys, the one that writes first."""
    keys = (settings.audit.key, *settings.audit.previous_keys())
    return [key.get_secret_value() for key in keys]


def audit_keys_of(settings: Settings) -> AuditKeys:
    """Return the audit's keys as they are used."""
    current, *previous = map(AuditKey, audit_secrets_of(settings))
    return AuditKeys(current, tuple(previous))
