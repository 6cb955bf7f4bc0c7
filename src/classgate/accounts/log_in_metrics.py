"""Counts the attempts to log in by their outcome."""

from collections.abc import Iterator
from contextlib import contextmanager

from classgate.accounts.models import SessionChannel
from classgate.console_refusals import SecondFactorRequired
from classgate.errors import PermissionDenied, TooManyAttempts, WrongCredentials
from classgate.metrics import LogInOutcome, log_in_counters
from classgate.refusals import PasswordChecksBusy

_COUNTERS = {channel: log_in_counters(channel) for channel in SessionChannel}


@contextmanager
def count_log_in(channel: SessionChannel) -> Iterator[None]:
    """Count the attempt that the block makes."""
    outcome = LogInOutcome.UNDECIDED
    try:
        yield
        outcome = LogInOutcome.ACCEPTED
    except WrongCredentials:
        outcome = LogInOutcome.WRONG_CREDENTIALS
        raise
    except SecondFactorRequired:
        outcome = LogInOutcome.CODE_REQUIRED
        raise
    except PermissionDenied:
        outcome = LogInOutcome.NOT_ALLOWED
        raise
    except PasswordChecksBusy:
        outcome = LogInOutcome.BUSY
        raise
    except TooManyAttempts:
        outcome = LogInOutcome.THROTTLED
        raise
    finally:
        _COUNTERS[channel][outcome].inc()
