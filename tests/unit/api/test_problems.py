"""Each error says its cause in Chinese, with its own data in the sentence."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.support.error_tree import ERRORS, GROUPS

from classgate.api.messages_zh import TITLES_ZH, translate
from classgate.api.problems import TITLES
from classgate.errors import (
    ClassgateError,
    CloudRejected,
    CloudUnavailable,
    ConfigurationError,
    IdentifierHeld,
    ImportRefused,
    InvalidObjectPath,
    TooManyAttempts,
    VerificationFailed,
)
from classgate.overload_refusals import Overloaded
from classgate.refusals import (
    FileTooLarge,
    HostChangedMeanwhile,
    HostsClasses,
    MembersNotAddable,
    UnacceptablePassword,
    UploadSizeDiffers,
)

# What these are made of; the others need nothing, or a duration.
ARGUMENTS: dict[type[ClassgateError], tuple[object, ...]] = {
    CloudRejected: ("STS", "AuthFailure"),
    CloudUnavailable: ("COS",),
    ConfigurationError: (["cos.bucket: is missing"],),
    FileTooLarge: (1024,),
    HostChangedMeanwhile: ("tina",),
    HostsClasses: ("7, 8",),
    IdentifierHeld: (datetime(2026, 1, 1, tzinfo=UTC),),
    ImportRefused: ([],),
    InvalidObjectPath: ("an object path has no '.' or '..' in it",),
    MembersNotAddable: ([],),
    UnacceptablePassword: ("a password has no control characters", "password"),
    UploadSizeDiffers: (10, 11),
    VerificationFailed: ("signature", "the signature is not this key's"),
}


@pytest.mark.parametrize("kind", [error for error in ERRORS if error not in GROUPS])
def test_every_error_is_translated(kind: type[ClassgateError]) -> None:
    arguments = ARGUMENTS.get(kind, ())
    if issubclass(kind, TooManyAttempts | Overloaded):
        arguments = (timedelta(seconds=1),)
    reported = translate(kind(*arguments))  # type: ignore[arg-type]
    assert reported
    assert "{" not in reported


def test_data_of_the_error_is_in_the_sentence() -> None:
    assert "10 字节" in translate(UploadSizeDiffers(10, 11))
    assert "11 字节" in translate(UploadSizeDiffers(10, 11))
    assert translate(FileTooLarge(1024)) == "文件最大为 1024 字节"


def test_what_a_name_holds_is_no_template() -> None:
    assert "{0.__class__}" in translate(HostChangedMeanwhile("{0.__class__}"))


def test_every_title_has_its_chinese() -> None:
    assert set(TITLES_ZH) == set(TITLES)
