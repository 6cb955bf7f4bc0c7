"""Judges the time of a signature: now, or when the cloud judged it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from classgate.explain.cos.findings import Finding
from classgate.explain.models import CauseCode, Check, ExplainContext
from classgate.signing.cos_request import KeyTime

START_LEEWAY: Final = timedelta(seconds=5)
_SKEW: Final = timedelta(seconds=30)
"""From here on official clients correct their clock."""


@dataclass(frozen=True)
class Times:
    """The periods of a signature, and what is known of the clocks."""

    periods: tuple[tuple[str, KeyTime], ...]
    server_time: datetime | None = None
    sent_at: datetime | None = None


def check_time(
    context: ExplainContext, times: Times, answered: str | None
) -> tuple[Check, list[Finding]]:
    """Return the check `time` and what explains its failure.

    Args:
        context: the time at which the signature is judged, unless the server's is known.
        times: the periods and the clocks.
        answered: the check that the cloud's answer names. If it is a later one, the time was right
            then.
    """
    at = times.server_time or context.now
    for name, period in times.periods:
        finding = _judge(name, period, at)
        if finding is None:
            continue
        passed = answered in {"signature", "policy", "token"} and times.server_time is None
        if passed:
            detail = context.say(
                "the time is over by now; the cloud had accepted it when it refused the request",
                "现在已不在有效期内；但云端拒绝请求时，时间检查是通过的",
            )
            return Check("time", None, detail), []
        findings = [finding, *_clock(times, period)]
        findings.sort(key=lambda each: each.code is not CauseCode.CLOCK_SKEW)
        return Check("time", False, findings[0].detail(context)), findings
    if answered == "time":
        return _refused_by_cloud(context, times)
    end = min(period.ends_at for _, period in times.periods)
    detail = context.say(f"valid until {_iso(end)}", f"有效期至 {_iso(end)}")
    return Check("time", True, detail), []


def _judge(name: str, period: KeyTime, at: datetime) -> Finding | None:
    if at > period.ends_at:
        late = _duration(at - period.ends_at)
        return Finding(
            CauseCode.EXPIRED,
            f"{name} ended at {_iso(period.ends_at)}, {late} before {_iso(at)}",
            f"{name} 已于 {_iso(period.ends_at)} 结束，比 {_iso(at)} 早 {late}",
        )
    if at + START_LEEWAY < period.starts_at:
        early = _duration(period.starts_at - at)
        return Finding(
            CauseCode.CLOCK_SKEW,
            f"{name} begins at {_iso(period.starts_at)}, {early} after {_iso(at)}: "
            "the signer's clock is ahead",
            f"{name} 从 {_iso(period.starts_at)} 开始，比 {_iso(at)} 晚 {early}：签名方的时钟快了",
        )
    return None


def _clock(times: Times, period: KeyTime) -> list[Finding]:
    """Return clock skew if the client's clock, by which the request was in time, is off."""
    sent, served = times.sent_at, times.server_time
    if sent is None or served is None or abs(sent - served) < _SKEW:
        return []
    if not period.starts_at <= sent <= period.ends_at:
        return []
    off = _duration(abs(sent - served))
    side, side_zh = ("ahead", "快") if sent > served else ("behind", "慢")
    return [
        Finding(
            CauseCode.CLOCK_SKEW,
            f"the client's clock is {off} {side} of the server's ({_iso(served)})",
            f"客户端的时钟比服务器（{_iso(served)}）{side_zh} {off}",
        )
    ]


def _refused_by_cloud(context: ExplainContext, times: Times) -> tuple[Check, list[Finding]]:
    """The times are right by the clock here, and the cloud refused them: a clock was wrong."""
    listed = ", ".join(f"{name} {_iso(x.starts_at)}/{_iso(x.ends_at)}" for name, x in times.periods)
    finding = Finding(
        CauseCode.CLOCK_SKEW,
        f"the cloud refused the time, which is right by the clock here: {listed}",
        f"按本机时钟时间有效，但云端认为不在有效期内：{listed}",
    )
    return Check("time", False, finding.detail(context)), [finding]


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _duration(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    units = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    named = [f"{count} {unit}" for count, unit in units if count]
    return " ".join(named[:2]) or "0 s"
