"""Checks for the operator: classgate cannot do them, and their faults are silent."""

from classgate.diagnosis.cloud_codes import GUIDE
from classgate.diagnosis.findings import Finding, skipped


def list_manual_checks() -> list[Finding]:
    """Return the findings, which are always `skipped`."""
    return [
        skipped(
            "room check",
            "classgate cannot see whether Tencent checks PrivateMapKey; otherwise a UserSig alone "
            "is enough to enter any room",
            "in TRTC console, Application management, the application, Function configuration, "
            "enable advanced permission control (高级权限控制) once all clients send PrivateMapKey",
        ),
        skipped(
            "audit key",
            "classgate cannot see whether a copy of audit.key exists; without it, the audit of a "
            "backup cannot be verified",
            "store a copy with the school's passwords, separate from the backups",
        ),
        skipped(
            "unfinished uploads",
            "classgate cannot see whether the bucket removes unfinished parts; they cost money "
            "and appear in no list of objects",
            f"add a lifecycle rule for incomplete multipart uploads, as in {GUIDE}",
        ),
    ]
