"""Requests temporary keys for the probe object from STS, as for an upload.

This is a single call, without the retries of `cloud.sts`.
"""

from datetime import timedelta

from classgate.cloud.bucket import CosCredentials
from classgate.cloud.http import HttpResponse
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.cloud_codes import explain_sts
from classgate.diagnosis.findings import Finding, fail, ok
from classgate.diagnosis.probe_client import NoAnswer
from classgate.errors import VerificationFailed
from classgate.signing.cloud_api import CloudApiRequest, sign_headers
from classgate.signing.cos_policy import policy_for_object
from classgate.signing.sts_messages import (
    ACTION,
    SERVICE,
    VERSION,
    StsError,
    TemporaryCredentials,
    federation_token_payload,
    read_federation_token_reply,
)

CHECK = "STS"


async def check_sts(context: CheckContext) -> tuple[CosCredentials | None, list[Finding]]:
    """Return keys for the probe and the findings; no keys if STS issued none."""
    lifetime = context.settings.cos.credential_lifetime
    try:
        reply = await _call(context, lifetime)
        answer = read_federation_token_reply(reply.body, lifetime=lifetime)
    except NoAnswer as error:
        fix = "check the network, the firewall and cloud.sts_endpoint"
        return None, [fail(CHECK, error.what, fix)]
    except VerificationFailed:
        what = f"{context.settings.cloud.sts_endpoint} does not answer as STS does"
        fix = "check cloud.sts_endpoint, and whether a proxy answers instead"
        return None, [fail(CHECK, what, fix)]
    if isinstance(answer, StsError):
        explanation = explain_sts(answer.code)
        return None, [fail(CHECK, f"{explanation.what} ({answer.code})", explanation.fix)]
    return _key(answer), [_judge(context, answer, lifetime)]


async def _call(context: CheckContext, lifetime: timedelta) -> HttpResponse:
    cloud, cos = context.settings.cloud, context.settings.cos
    policy = policy_for_object(
        region=cos.region,
        cloud_app_id=cos.app_id,
        bucket=cos.bucket,
        object_key=context.probe_key,
    )
    request = CloudApiRequest(
        host=cloud.sts_endpoint,
        service=SERVICE,
        action=ACTION,
        version=VERSION,
        region=cloud.region,
        payload=federation_token_payload(policy, lifetime=lifetime, name="classgate"),
    )
    headers = sign_headers(
        request,
        secret_id=context.service_key.secret_id,
        secret_key=context.service_key.secret_key,
        issued_at=context.clock(),
    )
    url = f"{cloud.scheme}://{cloud.sts_endpoint}/"
    return await context.probe.send("STS", "POST", url, headers, request.payload)


def _key(given: TemporaryCredentials) -> CosCredentials:
    return CosCredentials(given.secret_id, given.secret_key, given.session_token)


def _judge(context: CheckContext, given: TemporaryCredentials, lifetime: timedelta) -> Finding:
    left = given.expires_at - context.clock()
    if not timedelta(0) < left <= lifetime + timedelta(minutes=5):
        what = f"by this machine's clock, the keys expire in {left.total_seconds():.0f} s"
        return fail(CHECK, what, "synchronize this machine's clock with NTP")
    seconds = int(lifetime.total_seconds())
    return ok(CHECK, f"GetFederationToken issued keys of {seconds} s, for {context.probe_key} only")
