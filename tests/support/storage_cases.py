"""A context with the key of `sdk_requests`, error documents of COS, policies of the STS SDK."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from sts.sts import Scope, Sts
from tests.support.sdk_requests import APP_ID, BUCKET, HOST, REGION, SECRET_ID, SECRET_KEY

from classgate.explain.models import CloudKey, ExplainContext, Explanation

MULTIPART = ["InitiateMultipartUpload", "UploadPart", "ListParts", "ListMultipartUploads",
             "CompleteMultipartUpload", "AbortMultipartUpload"]  # fmt: skip
TEMPORARY_ID = "AKID" + "t" * 60
TOKEN = "sessiontokensessiontokensessiontoken"


def storage_context() -> ExplainContext:
    """The key that signs, its account and its bucket; now, because SDKs sign now."""
    return ExplainContext(
        now=datetime.now(UTC),
        cloud_keys=(CloudKey(name="cloud.secret_key", secret_id=SECRET_ID, secret_key=SECRET_KEY),),
        cloud_app_id=APP_ID,
        bucket=BUCKET,
        region=REGION,
    )


def first(explanation: Explanation) -> tuple[str | None, str]:
    """Return the first check that failed and the first cause, empty if there is none."""
    causes = explanation.causes
    return explanation.first_failure, causes[0].code if causes else ""


def cos_error(code: str, message: str = "", **elements: str) -> str:
    """The document with which COS refuses a request."""
    more = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items())
    return (
        f"<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>{code}</Code>\n"
        f"\t<Message>{message}</Message>\n{more}\t<Resource>{HOST}/a</Resource>\n"
        "\t<RequestId>NjA=</RequestId>\n</Error>"
    )


def sdk_policy(
    prefix: str = "classes/7/*",
    actions: list[str] | None = None,
    bucket: str = BUCKET,
    region: str = REGION,
    condition: Mapping[str, object] | None = None,
) -> str:
    """A policy of qcloud-python-sts."""
    names = [f"name/cos:{each}" for each in actions or ["PutObject", "PostObject", *MULTIPART]]
    scopes = [Scope(each, bucket, region, prefix) for each in names]
    for scope in scopes:
        if condition:
            scope.set_condition(condition)
    made = Sts.get_policy(scopes)
    return made if isinstance(made, str) else json.dumps(made)
