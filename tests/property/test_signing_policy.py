"""Policies of temporary credentials, for all keys: none allows more than it names."""

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from classgate.errors import SigningError
from classgate.signing.cos_policy import (
    UPLOAD_ACTIONS,
    ObjectResource,
    Policy,
    policy_allows,
    policy_for_object,
    policy_for_prefix,
)

BOUNDED = settings(max_examples=300, deadline=None, database=None)

REGION, APP_ID, BUCKET = "ap-guangzhou", "1250000000", "courseware-1250000000"

# What another reader could take for nothing, for a separator, for a wildcard, or for the same.
NEARBY = [
    "", "/", "*", "?", ".", "..", "//", "/../", "/./", "%2f", "%2F", "%2e%2e/", "%252f", "%00", "%",
    "+", "\0", " ", "\n", "\\", "\u2215", "\uff0f", "\u200b", "\u0301", "\uff0e", "x",
]  # fmt: skip
plain_keys = st.from_regex(r"[A-Za-z0-9_-]{1,6}(/[A-Za-z0-9_-]{1,6}){0,3}", fullmatch=True)
actions = st.sampled_from(UPLOAD_ACTIONS)


def object_policy(key: str) -> Policy:
    """Through the wire, as the cloud reads it."""
    made = policy_for_object(region=REGION, cloud_app_id=APP_ID, bucket=BUCKET, object_key=key)
    return Policy.from_wire(made.to_wire())


def prefix_policy(prefix: str) -> Policy:
    made = policy_for_prefix(region=REGION, cloud_app_id=APP_ID, bucket=BUCKET, prefix=prefix)
    return Policy.from_wire(made.to_wire())


def asked(key: str, bucket: str = BUCKET) -> ObjectResource:
    return ObjectResource(REGION, APP_ID, bucket, key)


@st.composite
def near_misses(draw: st.DrawFn, key: str) -> str:
    """Keys that differ from one a little: cut, longer, in other case, with a wildcard."""
    place = draw(st.integers(0, len(key)))
    inserted = draw(st.sampled_from(NEARBY))
    removed = draw(st.integers(0, 2))
    changed = key[:place] + inserted + key[place + removed :]
    aside = [f"{key}{inserted}", f"{inserted}{key}", f"{key}/{inserted}", key[:-1], f"{key}{key}"]
    ways = [changed, changed.upper(), changed.lower(), changed.title(), *aside]
    return draw(st.sampled_from(ways))


@BOUNDED
@given(plain_keys, st.data(), actions)
def test_a_policy_for_one_key_allows_no_other(key: str, data: st.DataObject, action: str) -> None:
    other = data.draw(near_misses(key) | st.text(max_size=30))
    policy = object_policy(key)
    assert policy_allows(policy, action=action, resource=asked(key))
    assert policy_allows(policy, action=action, resource=asked(other)) == (other == key)


@BOUNDED
@given(plain_keys, st.data(), actions)
def test_a_policy_for_one_prefix_allows_nothing_outside(
    key: str, data: st.DataObject, action: str
) -> None:
    prefix = f"{key}/"
    other = data.draw(near_misses(f"{prefix}file") | st.text(max_size=30))
    policy = prefix_policy(prefix)
    assert policy_allows(policy, action=action, resource=asked(f"{prefix}file"))
    assert policy_allows(policy, action=action, resource=asked(other)) == other.startswith(prefix)


@BOUNDED
@given(plain_keys, st.text(max_size=40))
def test_a_policy_allows_no_other_action(key: str, action: str) -> None:
    assume(action not in UPLOAD_ACTIONS)
    for policy in (object_policy(key), prefix_policy(f"{key}/")):
        for name in (action, f"name/cos:{action}"):
            if name not in UPLOAD_ACTIONS:
                assert not policy_allows(policy, action=name, resource=asked(key))


@BOUNDED
@given(plain_keys, st.from_regex(r"[a-z0-9-]{1,12}-1250000000", fullmatch=True))
def test_a_policy_is_good_for_one_bucket(key: str, bucket: str) -> None:
    assume(bucket != BUCKET)
    for policy in (object_policy(key), prefix_policy(f"{key}/")):
        for name in (key, f"{key}/file"):
            assert not policy_allows(
                policy, action="name/cos:PutObject", resource=asked(name, bucket)
            )


@BOUNDED
@given(st.text(max_size=20))
@example("*")
@example("a/*")
@example("a*b")
@example("../b")
@example("a//b")
@example("a/./b")
@example("")
@example("/a")
@example("a/")
@example("a\n")
@example("课件")
def test_a_key_with_a_second_reading_gets_no_policy(key: str) -> None:
    plain = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/")
    readable = plain.issuperset(key) and {"", ".", ".."}.isdisjoint(key.split("/"))
    try:
        policy = object_policy(key)
    except SigningError:
        assert not readable
    else:
        assert readable
        assert policy_allows(policy, action="name/cos:PutObject", resource=asked(key))
