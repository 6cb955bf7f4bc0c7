"""What a bucket's rules lack for pages of an origin."""

import pytest

from classgate.diagnosis.cors_rules import find_missing, parse_rules

ORIGIN = "https://class.school.example"


def _rule(
    origin: str = ORIGIN,
    methods: str = "PUT POST GET HEAD DELETE",
    headers: str = "*",
    exposed: str = "ETag x-cos-request-id",
) -> str:
    return (
        f"<CORSRule><ID>a</ID><AllowedOrigin>{origin}</AllowedOrigin>"
        + "".join(f"<AllowedMethod>{each}</AllowedMethod>" for each in methods.split())
        + "".join(f"<AllowedHeader>{each}</AllowedHeader>" for each in headers.split())
        + "".join(f"<ExposeHeader>{each}</ExposeHeader>" for each in exposed.split())
        + "<MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>"
    )


def _lacks(*rules: str) -> list[str]:
    document = f"<?xml version='1.0'?><CORSConfiguration>{''.join(rules)}</CORSConfiguration>"
    return find_missing(parse_rules(document), ORIGIN)


@pytest.mark.parametrize(
    "origin", [ORIGIN, "*", "https://*.school.example", "https://*", "*://class.school.example"]
)
def test_rule_with_everything_lacks_nothing(origin: str) -> None:
    assert _lacks(_rule(origin)) == []


@pytest.mark.parametrize(
    "origin",
    [
        "http://class.school.example",
        "https://class.school.example/",
        "https://class.school.example:8443",
        "class.school.example",
        "https://*.class.school.example",
    ],
)
def test_nearly_this_origin_is_another(origin: str) -> None:
    assert _lacks(_rule(origin)) == ["any rule for this origin"]


def test_no_rule_at_all() -> None:
    assert _lacks() == ["any rule for this origin"]
    assert find_missing(parse_rules("<html>"), ORIGIN) == ["any rule for this origin"]


def test_what_is_left_out_is_named() -> None:
    assert _lacks(_rule(methods="PUT GET HEAD DELETE")) == ["the method POST"]
    assert _lacks(_rule(exposed="x-cos-request-id")) == ["ETag exposed"]
    assert _lacks(_rule(headers="Authorization Content-*")) == ["the header x-cos-security-token"]


def test_names_of_headers_have_no_case() -> None:
    assert _lacks(_rule(headers="AUTHORIZATION CONTENT-TYPE Content-MD5 X-Cos-*")) == []
    assert _lacks(_rule(exposed="etag X-COS-REQUEST-ID")) == []


def test_first_rule_that_matches_answers_even_when_a_later_one_is_better() -> None:
    assert _lacks(_rule("*", exposed=""), _rule()) == ["ETag exposed", "x-cos-request-id exposed"]
    assert _lacks(_rule("https://other.example", exposed=""), _rule()) == []


def test_methods_may_be_spread_over_rules() -> None:
    assert _lacks(_rule(methods="PUT POST"), _rule(methods="GET HEAD DELETE")) == []
