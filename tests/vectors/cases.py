"""Reading golden vectors from a folder, and judging a verification as they ask."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from classgate.errors import VerificationFailed

Content = TypeVar("Content")

FORMAT = "classgate-vectors/1"


class Case(msgspec.Struct, frozen=True):
    """One case, as the file has it."""

    id: str
    group: str
    kind: Literal["generate", "verify", "issue", "transform", "information"]
    algorithm: str
    inputs: dict[str, Any]
    expect: dict[str, Any]
    note: str | None = None


class SuiteFile(msgspec.Struct, frozen=True):
    """One file of cases."""

    format: str
    suite: str
    cases: tuple[Case, ...]


def read_suites(folder: Path) -> list[SuiteFile]:
    """All suites in a folder. ValueError when one is of another format, or there is none."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ValueError(f"there are no vectors in {folder}")
    return [_read(file) for file in files]


def _read(file: Path) -> SuiteFile:
    try:
        suite = msgspec.json.decode(file.read_bytes(), type=SuiteFile)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{file.name} is not a suite of vectors: {error}") from error
    if suite.format != FORMAT:
        raise ValueError(f"{file.name} has the format {suite.format}, not {FORMAT}")
    return suite


def judge(case: Case, verify: Callable[[], Content]) -> Content | None:
    """Run a verification and compare its verdict; the content when it was accepted.

    A refusal has to be a VerificationFailed. Its reason may be `signature` where the case names
    another fault, because a verifier that looks at the signature first is not wrong.
    """
    try:
        content, reason = verify(), None
    except VerificationFailed as refusal:
        content, reason = None, refusal.failed_check
    match case.expect["verdict"]:
        case "accept":
            assert reason is None, f"refused: {reason}"
        case "reject":
            assert reason is not None, "accepted"
            assert reason in {case.expect["reason"], "signature"}
        case verdict:
            assert verdict == "unspecified"
    return content
