"""PURE: the rules of uploading and of downloading courseware."""

from classgate.classrooms.access_times import UPLOAD_TIMES
from classgate.classrooms.action_rules import ActionRule
from classgate.classrooms.permissions import Permission
from classgate.leases.kinds import LeaseKind

UPLOAD_RULE = ActionRule(Permission.UPLOAD, UPLOAD_TIMES, LeaseKind.UPLOAD)
DOWNLOAD_RULE = ActionRule(Permission.READ_COURSEWARE, {}, LeaseKind.DOWNLOAD)
