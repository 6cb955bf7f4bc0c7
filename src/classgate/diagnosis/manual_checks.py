"""Checks that need a person: they cannot be seen from here and fail silently."""

from classgate.diagnosis.cloud_codes import GUIDE
from classgate.diagnosis.findings import Finding, skipped


def list_manual_checks() -> list[Finding]:
    """Return findings that are never ok: a person has to check."""
    return [
        skipped(
            "room check",
            "whether Tencent looks at PrivateMapKey cannot be seen from here: without it a UserSig "
            "alone enters any room",
            "TRTC console, Application management, the application, Function configuration: "
            "switch on advanced permission control (高级权限控制), after all clients send it",
        ),
        skipped(
            "audit key",
            "whether a copy of audit.key is kept elsewhere cannot be seen from here: without it "
            "no backup's audit verifies",
            "put a copy where the passwords of the school are kept, away from the backups",
        ),
        skipped(
            "unfinished uploads",
            "whether the bucket removes parts that clients left behind cannot be seen from here: "
            "they cost money and show in no list of objects",
            f"a lifecycle rule for incomplete multipart uploads, as in {GUIDE}",
        ),
    ]
