"""Policies against a second, slow reading of them, written here without the code under test.

The model knows three answers, because a policy may hold what has no agreed meaning: yes, no, and
unknown. An allow counts when it is a yes; a deny counts unless it is a no.
"""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from classgate.signing.cos_policy import ObjectResource, Policy, policy_allows
from classgate.signing.policy_conditions import condition_holds
from classgate.signing.policy_resources import pattern_matches

BOUNDED = settings(max_examples=1000, deadline=None, database=None)

REGION, APP_ID, BUCKET = "ap-guangzhou", "1250000000", "courseware-1250000000"
YES, NO, UNKNOWN = 1.0, 0.0, 0.5

# ── the model ───────────────────────────────────────────────────────────────────────────────────


def model_allows(document: Any, action: str, asked: ObjectResource, context: Any) -> bool:
    allowed = denied = NO
    statements = document["statement"]
    for each in statements if isinstance(statements, list) else [statements]:
        answer = min(
            max(about_action(one, action) for one in as_list(each["action"])),
            max(about_resource(one, asked) for one in as_list(each["resource"])),
            about_condition(each.get("condition", {}), context),
        )
        if each["effect"] == "deny":
            denied = max(denied, answer)
        else:
            allowed = max(allowed, answer)
    return allowed == YES and denied == NO


def as_list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def about_text(pattern: str, text: str) -> float:
    """A star at the very end is any ending; elsewhere nobody knows what a wildcard is."""
    if pattern == text:
        return YES
    if pattern[-1:] == "*" and text[: len(pattern) - 1] == pattern[:-1]:
        return YES
    inside = pattern[:-1] if pattern[-1:] == "*" else pattern
    return UNKNOWN if "*" in inside or "?" in inside else NO


def about_action(pattern: str, action: str) -> float:
    """Both spellings are one: with `name/` at the beginning and without."""
    bare = [each[5:] if each[:5] == "name/" else each for each in (pattern, action)]
    return about_text(bare[0], bare[1])


def about_resource(pattern: str, asked: ObjectResource) -> float:
    if pattern == "*":
        return YES
    parts = pattern.split(":", 5)
    if len(parts) != 6 or parts[:3] != ["qcs", "", "cos"] or not parts[5]:
        return UNKNOWN
    region, owner, place = parts[3:]
    if not owner.startswith("uid/") or not owner[4:].isdigit():
        return UNKNOWN
    region_matches = YES if region in ("", "*", asked.region) else NO
    if region_matches == NO and "*" in region:
        region_matches = UNKNOWN
    short = asked.bucket[: -len(asked.cloud_app_id) - 1]
    full = f"{asked.bucket}/{asked.object_key}"
    old = f"prefix//{asked.cloud_app_id}/{short}/{asked.object_key}"
    owner_matches = YES if owner[4:] == asked.cloud_app_id else NO
    return min(region_matches, owner_matches, max(about_text(place, full), about_text(place, old)))


def about_condition(condition: Any, context: Any) -> float:
    answers = [YES]
    for operator, keys in condition.items():
        for key, wanted in keys.items():
            answers.append(about_key(operator, key, wanted, context))
    return min(answers)


NEGATIONS = {
    "string_not_equal": "string_equal",
    "numeric_not_equal": "numeric_equal",
    "ip_not_equal": "ip_equal",
}
POSITIVE = (
    "string_equal", "string_like", "ip_equal", "numeric_equal", "numeric_less_than",
    "numeric_less_than_equal", "numeric_greater_than", "numeric_greater_than_equal",
)  # fmt: skip


def about_key(operator: str, key: str, wanted: Any, context: Any) -> float:
    optional = operator.endswith("_if_exist")
    name = operator[: -len("_if_exist")] if optional else operator
    positive = NEGATIONS.get(name, name)
    if positive not in POSITIVE:
        return UNKNOWN
    if key not in context:
        # An address is never left out; a header or a parameter may be.
        if key not in ("cos:content-type", "cos:content-length"):
            return UNKNOWN
        return YES if optional else NO
    answers = [about_value(positive, str(context[key]), each) for each in as_list(wanted)]
    answer = max(answers, default=NO)
    return answer if positive == name else YES - answer


def about_value(name: str, have: str, wanted: Any) -> float:
    if type(wanted) not in (str, int):
        return UNKNOWN
    text = str(wanted)
    if name == "string_equal":
        return YES if have == text else NO
    if name == "string_like":
        return YES if like(have, text) else NO
    if name.startswith("numeric_"):
        return about_numbers(name, have, text)
    bits = [bits_of(each.partition("/")[0]) for each in (have, text)]
    length = text.partition("/")[2] or "32"
    if None in bits or not length.isdigit() or int(length) > 32:
        return UNKNOWN
    return YES if str(bits[0])[: int(length)] == str(bits[1])[: int(length)] else NO


def about_numbers(name: str, have: str, limit: str) -> float:
    if not all(each and set(each) <= set("0123456789") for each in (have, limit)):
        return UNKNOWN
    holds = {
        "numeric_equal": [0],
        "numeric_less_than": [-1],
        "numeric_less_than_equal": [-1, 0],
        "numeric_greater_than": [1],
        "numeric_greater_than_equal": [0, 1],
    }
    return YES if (int(have) > int(limit)) - (int(have) < int(limit)) in holds[name] else NO


def like(text: str, pattern: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(like(text[cut:], pattern[1:]) for cut in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and like(text[1:], pattern[1:])


def bits_of(address: str) -> str | None:
    numbers = address.split(".")
    if len(numbers) != 4 or not all(each.isdigit() and int(each) < 256 for each in numbers):
        return None
    return "".join(f"{int(each):08b}" for each in numbers)


# ── what it is asked about ──────────────────────────────────────────────────────────────────────

actions = st.sampled_from(["name/cos:PutObject", "name/cos:GetObject", "name/cos:PutObjectCopy"])
action_patterns = actions | st.sampled_from(
    [
        "*",
        "name/*",
        "name/cos:*",
        "cos:*",
        "name/cos:Put*",
        "cos:PutObject",
        "cos:Put*",
        "name/cos:*Object",
        "name/cos:?etObject",
        "PutObject",
        "name/",
    ]
)
keys = st.sampled_from(
    ["", "a", "a/b", "a/b/c", "a/", "ab", "A/b", "a*", "a/*", "a?b", "课/b", "b"]
)
key_patterns = keys | st.sampled_from(
    ["*", "a*", "a/*", "a/b*", "*b", "a*b", "a/?", "**", "a**", ""]
)
buckets = st.sampled_from([BUCKET, "other-1250000000"])
regions = st.sampled_from([REGION, "", "*", "ap-*", "ap-beijing"])
app_ids = st.sampled_from([APP_ID, APP_ID, "1259999999", "x"])


@st.composite
def resource_patterns(draw: st.DrawFn) -> str:
    bucket, key = draw(buckets), draw(key_patterns)
    places = [
        f"{bucket}/{key}",
        f"prefix//{APP_ID}/{bucket.rpartition('-')[0]}/{key}",
        key,
        f"{bucket}{key}",
    ]
    named = f"qcs::cos:{draw(regions)}:uid/{draw(app_ids)}:{draw(st.sampled_from(places))}"
    return draw(st.sampled_from([named, named, named, "*", "qcs::cvm:::x", "nothing"]))


values = st.sampled_from(
    ["10.1.2.3", "10.1.0.0/16", "10.1.2.0/24", "10.9.9.9", "text/plain", "text/*", "t?xt/plain",
     "[a]", 5, 7, "7", "07", "x", "", True, None, 1.5, ["7"], "10.1.2.3/40"]
)  # fmt: skip
operators = st.sampled_from(
    [*POSITIVE, *NEGATIONS, "date_equal", "for_any_value:string_equal"]
).flatmap(lambda name: st.sampled_from([name, f"{name}_if_exist"]))
names = st.sampled_from(["qcs:ip", "cos:content-type", "cos:content-length", "qcs:vpc"])
conditions = st.dictionaries(
    operators, st.dictionaries(names, values | st.lists(values, max_size=3), max_size=2), max_size=2
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {
        "effect": draw(st.sampled_from(["allow", "allow", "deny"])),
        "action": draw(action_patterns | st.lists(action_patterns, min_size=1, max_size=3)),
        "resource": draw(
            resource_patterns() | st.lists(resource_patterns(), min_size=1, max_size=3)
        ),
    }
    return made | draw(st.just({}) | st.fixed_dictionaries({"condition": conditions}))


policies = st.fixed_dictionaries(
    {"version": st.just("2.0"), "statement": st.lists(statements(), min_size=1, max_size=3)}
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "qcs:ip": st.sampled_from(["10.1.2.3", "10.1.200.1", "192.168.0.1"]),
        "cos:content-type": st.sampled_from(["text/plain", "[a]", "x"]),
        "cos:content-length": st.sampled_from([5, 6, 7, 8]),
    },
)


@BOUNDED
@given(policies, actions, buckets, keys, contexts)
def test_a_policy_allows_what_the_model_allows(
    document: Any, action: str, bucket: str, key: str, context: Any
) -> None:
    asked = ObjectResource(REGION, APP_ID, bucket, key)
    policy = Policy.from_wire(json.dumps(document))
    allowed = policy_allows(policy, action=action, resource=asked, context=context)
    assert allowed == model_allows(document, action, asked, context)
    # Written again, it is the same policy.
    again = Policy.from_wire(policy.to_wire())
    assert policy_allows(again, action=action, resource=asked, context=context) == allowed
    assert again == policy


# ── its parts, because in a whole policy the rare ones seldom decide ─────────────────────────────


@BOUNDED
@given(resource_patterns(), buckets, keys)
def test_a_resource_covers_what_the_model_says(pattern: str, bucket: str, key: str) -> None:
    asked = ObjectResource(REGION, APP_ID, bucket, key)
    answer = about_resource(pattern, asked)
    assert pattern_matches(pattern, asked, in_doubt=False) == (answer == YES)
    assert pattern_matches(pattern, asked, in_doubt=True) == (answer != NO)


@BOUNDED
@example("string_like", "cos:content-type", "[a]", {"cos:content-type": "[a]"})
@example("string_equal", "cos:content-length", ["x", 7], {"cos:content-length": 7})
@example("numeric_less_than_equal", "cos:content-length", ["x", 7], {"cos:content-length": 7})
@given(operators, names, values | st.lists(values, max_size=3), contexts)
def test_a_condition_holds_when_the_model_says_so(
    operator: str, name: str, wanted: Any, context: Any
) -> None:
    condition = {operator: {name: wanted}}
    answer = about_condition(condition, context)
    assert condition_holds(condition, context, in_doubt=False) == (answer == YES)
    assert condition_holds(condition, context, in_doubt=True) == (answer != NO)


def test_the_model_knows_yes_no_and_unknown() -> None:
    """So that the comparison above is one: both answers come up, and all three of the model."""
    assert about_text("a/*", "a/b") == about_text("a", "a") == YES
    assert about_text("a/*", "a") == about_text("a", "b") == NO
    assert about_text("*/b", "a/b") == about_text("a?", "ab") == UNKNOWN
    assert like("text/plain", "t?xt/*")
    assert not like("text", "t?t")
    assert about_value("ip_equal", "10.1.2.3", "10.1.0.0/16") == YES
    assert about_value("ip_equal", "10.2.2.3", "10.1.0.0/16") == NO
