"""`svc=account`: registering, logging in and out."""

import math

from classgate.accounts.models import AccountRole
from classgate.errors import NotAuthenticated, TooManyAttempts
from classgate.legacy.accounts import LegacyAccountService
from classgate.legacy.calls import AnsweredRefusal, Call
from classgate.legacy.error_codes import LOGIN_REFUSED, NOT_LOGGED_IN
from classgate.legacy.protocol import Answer

_ROLES = (AccountRole.STUDENT, AccountRole.TEACHER)


async def register(accounts: LegacyAccountService, call: Call) -> Answer:
    """`regist`: create one's own account."""
    fields = call.fields
    identifier, password = fields.non_empty_text("id"), fields.non_empty_text("pwd")
    if call.settings.lenient and not fields.has("role"):
        role = AccountRole.STUDENT  # clients of the live-show backend send none
    else:
        role = _ROLES[fields.integer("role", 0, 1)]
    await accounts.register(identifier, password, role, call.read_address())
    return Answer()


async def log_in(accounts: LegacyAccountService, call: Call) -> Answer:
    """`login`: return a token and the first UserSig."""
    identifier, password = call.fields.non_empty_text("id"), call.fields.non_empty_text("pwd")
    try:
        grant = await accounts.log_in(identifier, password, call.read_address())
    except TooManyAttempts as error:
        seconds = max(1, math.ceil(error.retry_after.total_seconds()))
        text = f"too many attempts; try again in {seconds} s"
        raise AnsweredRefusal(Answer(LOGIN_REFUSED, text), error) from error
    return Answer(
        data={
            "userSig": grant.user_sig.user_sig,
            "token": grant.access_token,
            "role": int(grant.account.role is AccountRole.TEACHER),
        }
    )


async def log_out(accounts: LegacyAccountService, call: Call) -> Answer:
    """`logout`: end the session of the token."""
    token = call.fields.non_empty_text("token")
    try:
        await accounts.log_out(token)
    except NotAuthenticated as error:
        raise AnsweredRefusal(Answer(NOT_LOGGED_IN, error.message), error) from error
    return Answer()
