"""PURE DATA: the sentences of an explanation, in English. `api.why_messages_zh` has the Chinese."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

WordValue = str | int | datetime


class Phrase(StrEnum):
    """A sentence. A name in braces is one of its values; a time is written in UTC."""

    # a check that passed
    NO_LOG_IN_WAITS = "no log-in of this account has to wait"
    ACCOUNT_FOUND = "the account exists; its role is {role}"
    ACCOUNT_IS_ENABLED = "the account is enabled"
    LOG_INS_FEW = "log-ins are below their limit"
    ACCOUNT_FINE = "nothing is wrong with the account"
    CLASS_FOUND = "the class exists; its state is {state}"
    IS_MEMBER = "on the roster as {role}"
    OPEN_TO_ALL = "not on the roster; the class is open, so entering adds them as a student"
    NO_KICK = "no kick bars them"
    HOST_IS_TEACHER = "no rights of a host were lost"
    ROLE_IS_ENOUGH = "the role {role} has the permission {permission}"
    CLASS_IS_NOT_OVER = "the class is not over"
    CLASS_IS_OPEN = "the class is open to the role {role}"
    GRANTS_FEW = "credentials of the kind {kind} are below their limit"
    STORE_ANSWERS = "nothing keeps the service from calling STS"

    # a check that was not asked
    LOGS_IN_FOR_IT = "the person logs in for it"
    NO_ACCOUNT = "there is no account to look at"
    NO_CLASS = "there is no class to look at"
    NO_MEMBERSHIP = "they are not on the roster"
    ADMIN_DECIDES = "an admin may do this in every class, whatever the roster says"
    CLASS_OVER = "the class is over"
    NOTHING_TO_GIVE = "the class has no courseware, so no address would be issued"
    SERVER_KNOWS = "only the running service knows it; ask GET /v1/admin/why"

    # a check that failed
    LOG_IN_WAITS = "too many wrong passwords; the next attempt is accepted at {until}"
    ACCOUNT_UNKNOWN = "there is no account {identifier}"
    ACCOUNT_IS_DISABLED = "the account is disabled"
    ACCOUNT_DISABLED_BY = "the account was disabled by {actor} at {at}"
    LOG_INS_MANY = "too many log-ins; the next one is accepted at {until}"
    ACCOUNT_NOT_USABLE = "the account cannot be used now"
    CLASS_UNKNOWN = "there is no class {classroom_id}"
    NOT_MEMBER = "not on the roster"
    REMOVED_BY = "taken off the roster by {actor} at {at}"
    KICKED_AT = "kicked at {at}"
    KICKED_BY = "kicked by {actor} at {at}"
    KICKED_UNTIL = "kicked at {at} until {until}"
    KICKED_BY_UNTIL = "kicked by {actor} at {at} until {until}"
    HOST_IS_NO_TEACHER = "the host's account is no teacher's any more"
    ROLE_IS_TOO_SMALL = "the role {role} lacks the permission {permission}"
    CLASS_HAS_ENDED = "the class has ended"
    CLASS_TIME_IS_OVER = "the class was planned until {ends_at}"
    OPENS_LATER = "opens to the role {role} at {opens_at} ({minutes} minutes before starts_at)"
    NOT_STARTED = "the class has no starts_at, and its host has not started it"
    GRANTS_MANY = "too many credentials of the kind {kind}; the next one is issued at {until}"
    STORE_FAILS = "STS failed several times in a row; it is called again at {until}"

    # what would have to change; it follows the sentence of the check that failed
    WAIT_FOR_LOG_IN = (
        "wait until then; if the password is forgotten, an admin resets it with "
        "POST /v1/admin/accounts/{identifier}/password"
    )
    CREATE_ACCOUNT = "look at the spelling; an admin creates accounts with POST /v1/admin/accounts"
    ENABLE_ACCOUNT = (
        'an admin enables it with PATCH /v1/admin/accounts/{identifier} {{"disabled": false}}'
    )
    LOG_IN_LESS = (
        "a client logs in again and again: wait until then, and keep the access token until it ends"
    )
    ASK_ADMIN = "an admin looks at the account"
    LOOK_AT_NUMBER = "look at the number; GET /v1/classrooms lists the classes"
    ADD_TO_ROSTER = (
        "the host, an assistant or an admin adds them with "
        "PUT /v1/classrooms/{classroom_id}/members/{identifier}"
    )
    ADD_AS_ASSISTANT = (
        "the host or an admin adds them as assistant with "
        "PUT /v1/classrooms/{classroom_id}/members/{identifier}"
    )
    ENTER_FIRST = (
        "entering the class once adds them, for it is open; or the host, an assistant or an admin "
        "adds them with PUT /v1/classrooms/{classroom_id}/members/{identifier}"
    )
    LIFT_KICK = (
        "the host or an admin lifts it with PUT /v1/classrooms/{classroom_id}/members/{identifier}"
    )
    WAIT_OR_LIFT_KICK = (
        "it ends by itself then; before that, the host or an admin lifts it with "
        "PUT /v1/classrooms/{classroom_id}/members/{identifier}"
    )
    CHANGE_HOST = (
        "an admin names another host with PUT /v1/classrooms/{classroom_id}/host, or makes "
        "{identifier} a teacher again"
    )
    MAKE_ASSISTANT = (
        "the host or an admin makes them an assistant with "
        "PUT /v1/classrooms/{classroom_id}/members/{identifier}"
    )
    MAKE_NEW_CLASS = "that is final; its host makes a new one"
    MOVE_END = "the host or an admin moves ends_at with PATCH /v1/classrooms/{classroom_id}"
    WAIT_OR_START = (
        "wait, or the host starts the class, or the host or an admin moves starts_at with "
        "PATCH /v1/classrooms/{classroom_id}"
    )
    WAIT_OR_MOVE_START = (
        "wait, or the host or an admin moves starts_at with PATCH /v1/classrooms/{classroom_id}"
    )
    START_CLASS = "its host starts it with POST /v1/classrooms/{classroom_id}/start"
    ASK_LESS = (
        "a client asks again and again: wait until then, and use each credential until its "
        "refresh_after"
    )
    REPAIR_STORE = "the operator looks at the log and runs classgate doctor"


def write(template: str, values: Mapping[str, WordValue]) -> str:
    """Return the sentence with its values; times in UTC."""
    texts = {
        name: f"{each.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        if isinstance(each, datetime)
        else each
        for name, each in values.items()
    }
    return template.format_map(texts)
