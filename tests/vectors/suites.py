"""Which function runs which group of vectors, and which groups have no code to run yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from . import (
    callbacks,
    cos_json_v4,
    cos_xml_v5,
    identifier_rule,
    private_map_key,
    qcloud_hmac,
    sts,
    tc3,
    usersig_v1,
    usersig_v2,
    vod_client,
)
from .cases import Case, SuiteFile

Handler = Callable[[Case], None]


@dataclass(frozen=True)
class Suite:
    """The covered groups of one suite, and the others with what is missing."""

    handlers: Mapping[str, Handler]
    not_yet: Mapping[str, str] = field(default_factory=dict)


COVERED: Mapping[str, Suite] = {
    "usersig_v1": Suite(usersig_v1.HANDLERS),
    "usersig_v2": Suite(usersig_v2.HANDLERS),
    "private_map_key": Suite(private_map_key.HANDLERS),
    "identifier_rule": Suite(identifier_rule.HANDLERS),
    "cos_json_v4": Suite(cos_json_v4.HANDLERS),
    "cos_xml_v5": Suite(cos_xml_v5.HANDLERS),
    "tc3": Suite(tc3.HANDLERS),
    "sts": Suite(sts.HANDLERS),
    "qcloud_hmac": Suite(qcloud_hmac.HANDLERS),
    "vod_client": Suite(vod_client.HANDLERS),
    "callbacks": Suite(callbacks.HANDLERS),
}

NOT_YET: Mapping[str, str] = {}


def gap_of(suite: str, group: str) -> str | None:
    """What is missing to run a group, or None when it runs or is not known at all."""
    if suite in NOT_YET:
        return NOT_YET[suite]
    return COVERED[suite].not_yet.get(group) if suite in COVERED else None


def handler_of(suite: str, group: str) -> Handler | None:
    """The function that runs a group, or None."""
    return COVERED[suite].handlers.get(group) if suite in COVERED else None


def gaps_in(suites: list[SuiteFile]) -> list[str]:
    """One line for each suite or group that is there and not run."""
    lines = []
    for suite in suites:
        if suite.suite in NOT_YET:
            lines.append(f"{suite.suite}: {len(suite.cases)} cases, {NOT_YET[suite.suite]}")
            continue
        for group in sorted({case.group for case in suite.cases}):
            gap = gap_of(suite.suite, group)
            count = sum(case.group == group for case in suite.cases)
            if gap is not None:
                lines.append(f"{suite.suite} {group}: {count} cases, {gap}")
    return lines
