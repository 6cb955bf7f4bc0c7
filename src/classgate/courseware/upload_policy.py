"""PURE: the policy of each kind of upload. Authorization happens before."""

from classgate.courseware.models import BucketSettings
from classgate.signing.cos_policy import Policy, policy_for_object, policy_for_prefix


def for_object(store: BucketSettings, object_key: str) -> Policy:
    """Allow uploading this key, simple, form or multipart, and nothing else."""
    return policy_for_object(
        region=store.region,
        cloud_app_id=store.cloud_app_id,
        bucket=store.bucket,
        object_key=object_key,
    )


def for_prefix(store: BucketSettings, prefix: str) -> Policy:
    """Allow uploading below this folder, and nothing else."""
    return policy_for_prefix(
        region=store.region, cloud_app_id=store.cloud_app_id, bucket=store.bucket, prefix=prefix
    )
