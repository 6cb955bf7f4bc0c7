"""Policies as a product would write them, by hand: nothing of the code under test is used."""

import json
from collections.abc import Sequence

from tests.support.contract_cloud import APP_ID, BUCKET, REGION

UPLOAD = (
    "name/cos:PutObject",
    "name/cos:InitiateMultipartUpload",
    "name/cos:ListMultipartUploads",
    "name/cos:ListParts",
    "name/cos:UploadPart",
    "name/cos:CompleteMultipartUpload",
    "name/cos:AbortMultipartUpload",
)


def statement(
    key_pattern: str, actions: Sequence[str] = UPLOAD, effect: str = "allow"
) -> dict[str, object]:
    resource = f"qcs::cos:{REGION}:uid/{APP_ID}:{BUCKET}/{key_pattern}"
    return {"effect": effect, "action": list(actions), "resource": [resource]}


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"version": "2.0", "statement": list(statements)}, ensure_ascii=False)
