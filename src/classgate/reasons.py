"""Why a call was refused: one stable word for each cause. Clients branch on it.

`code` is the class of the thing, and what to do in general; the reason is the one cause. What
nobody may tell apart has one reason: an unknown account and a wrong password, a class that does
not exist and one that is not the caller's.
"""

from enum import StrEnum


class Reason(StrEnum):
    """A word stays for ever; new ones may come."""

    # the request
    FIELDS_INVALID = "fields_invalid"
    BODY_UNREADABLE = "body_unreadable"
    QUERY_TOO_LONG = "query_too_long"
    PASSWORD_UNACCEPTABLE = "password_unacceptable"
    MEMBERS_NOT_ADDABLE = "members_not_addable"
    IMPORT_REFUSED = "import_refused"
    NOT_SIGNABLE = "not_signable"
    IDENTIFIER_INVALID = "identifier_invalid"
    OBJECT_PATH_INVALID = "object_path_invalid"
    VERIFICATION_FAILED = "verification_failed"

    # who calls
    TOKEN_MISSING = "token_missing"
    SESSION_ENDED = "session_ended"
    NOT_FROM_CONSOLE = "not_from_console"
    WRONG_CREDENTIALS = "wrong_credentials"
    SECOND_FACTOR_REQUIRED = "second_factor_required"
    SECOND_FACTOR_WRONG = "second_factor_wrong"

    # not allowed
    ADMIN_ONLY = "admin_only"
    ADMIN_PROTECTED = "admin_protected"
    ADMIN_NETWORK = "admin_network"
    SECOND_FACTOR_MISSING = "second_factor_missing"
    CONFIRMATION_NEEDED = "confirmation_needed"
    TEACHER_ONLY = "teacher_only"
    CURRENT_PASSWORD_WRONG = "current_password_wrong"
    REGISTRATION_CLOSED = "registration_closed"
    INVITATION_REQUIRED = "invitation_required"
    INVITATION_INVALID = "invitation_invalid"
    NOT_ON_ROSTER = "not_on_roster"
    KICKED = "kicked"
    HOST_RIGHTS_LOST = "host_rights_lost"
    ROLE_LACKS_PERMISSION = "role_lacks_permission"
    HOST_PLACE_PROTECTED = "host_place_protected"
    ASSISTANT_CHANGES_STUDENTS_ONLY = "assistant_changes_students_only"
    ONLY_HOST_READMITS = "only_host_readmits"
    ADMIN_NOT_AT_LEGACY = "admin_not_at_legacy"
    ROLE_NOT_REGISTRABLE = "role_not_registrable"
    REPLAY_NEEDS_HOST = "replay_needs_host"
    ANOTHER_BUCKET = "another_bucket"
    PATH_NOT_SIGNABLE = "path_not_signable"
    PATH_NOT_YOURS = "path_not_yours"
    CLASS_FOLDER_CLOSED = "class_folder_closed"
    VIDEO_ACTION_NOT_ALLOWED = "video_action_not_allowed"
    VIDEO_QUERY_UNTIMELY = "video_query_untimely"
    CALLBACK_UNPROVEN = "callback_unproven"

    # not found
    ROUTE_NOT_FOUND = "route_not_found"
    ACCOUNT_NOT_FOUND = "account_not_found"
    SESSION_NOT_FOUND = "session_not_found"
    INVITATION_NOT_FOUND = "invitation_not_found"
    LEASE_NOT_FOUND = "lease_not_found"
    CLASSROOM_NOT_FOUND = "classroom_not_found"
    MEMBER_NOT_FOUND = "member_not_found"
    UPLOAD_NOT_FOUND = "upload_not_found"
    COURSEWARE_NOT_FOUND = "courseware_not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"

    # the state
    IDENTIFIER_TAKEN = "identifier_taken"
    IDENTIFIER_HELD = "identifier_held"
    IDENTIFIER_RESERVED = "identifier_reserved"
    PASSWORD_CHANGED_ELSEWHERE = "password_changed_elsewhere"
    OWN_ACCOUNT = "own_account"
    LAST_ADMIN = "last_admin"
    SECOND_FACTOR_NOT_STARTED = "second_factor_not_started"
    SECOND_FACTOR_NOT_REMOVABLE = "second_factor_not_removable"
    HOSTS_CLASSES = "hosts_classes"
    CLASS_NOT_STARTED = "class_not_started"
    CLASS_ENDED = "class_ended"
    CLASS_ALREADY_STARTED = "class_already_started"
    CLASS_NOT_LIVE = "class_not_live"
    CLASS_NOT_ENDED = "class_not_ended"
    REPLAY_EXISTS = "replay_exists"
    REPLAY_NOT_DUE = "replay_not_due"
    HOST_CHANGED_MEANWHILE = "host_changed_meanwhile"
    ACCOUNT_CANNOT_HOST = "account_cannot_host"
    MEMBER_IS_KICKED = "member_is_kicked"
    NEVER_ENTERED = "never_entered"
    ALREADY_BOUND = "already_bound"
    NOT_BOUND = "not_bound"
    LEASE_ENDED = "lease_ended"
    LEASE_NOT_RENEWABLE = "lease_not_renewable"
    UPLOAD_NOT_IN_STORE = "upload_not_in_store"
    UPLOAD_SIZE_DIFFERS = "upload_size_differs"
    UPLOAD_COMPLETE = "upload_complete"
    UPLOAD_CLOSED = "upload_closed"
    BACKUP_REFUSED = "backup_refused"

    # too much
    BODY_TOO_LARGE = "body_too_large"
    FILE_TOO_LARGE = "file_too_large"
    TOO_MANY_LOGINS = "too_many_logins"
    TOO_MANY_REGISTRATIONS = "too_many_registrations"
    TOO_MANY_WRONG_INVITATIONS = "too_many_wrong_invitations"
    TOO_MANY_GRANTS = "too_many_grants"
    PASSWORD_CHECKS_BUSY = "password_checks_busy"

    # not the caller's fault
    INTERNAL_ERROR = "internal_error"
    SIGNING_KEY_UNUSABLE = "signing_key_unusable"
    CONFIGURATION_ERROR = "configuration_error"
    CLOUD_REJECTED = "cloud_rejected"
    CLOUD_UNAVAILABLE = "cloud_unavailable"
    OVERLOADED = "overloaded"
    DATABASE_UNAVAILABLE = "database_unavailable"
    DATABASE_DAMAGED = "database_damaged"
