"""PURE: parses the CORS rules of a bucket and finds what uploads from a page lack.

COS applies only the first rule that matches the origin and the method of a preflight, even if a
later one allows more (cos-js-sdk-v5, issue 56). Sources: documents 436/8279 and 436/13318.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

METHODS = ("PUT", "POST", "GET", "HEAD", "DELETE")
HEADERS = ("authorization", "content-type", "content-md5", "x-cos-security-token")
EXPOSED = ("ETag", "x-cos-request-id")
# For clients that synchronize their clock with the answer, and for progress bars.
ALSO_EXPOSED = ("Date", "Content-Length")

NO_RULE = "any rule for this origin"

_RULE = re.compile(r"<CORSRule>(.*?)</CORSRule>", re.DOTALL)


@dataclass(frozen=True)
class CorsRule:
    """One rule of a bucket."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]

    def matches(self, origin: str, method: str) -> bool:
        """Return whether the rule applies to the origin and the method."""
        return method in self.methods and any(_matches(each, origin) for each in self.origins)


def parse_rules(document: str) -> list[CorsRule]:
    """Parse the rules of a `CORSConfiguration`, in order; other documents have none."""
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
    """Describe what uploads from pages of the origin lack; empty if they work."""
    missing: dict[str, None] = {}
    for method in METHODS:
        rule = next((each for each in rules if each.matches(origin, method)), None)
        if rule is None:
            missing[f"the method {method}"] = None
            continue
        missing |= {f"the header {each}": None for each in HEADERS if not _allows(rule, each)}
        missing |= {f"{each} exposed": None for each in EXPOSED if each.lower() not in rule.exposed}
    if all(f"the method {method}" in missing for method in METHODS):
        return [NO_RULE]
    return list(missing)


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
