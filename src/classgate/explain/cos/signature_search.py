"""Tries the well-known mistakes of a v5 signature and says which produce what was given.

A match is a proof: nobody makes a signature that fits by chance. What is compared never leaves this
module, so the answer says which text was signed, and never what the signature should have been.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, product
from typing import Final, TypeVar

from classgate.explain.cos.derivations import (
    RIGHT,
    RIGHT_LAYOUT,
    Derivation,
    Layout,
    derivations,
    layouts,
)
from classgate.explain.cos.findings import Finding
from classgate.explain.cos.pair_mistakes import (
    ADDED_BY_CLIENTS,
    header_mistakes,
    missing_values,
    parameter_mistakes,
)
from classgate.explain.cos.path_mistakes import Place, method_mistakes, path_mistakes
from classgate.explain.cos.secret_mistakes import Secret, possible_secrets
from classgate.explain.cos.signed_text import (
    Request,
    SignedText,
    missing_names,
    required_text,
)
from classgate.explain.models import CloudKey
from classgate.signing.cos_request import Authorization

_T = TypeVar("_T")

MAX_ATTEMPTS: Final = 25_000
MAX_HASHED_BYTES: Final = 8 << 20
"""Of all attempts together: a long request gets fewer of them."""
MAX_ALTERNATIVES: Final = 2000
"""Of one part of a request, if it is short."""
_MAX_ENCODED_PAIRS: Final = 60_000
_SINGLE_FILLINGS: Final = 4
"""How many completions of an incomplete request are also tried with one mistake."""
_MAX_FILLINGS: Final = 80
_DEFAULT_PORTS: Final = frozenset({"80", "443"})
_MIN_DIGITS: Final = 16
"""A cut signature must have this many digits left to prove anything."""


@dataclass(frozen=True)
class Match:
    """What reproduces the signature. Without mistakes, the signature is right.

    `completed` are headers that the pasted request lacks, and that the client must have sent.
    """

    mistakes: tuple[Finding, ...]
    required: SignedText
    signed: SignedText
    completed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """One way of making the signature."""

    text: SignedText
    secret: Secret
    derivation: Derivation = RIGHT
    layout: Layout = RIGHT_LAYOUT
    mistakes: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Given:
    """The signature as it was given, in any form that can be compared."""

    digits: str
    is_whole: bool = True

    @classmethod
    def read(cls, text: str) -> "Given | None":
        """Return the signature in hex; None if there is too little of it to compare."""
        try:
            if text.endswith("=") and len(text) in {28, 44}:
                return cls(base64.b64decode(text, validate=True).hex())
        except binascii.Error:
            return None
        digits = "".join(each for each in text.lower() if each in "0123456789abcdef")
        if len(digits) < _MIN_DIGITS:
            return None
        return cls(digits[:64], is_whole=len(digits) >= 40)

    def fits(self, digest: bytes) -> bool:
        """Return whether a digest is the given one, as far as that is there."""
        computed = digest.hex()
        if self.is_whole:
            return hmac.compare_digest(computed, self.digits[: len(computed)])
        return hmac.compare_digest(computed[: len(self.digits)], self.digits)


def find_signed(
    request: Request,
    authorization: Authorization,
    signature: str,
    keys: Sequence[CloudKey],
    place: Place,
) -> Match | None:
    """Return what reproduces a signature, with as few mistakes as possible; None if nothing does.

    A mistake in one part is tried first, then mistakes in two parts. The number is bounded.
    """
    given = Given.read(signature)
    secrets = list(possible_secrets(keys, authorization.secret_id))
    if given is None or not secrets:
        return None
    key_time = authorization.key_time.to_wire()
    left = MAX_HASHED_BYTES
    for number, (completed, names) in enumerate(_completed(request, authorization)):
        required = required_text(completed, authorization)
        first, *others = [Attempt(required, each, mistakes=_of(each.finding)) for each in secrets]
        attempts: Iterable[Attempt] = [first, *others]
        if number < _SINGLE_FILLINGS:
            attempts = _attempts(completed, authorization, place, first, others)
        for attempt in islice(attempts, MAX_ATTEMPTS):
            left -= len(attempt.text.format_string)
            if left < 0:
                return None
            if given.fits(_digest(attempt, key_time)):
                return Match(attempt.mistakes, required, attempt.text, names)
    return None


def unknown_headers(request: Request, authorization: Authorization) -> list[str]:
    """Return the signed headers that the pasted request lacks, and that clients add themselves."""
    absent = missing_names(request.headers, authorization.header_list)
    return [name for name in absent if name in ADDED_BY_CLIENTS]


def _digest(attempt: Attempt, key_time: str) -> bytes:
    key = attempt.derivation.make_key(attempt.secret.text, key_time)
    text = attempt.layout.to_text(attempt.text, attempt.text.sign_time)
    return hmac.digest(key, text, attempt.derivation.algorithm)


def _completed(
    request: Request, authorization: Authorization
) -> Iterator[tuple[Request, tuple[str, ...]]]:
    """Yield the request as pasted, then with values for what clients add to it."""
    yield request, ()
    name, _, port = request.host.partition(":")
    if port and port not in _DEFAULT_PORTS:
        # The cloud has no such ports; emulators take the host with its port or without.
        others = tuple(pair for pair in request.headers if pair[0] != "host")
        yield replace(request, headers=(*others, ("host", name)), host=name), ()
    names = unknown_headers(request, authorization)
    if not names:
        return
    choices = [missing_values(request, name) for name in names]
    for values in islice(product(*choices), _MAX_FILLINGS):
        added = tuple(zip(names, values, strict=True))
        yield replace(request, headers=(*request.headers, *added)), tuple(names)


def _attempts(
    request: Request,
    authorization: Authorization,
    place: Place,
    first: Attempt,
    others: Sequence[Attempt],
) -> Iterator[Attempt]:
    """Yield the right way, then those with one mistake, then those with mistakes in two parts."""
    yield first
    parts = [list(_changed_texts(first, request, authorization, place, part)) for part in range(4)]
    parts.append(
        [
            replace(first, derivation=each, mistakes=_both(first, each.finding))
            for each in derivations(authorization.sign_time.to_wire())
        ]
    )
    parts.append(
        [
            replace(first, layout=each, mistakes=_both(first, each.finding))
            for each in layouts(authorization.key_time.to_wire())
        ]
    )
    # Another key is tried before any change of the request: it is the commonest mistake.
    yield from others
    for part in parts:
        yield from part
    if not first.mistakes:
        parts.append(list(others))
    for one, other in combinations(parts, 2):
        for left, right in product(one, other):
            yield _merged(first, left, right)


def _changed_texts(
    first: Attempt, request: Request, authorization: Authorization, place: Place, part: int
) -> Iterator[Attempt]:
    """Yield the attempts with another method (0), path (1), parameters (2) or headers (3)."""
    found: Iterator[tuple[Finding, SignedText]]
    text = first.text
    match part:
        case 0:
            found = ((f, replace(text, method=m)) for f, m in method_mistakes(request))
        case 1:
            found = ((f, replace(text, path=p)) for f, p in path_mistakes(request, place))
        case 2:
            pairs = parameter_mistakes(request, authorization.url_param_list)
            found = ((f, replace(text, parameters=p)) for f, p in pairs)
        case _:
            pairs = header_mistakes(request, authorization.header_list, place)
            found = ((f, replace(text, headers=p)) for f, p in pairs)
    size = len(request.headers) + len(request.parameters) + 1
    for finding, changed in islice(found, min(MAX_ALTERNATIVES, _MAX_ENCODED_PAIRS // size)):
        if changed != text:
            yield replace(first, text=changed, mistakes=_both(first, finding))


def _merged(first: Attempt, left: Attempt, right: Attempt) -> Attempt:
    """Return an attempt with the changes of both, which are in different parts."""
    base, mine, other = first.text, left.text, right.text
    text = SignedText(
        method=_pick(base.method, mine.method, other.method),
        path=_pick(base.path, mine.path, other.path),
        parameters=_pick(base.parameters, mine.parameters, other.parameters),
        headers=_pick(base.headers, mine.headers, other.headers),
        sign_time=base.sign_time,
    )
    return Attempt(
        text,
        _pick(first.secret, left.secret, right.secret),
        _pick(first.derivation, left.derivation, right.derivation),
        _pick(first.layout, left.layout, right.layout),
        (*left.mistakes, *right.mistakes[len(first.mistakes) :]),
    )


def _pick(base: _T, mine: _T, other: _T) -> _T:
    """Return the one that was changed."""
    return other if mine == base else mine


def _of(finding: Finding | None) -> tuple[Finding, ...]:
    return () if finding is None else (finding,)


def _both(first: Attempt, finding: Finding | None) -> tuple[Finding, ...]:
    return first.mistakes + _of(finding)
