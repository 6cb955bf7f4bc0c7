"""Checks the settings of the legacy API."""

from classgate.accounts.passwords import MIN_LENGTH
from classgate.diagnosis.findings import Finding, ok, warn
from classgate.settings.loading import Settings

_CHECK = "legacy clients"


def check_legacy_api(settings: Settings) -> list[Finding]:
    """Return a warning for each weak setting; no findings if the legacy API is disabled."""
    legacy, callbacks = settings.legacy, settings.callbacks
    if not legacy.enabled:
        return []
    findings = []
    if legacy.teacher_registration == "open":
        what = "anybody can register as a teacher, create classes and upload"
        fix = "set legacy.teacher_registration to closed, except in a demonstration"
        findings.append(warn(_CHECK, what, fix))
    if legacy.password_min_length < MIN_LENGTH:
        minimum = legacy.password_min_length
        what = f"passwords of {minimum} characters are accepted, including common ones"
        fix = f"set legacy.password_min_length to {MIN_LENGTH}"
        findings.append(warn(_CHECK, what, fix))
    for cmd, key in (("reccall", callbacks.live_key), ("idxfileendcall", callbacks.im_token)):
        if key is None and callbacks.path_secret is None:
            what = f"every {cmd} callback is refused: no secret authenticates the cloud"
            fix = "set callbacks.path_secret if recordings or replays are used"
            findings.append(warn(_CHECK, what, fix))
    return findings or [ok(_CHECK, "the legacy API is enabled; none of its settings is weak")]
