"""STS: temporary keys for one harmless object, asked for as an upload asks for them.

Asked once and plainly, without the repeats and the patience of `cloud.sts`: its first word counts.
"""

from datetime import timedelta

from classgate.cloud.bucket import Key
from classgate.cloud.http import Reply
from classgate.diagnosis.cloud_words import explain_sts
from classgate.diagnosis.direct_line import NoAnswer
from classgate.diagnosis.findings import Finding, fail, ok
from classgate.diagnosis.patient import Patient
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


async def ask_for_keys(patient: Patient) -> tuple[Key | None, list[Finding]]:
    """Keys for the probe, and what is to be said; no keys when there are none."""
    lifetime = patient.settings.cos.credential_lifetime
    try:
        reply = await _call(patient, lifetime)
        answer = read_federation_token_reply(reply.body, lifetime=lifetime)
    except NoAnswer as error:
        fix = "look at the network, the firewall and cloud.sts_endpoint"
        return None, [fail(CHECK, error.what, fix)]
    except VerificationFailed:
        what = f"what {patient.settings.cloud.sts_endpoint} answers is not of STS"
        return None, [fail(CHECK, what, "look at cloud.sts_endpoint, and for a proxy on the way")]
    if isinstance(answer, StsError):
        meaning = explain_sts(answer.code)
        return None, [fail(CHECK, f"{meaning.what} ({answer.code})", meaning.fix)]
    return _key(answer), [_judge(patient, answer, lifetime)]


async def _call(patient: Patient, lifetime: timedelta) -> Reply:
    cloud, cos = patient.settings.cloud, patient.settings.cos
    policy = policy_for_object(
        region=cos.region,
        cloud_app_id=cos.app_id,
        bucket=cos.bucket,
        object_key=patient.probe_key,
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
        secret_id=patient.service_key.secret_id,
        secret_key=patient.service_key.secret_key,
        issued_at=patient.clock(),
    )
    url = f"{cloud.scheme}://{cloud.sts_endpoint}/"
    return await patient.line.send("STS", "POST", url, headers, request.payload)


def _key(given: TemporaryCredentials) -> Key:
    return Key(given.secret_id, given.secret_key, given.session_token)


def _judge(patient: Patient, given: TemporaryCredentials, lifetime: timedelta) -> Finding:
    left = given.expires_at - patient.clock()
    if not timedelta(0) < left <= lifetime + timedelta(minutes=5):
        what = f"the keys expire in {left.total_seconds():.0f} s, as this machine sees it"
        return fail(CHECK, what, "set this machine's clock right and keep it so by NTP")
    seconds = int(lifetime.total_seconds())
    return ok(CHECK, f"GetFederationToken gave keys of {seconds} s for {patient.probe_key} alone")
