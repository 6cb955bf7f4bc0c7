"""What the pages give operators to paste is what the product needs, in both languages."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from classgate.courseware import object_keys, upload_policy
from classgate.courseware.models import BucketSettings
from classgate.diagnosis.cors_rules import find_missing, parse_rules
from classgate.signing.cos_policy import ObjectResource, Policy, policy_allows

ROOT = Path(__file__).parents[2]
PAGES = ("docs/how-to/first-hour.md", "docs/zh-CN/first-hour.md")
REGION, APP_ID, BUCKET = "ap-guangzhou", "1250000000", "courseware-1250000000"
KEYS = (
    object_keys.for_upload(17, "u1", "函数 1.pdf"),
    f"{object_keys.prefix_for_lease(17, 'l1')}a.pdf",
    "classes/17/direct/a.pdf",
    "classes/0/doctor-0123456789ab/probe",
)
# By whom: `cloud.cos` and presigned downloads, on objects; `doctor` and cleaning up, on the bucket.
ON_OBJECTS = ("HeadObject", "GetObject", "DeleteObject", "AbortMultipartUpload")
ON_THE_BUCKET = ("HeadBucket", "GetBucketCORS", "ListMultipartUploads")


def _block(page: str, language: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    (found,) = re.findall(f"```{language}\n(.*?)```", text, re.DOTALL)
    assert isinstance(found, str)
    return found


def _allows(policy: Policy, action: str, key: str, bucket: str = BUCKET) -> bool:
    resource = ObjectResource(REGION, APP_ID, bucket, key)
    return policy_allows(policy, action=f"name/cos:{action}", resource=resource)


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def policy(page: str) -> Policy:
    return Policy.from_wire(_block(page, "json"))


def test_policy_lets_temporary_keys_be_asked_for(page: str) -> None:
    first = json.loads(_block(page, "json"))["statement"][0]
    assert first["action"] == ["name/sts:GetFederationToken"]
    assert first["resource"] == ["*"]


@pytest.mark.parametrize("key", KEYS)
def test_policy_holds_all_that_the_product_grants_and_does(policy: Policy, key: str) -> None:
    store = BucketSettings(
        cloud_app_id=APP_ID,
        bucket=BUCKET,
        region=REGION,
        max_size=1,
        allowed_types=(),
        credential_lifetime=timedelta(minutes=30),
        signature_lifetime=timedelta(hours=1),
        url="https://courseware-1250000000.cos.ap-guangzhou.myqcloud.com",
        json_api_url="https://example.invalid",
    )
    granted = {
        action.removeprefix("name/cos:")
        for statement in upload_policy.for_object(store, key).statements
        for action in statement.actions
    }
    assert len(granted) == 8
    for action in granted | set(ON_OBJECTS):
        assert _allows(policy, action, key), action
    for action in ON_THE_BUCKET:
        assert _allows(policy, action, ""), action


def test_policy_holds_nothing_else(policy: Policy) -> None:
    for action in ("PutObject", "GetObject", "DeleteObject"):
        assert not _allows(policy, action, "elsewhere/a")
        assert not _allows(policy, action, KEYS[0], bucket=f"other-{APP_ID}")
    for action in ("GetBucket", "PutBucketCORS", "PutObjectACL", "DeleteBucket", "GetBucketACL"):
        assert not _allows(policy, action, KEYS[0])
        assert not _allows(policy, action, "")


def test_rule_for_browsers_passes_what_doctor_looks_for(page: str) -> None:
    rules = parse_rules(_block(page, "xml"))
    assert len(rules) == 1
    assert find_missing(rules, "https://class.school.example") == []
    assert find_missing(rules, "https://evil.example") == ["any rule for this origin"]


def test_both_languages_give_the_same() -> None:
    for language in ("json", "xml"):
        assert _block(PAGES[0], language) == _block(PAGES[1], language)
