"""What services are given of the settings: values, not the tree."""

from classgate.accounts.legacy_access import LegacyRules
from classgate.accounts.passwords import HashingCost
from classgate.classrooms.models import Silence, Windows
from classgate.cloud.cos import CosAddress
from classgate.cloud.sts import StsAddress
from classgate.cloud.vod import VodAddress
from classgate.courseware.models import Store
from classgate.settings import Settings


def hashing_cost_of(settings: Settings) -> HashingCost:
    """argon2id's parameters."""
    accounts = settings.accounts
    return HashingCost(
        accounts.argon2_time_cost, accounts.argon2_memory_kib, accounts.argon2_parallelism
    )


def windows_of(settings: Settings) -> Windows:
    """When classes may be entered."""
    classrooms = settings.classrooms
    return Windows(
        staff_opens_before=classrooms.staff_opens_before,
        students_open_before=classrooms.students_open_before,
        overrun=classrooms.overrun,
        ticket_lifetime=classrooms.ticket_lifetime,
    )


def store_of(settings: Settings) -> Store:
    """The bucket, and what goes into it."""
    cos, cloud = settings.cos, settings.cloud
    json_host = cloud.cos_json_endpoint.format(json_region=cos.json_region)
    return Store(
        cloud_app_id=cos.app_id,
        bucket=cos.bucket,
        region=cos.region,
        max_size=cos.max_size,
        allowed_types=cos.allowed_types,
        credential_lifetime=cos.credential_lifetime,
        signature_lifetime=cos.signature_lifetime,
        json_api_url=f"{cloud.scheme}://{json_host}",
    )


def sts_address_of(settings: Settings) -> StsAddress:
    """Where STS is asked, and with which key."""
    cloud = settings.cloud
    return StsAddress(
        scheme=cloud.scheme,
        endpoint=cloud.sts_endpoint,
        region=cloud.region,
        secret_id=cloud.secret_id.get_secret_value(),
        secret_key=cloud.secret_key.get_secret_value(),
    )


def cos_address_of(settings: Settings) -> CosAddress:
    """Where the bucket is asked, and with which key."""
    cloud, cos = settings.cloud, settings.cos
    return CosAddress(
        scheme=cloud.scheme,
        host=cloud.cos_endpoint.format(bucket=cos.bucket, region=cos.region),
        secret_id=cloud.secret_id.get_secret_value(),
        secret_key=cloud.secret_key.get_secret_value(),
    )


def silence_of(settings: Settings) -> Silence:
    """How long nothing may be heard of somebody."""
    return Silence(settings.classrooms.member_silence, settings.classrooms.host_silence)


def vod_address_of(settings: Settings) -> VodAddress:
    """Where the video service is asked, and with which key."""
    cloud = settings.cloud
    return VodAddress(
        scheme=cloud.vod_scheme,
        endpoint=cloud.vod_endpoint,
        secret_id=cloud.secret_id.get_secret_value(),
        secret_key=cloud.secret_key.get_secret_value(),
    )


def legacy_rules_of(settings: Settings) -> LegacyRules:
    """What the school decided about accounts at the door for old clients."""
    legacy = settings.legacy
    return LegacyRules(
        students_may_register=legacy.student_registration == "open",
        teachers_may_register=legacy.teacher_registration == "open",
        password_min_length=legacy.password_min_length,
        reveal_unknown_account=legacy.reveal_unknown_account,
    )
