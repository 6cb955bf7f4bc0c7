"""Password policy and hashing.

Length counts, composition does not (OWASP ASVS 5.0, 6.2). argon2id runs in a pool of a few threads:
it is slow on purpose, and five hundred concurrent log-ins must queue, not block the event loop.
The threads yield the processor to everything else, so that log-ins do not slow down a lesson.
"""

import contextlib
import os
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from typing import TypeVar

from argon2 import PasswordHasher
from nacl.bindings import crypto_pwhash_str_verify
from nacl.exceptions import CryptoError

from classgate.accounts.identifiers import find_folded
from classgate.refusals import PasswordChecksBusy, UnacceptablePassword
from classgate.worker_threads import WorkerThreads

T = TypeVar("T")

MIN_LENGTH = 10
MAX_LENGTH = 128
# Normalization time grows with the square of the length, so longer text is never normalized.
MAX_RAW_LENGTH = 1024

_ROWS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_COMMON = frozenset(
    line
    for line in resources.files("classgate.accounts")
    .joinpath("common_passwords.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if line and not line.startswith("#")
)


@dataclass(frozen=True)
class HashingCost:
    """argon2id's parameters; the default is OWASP's smallest recommendation."""

    time_cost: int = 2
    memory_kib: int = 19 * 1024
    parallelism: int = 1


# Without letters and digits that people confuse when they read them out.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 4


def generate_password() -> str:
    """Return a random password of 79 bits that can be read out, as in `k7mf-q2wx-9hnp-d4te`."""
    return "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )


def normalize(password: str) -> str:
    """Return the NFKC form: the same text typed on different keyboards is one password.

    ValueError: too long to be normalized; call `is_too_long` first.
    """
    if is_too_long(password):
        raise ValueError("a password of this length is no password")
    return unicodedata.normalize("NFKC", password)


def is_too_long(password: str) -> bool:
    """Return whether the text is too long to be a password, in the API and the legacy API."""
    return len(password) > MAX_RAW_LENGTH


def require_acceptable(password: str, identifier: str, field: str = "password") -> str:
    """Return the normalized password. InvalidRequest: too short, too long, or easily guessed."""
    # Too long text is rejected before normalization.
    normal = password if is_too_long(password) else normalize(password)
    fault = _find_weakness(normal, identifier)
    if fault is not None:
        raise UnacceptablePassword(fault, field)
    return normal


def _find_weakness(password: str, identifier: str) -> str | None:
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters; a sentence is a good one"
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        return "a password has no control characters"
    folded = password.casefold()
    if folded in _COMMON or _is_run(folded):
        return "this password is among the first that are tried; choose another one"
    name = find_folded(identifier)
    if name is not None and len(name) >= 4 and name in folded:
        return "a password does not contain the identifier"
    return None


def _is_run(text: str) -> bool:
    """Return whether it is one or two repeated characters, or part of an alphabet or keyboard
    row.
    """
    return len(set(text)) <= 2 or any(
        text in run or text in run[::-1] for run in (row * MAX_LENGTH for row in _ROWS)
    )


_NICENESS = 10
"""How much the threads yield: of one processor, about a tenth while the event loop is busy."""


def _yield_to_others() -> None:
    """Lower the priority of this thread. Only Linux has priorities of threads."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            thread = threading.get_native_id()
            niceness = os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS
            os.setpriority(os.PRIO_PROCESS, thread, niceness)


class PasswordPool:
    """Hashes and verifies passwords on a few threads.

    argon2-cffi makes the hashes, with any number of lanes. libsodium checks them: it knows the
    vector instructions of the processor, and takes half the time.
    If more than `max_waiting` are queued, it raises TooManyAttempts instead of a long wait.
    """

    def __init__(self, cost: HashingCost, threads: int = 2, max_waiting: int = 200) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.time_cost, memory_cost=cost.memory_kib, parallelism=cost.parallelism
        )
        self._threads = WorkerThreads(threads, "classgate-argon2", prepare=_yield_to_others)
        self._max_waiting = max_waiting
        self._waiting = 0
        # Dummy hash for unknown accounts: the same work, never a match.
        self._nobody = self._hasher.hash("nobody has this password")
        self._parameters = _parameters_of(self._nobody)

    async def hash(self, password: str) -> str:
        """Return the hash to store. TooManyAttempts: the queue is full."""
        return await self._run(self._hasher.hash, normalize(password))

    async def check(self, stored: str | None, password: str) -> bool:
        """Verify the password; None stands for an unknown account and takes the same time."""
        if is_too_long(password):
            stored, password = None, ""
        matches = await self._run(self._verify, stored or self._nobody, normalize(password))
        return matches and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Return whether the hash has outdated parameters and should be replaced."""
        return _parameters_of(stored) != self._parameters

    def close(self) -> None:
        self._threads.close()

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return crypto_pwhash_str_verify(stored.encode(), password.encode())
        except CryptoError:  # it does not match, or `stored` is no hash
            return False

    async def _run(self, function: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= self._max_waiting:
            raise PasswordChecksBusy(timedelta(seconds=2))
        self._waiting += 1
        try:
            return await self._threads.run(function, *arguments)
        finally:
            self._waiting -= 1


def _parameters_of(stored: str) -> tuple[str, list[int]]:
    """Return all that precedes the salt, as text, and the lengths of the salt and the digest."""
    parameters, *others = stored.rsplit("$", 2)
    return parameters, [len(each) for each in others]
