"""UserSigs of Tencent's library in what people paste: logs, dumps, chats, nested JSON."""

import base64
import html
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from tests.support.explained_tokens import APP, CONFIGURED, standard
from tests.support.user_sig_tokens import SECRET
from TLSSigAPIv2 import TLSSigAPIv2

from classgate.explain.explanation import explain
from classgate.explain.models import Explanation

Write = Callable[[str, str], str]


def made(identifier: str) -> str:
    token = TLSSigAPIv2(APP, SECRET).gen_sig(identifier, 86400)
    assert isinstance(token, str)
    return token


def explained(text: str, after: timedelta = timedelta()) -> Explanation:
    return explain(text, replace(CONFIGURED, now=datetime.now(UTC) + after))


def as_json(token: str, who: str) -> str:
    return json.dumps({"userSig": token, "userId": who})


# How logs, languages, pages and chats write a UserSig and whose it is.
WAYS: dict[str, Write] = {
    "var_dump": lambda token, who: (
        f'array(3) {{\n  ["userId"]=>\n  string({len(who)}) "{who}"\n  ["userSig"]=>\n'
        f'  string({len(token)}) "{token}"\n  ["sdkAppId"]=>\n  int({APP})\n}}'
    ),
    "print_r": lambda token, who: f"Array\n(\n    [userSig] => {token}\n    [userId] => {who}\n)",
    "Objective-C": lambda token, who: f'{{\n    userID = {who};\n    userSig = "{token}";\n}}',
    "Swift's log": lambda token, who: f'login userID={who} userSig=Optional("{token}")',
    "Swift": lambda token, who: f'let userID: String = "{who}"\nlet userSig: String = "{token}"',
    "Java": lambda token, who: f"UserInfo{{userId='{who}', userSig='{token}', sdkAppId={APP}}}",
    "Go": lambda token, who: f"{{UserSig:{token} SDKAppID:{APP} UserID:{who}}}",
    "a Go map": lambda token, who: f"map[userId:{who} userSig:{token}]",
    "Python": lambda token, who: str({"userSig": token, "userId": who, "ok": True, "x": None}),
    "Ruby": lambda token, who: f'{{:user_sig=>"{token}", :user_id=>"{who}"}}',
    "a line of a log": lambda token, who: f"10:00 login userId={who} userSig={token} ok",
    "a call": lambda token, who: f"onLogin(userSig={token}, userId={who})",
    "XML": lambda token, who: f"<userSig>{token}</userSig><userId>{who}</userId>",
    "a list": lambda token, who: json.dumps([{"userSig": token, "userId": who}]),
    "JSONP": lambda token, who: f"done({as_json(token, who)})",
    "JSON in JSON": lambda token, who: json.dumps({"code": 0, "data": as_json(token, who)}),
    "JSON in JSON in JSON": lambda token, who: json.dumps(
        {"body": json.dumps({"data": as_json(token, who)})}
    ),
    "Go's JSON": lambda token, who: f"https://h/?userId\\u003d{who}\\u0026userSig\\u003d{token}",
    "a page": lambda token, who: html.escape(f'<a href="/?userId={who}&userSig={token}">'),
    "an answer": lambda token, who: f"HTTP/1.1 200 OK\r\n\r\n{as_json(token, who)}",
    "three times escaped": lambda token, who: (
        f'{{\\\\\\"userSig\\\\\\":\\\\\\"{token}\\\\\\",\\\\\\"userId\\\\\\":\\\\\\"{who}\\\\\\"}}'
    ),
    "an object in a URL": lambda token, who: f"https://h/?d={quote(as_json(token, who))}",
    "code with variables": lambda token, who: f"login({{userID: userId, userSig: '{token}'}})",
    "another account before": lambda token, who: f"userId=eve left\nuserId={who} userSig={token}",
}
ALONE: dict[str, Callable[[str], str]] = {
    "quoted": lambda token: f"'{token}'",
    "typeset quotes": lambda token: f"“{token}”",
    "a fence": lambda token: f"```\n{token}\n```",
    "a code span": lambda token: f"`{token}`",
    "a label": lambda token: f"签名：{token}",
    "a sentence": lambda token: f"我的usersig是{token}，登不进去",
    "a column": lambda token: f"amy,{APP},{token}",
    "a table": lambda token: f"| amy | {token} |",
    "angle brackets": lambda token: f"<{token}>",
    "Rust": lambda token: f'Some("{token}")',
    "cells": lambda token: f'"amy"\t"{token}"',
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", ["amy", "T-9", "student_1024"])
def test_a_valid_one_is_never_called_wrong(way: str, who: str) -> None:
    found = explained(WAYS[way](made(who), who))
    assert (found.valid, found.causes) == (True, [])


@pytest.mark.parametrize(
    "value",
    ["user.id", "self.userId", "this.user", "getUserId()", "request.form.id", "xxx", "a**", "%s"],
)
def test_an_expression_or_a_mask_is_no_account(value: str) -> None:
    found = explained(f"userId={value}, userSig='{made('amy')}'")
    assert (found.valid, found.causes) == (True, [])


@pytest.mark.parametrize("way", ALONE)
def test_what_is_written_around_it_is_no_part_of_it(way: str) -> None:
    found = explained(ALONE[way](made("amy")))
    assert (found.valid, found.causes) == (True, [])


@pytest.mark.parametrize("way", [each for each in WAYS if each != "code with variables"])
def test_another_account_is_found(way: str) -> None:
    found = explained(WAYS[way](made("amy"), "bob"))
    assert (found.first_failure, found.causes[0].code) == ("identifier", "wrong_identifier")


@pytest.mark.parametrize("way", WAYS)
def test_an_expired_one_is_found(way: str) -> None:
    found = explained(WAYS[way](made("amy"), "amy"), timedelta(days=2))
    assert (found.first_failure, found.causes[0].code) == ("time", "expired")


TWO: dict[str, Callable[[str, str, str, str], str]] = {
    "lines": lambda a, x, b, y: f"userId={a} userSig={x}\nuserId={b} userSig={y}",
    "the token first": lambda a, x, b, y: f"userSig={x} userId={a}\nuserSig={y} userId={b}",
    "objects": lambda a, x, b, y: f"{{sig: '{x}', userId: '{a}'}},\n{{sig: '{y}', userId: '{b}'}}",
    "braces on lines": lambda a, x, b, y: (
        f"{{\n userSig = {x};\n userId = {a};\n}}\n{{\n userSig = {y};\n userId = {b};\n}}"
    ),
    "JSON": lambda a, x, b, y: f"[{as_json(x, a)}, {as_json(y, b)}]",
    "nested JSON": lambda a, x, b, y: json.dumps({a: as_json(x, a), b: as_json(y, b)}),
}


@pytest.mark.parametrize("form", TWO)
def test_each_of_two_accounts_has_its_own(form: str) -> None:
    amy, bob = made("amy"), made("bob")
    assert explained(TWO[form]("amy", amy, "bob", bob)).valid is True
    swapped = explained(TWO[form]("amy", bob, "bob", amy))
    assert swapped.causes[0].code == "wrong_identifier"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda token: base64.b64encode(token.encode()).decode(), "encoded_twice"),
        (lambda token: base64.b64encode(as_json(token, "amy").encode()).decode(), "encoded_twice"),
        (lambda token: f"{token}%", "trailing_text"),
        (lambda token: f"{token[:100]}…", "truncated"),
        (lambda token: as_json(f"{token[:100]}...", "amy"), "truncated"),
        (lambda token: f"b'{token}'", "leading_text"),
        (lambda token: f"userSig={token[:80]}\u00a0{token[80:]}", "invisible_character"),
        (lambda token: f"{token[:60]}******{token[-60:]}", "altered"),
    ],
)
def test_what_a_display_has_changed_is_found(change: Callable[[str], str], cause: str) -> None:
    found = explained(change(made("amy")))
    assert (found.first_failure, found.causes[0].code) == ("format", cause)


def test_wrapped_lines_are_not_the_cause_of_what_else_is_wrong() -> None:
    token = made("amy")
    found = explained(f"{token[:90]}\n{token[90:]}", timedelta(days=2))
    assert [each.code for each in found.causes] == ["expired", "line_break_inside"]


def test_a_sign_in_html_is_read_as_the_page_shows_it() -> None:
    token = next(
        each
        for number in range(100)
        if "+" in (each := standard(TLSSigAPIv2(APP, SECRET).gen_sig(f"amy{number}", 86400)))
    )
    found = explained(token.replace("+", "&#43;").replace("/", "&#x2F;").replace("=", "&#61;"))
    assert found.causes[0].code == "standard_base64"


def test_deep_nesting_is_bounded() -> None:
    text = as_json(made("amy"), "amy")
    for _ in range(6):
        text = json.dumps({"d": text})
    begun = time.process_time()
    explained(text)
    explained('{"a":' * 10_000 + '"{"')
    explained(json.dumps({"a": "[" * 60_000}))
    assert time.process_time() - begun < 10
