"""What somebody who has a signed URL may append to it; docs/explanation/trust.md says the same."""

import pytest
from tests.support.contract_cloud import BUCKET
from tests.support.cos_signing import presigned
from tests.support.running_emulator import Emulator


def path_of(emulator: Emulator, **params: str) -> str:
    emulator.cos_client().put_object(Bucket=BUCKET, Key="a.txt", Body=b"lesson")
    return presigned(emulator, "a.txt", **params).partition(emulator.address)[2]


@pytest.mark.parametrize(
    ("parameter", "header", "value"),
    [
        ("response-content-disposition", "content-disposition", "attachment"),
        ("response-content-type", "content-type", "text/html"),
        ("response-cache-control", "cache-control", "no-store"),
        ("response-content-language", "content-language", "zh"),
        ("response-content-encoding", "content-encoding", "identity"),
        ("response-expires", "expires", "0"),
    ],
)
def test_header_of_the_answer_can_be_appended(
    emulator: Emulator, parameter: str, header: str, value: str
) -> None:
    answer = emulator.call("GET", f"{path_of(emulator)}&{parameter}={value.replace('/', '%2F')}")
    assert (answer.status, answer.body, answer.headers[header]) == (200, b"lesson", value)


def test_header_that_was_signed_cannot_be_changed(emulator: Emulator) -> None:
    path = path_of(emulator, **{"response-content-type": "text/plain"})
    changed = emulator.call("GET", path.replace("text%2Fplain", "text%2Fhtml"))
    assert changed.status == 403
    # A second one of the same name does not match the signature either.
    assert emulator.call("GET", f"{path}&response-content-type=text%2Fhtml").status == 403


@pytest.mark.parametrize("appended", ["x=1", "_=1700000000", "versionId="])
def test_what_means_nothing_changes_nothing(emulator: Emulator, appended: str) -> None:
    answer = emulator.call("GET", f"{path_of(emulator)}&{appended}")
    assert (answer.status, answer.body) == (200, b"lesson")


@pytest.mark.parametrize(
    "appended",
    ["imageMogr2/thumbnail/!50p", "imageInfo", "ci-process=doc-preview", "acl", "tagging"],
)
def test_other_operations_are_not_opened(emulator: Emulator, appended: str) -> None:
    answer = emulator.call("GET", f"{path_of(emulator)}&{appended}")
    is_operation = appended in ("acl", "tagging")
    # The cloud takes sub-resources from a signature that does not cover them; so does the emulator,
    # with the permission of whoever signed.
    assert (answer.status == 501) is not is_operation
    assert b"lesson" not in answer.body
