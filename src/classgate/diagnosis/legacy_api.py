"""Checks what the school allows legacy clients."""

from classgate.accounts.passwords import MIN_LENGTH
from classgate.diagnosis.findings import Finding, ok, warn
from classgate.settings.loading import Settings

_CHECK = "legacy clients"


def check_legacy_api(settings: Settings) -> list[Finding]:
    """Return nothing if the legacy API is disabled."""
    legacy, callbacks = settings.legacy, settings.callbacks
    if not legacy.enabled:
        return []
    findings = []
    if legacy.teacher_registration == "open":
        what = "anybody can make themselves a teacher there, who makes classes and uploads"
        fix = "legacy.teacher_registration = closed, but in a demonstration"
        findings.append(warn(_CHECK, what, fix))
    if legacy.password_min_length < MIN_LENGTH:
        least = legacy.password_min_length
        what = f"passwords of {least} characters are taken there, common ones too"
        fix = f"legacy.password_min_length = {MIN_LENGTH}"
        findings.append(warn(_CHECK, what, fix))
    for cmd, key in (("reccall", callbacks.live_key), ("idxfileendcall", callbacks.im_token)):
        if key is None and callbacks.path_secret is None:
            what = f"the cloud's {cmd} is refused: nothing is set by which it could prove itself"
            fix = "set callbacks.path_secret, if recordings or replays are used"
            findings.append(warn(_CHECK, what, fix))
    return findings or [ok(_CHECK, "the legacy API is enabled, and its settings are not weak")]
