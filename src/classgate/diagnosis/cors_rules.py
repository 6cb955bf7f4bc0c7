"""PURE: which rules a bucket has for pages of other origins, and what they lack.

COS answers a preflight by the first rule that takes its origin and method: a later, better rule is
not looked at (cos-js-sdk-v5, issue 56). Sources: documents 436/8279 and 436/13318.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

METHODS = ("PUT", "POST", "GET", "HEAD", "DELETE")
HEADERS = ("authorization", "content-type", "content-md5", "x-cos-security-token")
EXPOSED = ("ETag", "x-cos-request-id")
# Wanted by clients that set their clock by the answer, and by progress bars.
ALSO_EXPOSED = ("Date", "Content-Length")

_RULE = re.compile(r"<CORSRule>(.*?)</CORSRule>", re.DOTALL)


@dataclass(frozen=True)
class CorsRule:
    """One rule of a bucket."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]

    def takes(self, origin: str, method: str) -> bool:
        return method in self.methods and any(_matches(each, origin) for each in self.origins)


def read_rules(document: str) -> list[CorsRule]:
    """The rules of a `CORSConfiguration`, in order; none out of anything else."""
    return [
        CorsRule(
            _all(rule, "AllowedOrigin"),
            tuple(method.upper() for method in _all(rule, "AllowedMethod")),
            tuple(header.lower() for header in _all(rule, "AllowedHeader")),
            tuple(header.lower() for header in _all(rule, "ExposeHeader")),
        )
        for rule in _RULE.findall(document)
    ]


def find_missing(rules: Sequence[CorsRule], origin: str) -> list[str]:
    """What a page of this origin would miss, in words; empty when uploads work from there."""
    lacks: dict[str, None] = {}
    for method in METHODS:
        rule = next((each for each in rules if each.takes(origin, method)), None)
        if rule is None:
            lacks[f"the method {method}"] = None
            continue
        lacks |= {f"the header {each}": None for each in HEADERS if not _allows(rule, each)}
        lacks |= {f"{each} exposed": None for each in EXPOSED if each.lower() not in rule.exposed}
    if all(f"the method {method}" in lacks for method in METHODS):
        return ["any rule for this origin"]
    return list(lacks)


def _allows(rule: CorsRule, header: str) -> bool:
    return any(_matches(each, header) for each in rule.headers)


def _matches(pattern: str, text: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    long_enough = len(text) >= len(before) + len(after)
    return long_enough and text.startswith(before) and text.endswith(after)


def _all(rule: str, name: str) -> tuple[str, ...]:
    return tuple(unescape(each).strip() for each in re.findall(rf"<{name}>([^<]*)</{name}>", rule))
