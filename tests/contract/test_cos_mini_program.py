"""cos-wx-sdk-v5, the official client for mini-programs, with its defaults."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.contract_cloud import BUCKET
from tests.support.cos_policies import UPLOAD, policy, statement
from tests.support.node_clients import NodeClients, keys_of, step
from tests.support.post_forms import stored
from tests.support.running_emulator import Emulator
from tests.support.sts_client import federation_token

KEY = "classes/1/课件 (1).pdf"
WriteFile = Callable[[bytes], str]


def play(
    node: NodeClients, emulator: Emulator, *steps: dict[str, Any], **options: Any
) -> list[dict[str, Any]]:
    return node.play(emulator.address, *steps, program="mini_program.js", **options)


@pytest.mark.parametrize("call", ["uploadFile", "postObject"])
@pytest.mark.parametrize("options", [{}, {"UseAccelerate": True}])
def test_small_file_goes_up_as_a_form(
    node: NodeClients, emulator: Emulator, file_of: WriteFile, call: str, options: dict[str, Any]
) -> None:
    granted = federation_token(
        emulator, policy(statement("classes/1/*", [*UPLOAD, "name/cos:PostObject"]))
    )
    file = file_of(b"lesson")
    steps = [step(call, key, FilePath=file) for key in (KEY, "classes/2/a.pdf")]
    good, other = play(node, emulator, *steps, **keys_of(granted), **options)
    assert "error" not in good, good
    assert good["data"]["statusCode"] == 200
    assert stored(emulator, KEY) == b"lesson"
    assert (other["error"]["status"], other["error"]["code"]) == (403, "AccessDenied")
    assert stored(emulator, "classes/2/a.pdf") is None


def test_form_of_an_upload_that_must_not_overwrite(
    node: NodeClients, emulator: Emulator, file_of: WriteFile
) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key=KEY, Body=b"first")
    posted = step("postObject", KEY, FilePath=file_of(b"second"), ForbidOverwrite="true")
    (outcome,) = play(node, emulator, posted)
    assert (outcome["error"]["status"], outcome["error"]["code"]) == (409, "FileAlreadyExists")
    assert stored(emulator, KEY) == b"first"


def test_headers_of_a_form_are_signed_and_stored(
    node: NodeClients, emulator: Emulator, file_of: WriteFile
) -> None:
    posted = step(
        "postObject",
        KEY,
        FilePath=file_of(b"lesson"),
        ACL="public-read",
        StorageClass="STANDARD_IA",
    )
    posted["params"]["x-cos-meta-class"] = "1"
    (outcome,) = play(node, emulator, posted)
    assert "error" not in outcome, outcome
    head = emulator.cos_client().head_object(Bucket=BUCKET, Key=KEY)
    assert (head["x-cos-storage-class"], head["x-cos-meta-class"]) == ("STANDARD_IA", "1")
    acl = emulator.cos_client().get_object_acl(Bucket=BUCKET, Key=KEY)
    assert len(acl["AccessControlList"]["Grant"]) == 2


def test_what_the_emulator_does_not_do_is_refused(
    node: NodeClients, emulator: Emulator, file_of: WriteFile
) -> None:
    posted = step("postObject", KEY, FilePath=file_of(b"x"), ServerSideEncryption="cos/kms")
    (outcome,) = play(node, emulator, posted)
    assert (outcome["error"]["status"], outcome["error"]["code"]) == (501, "NotImplemented")
    assert stored(emulator, KEY) is None
