"""The official cloud SDK as the client of the token service."""

import json
from dataclasses import dataclass
from urllib.parse import quote

from qcloud_cos import CosS3Client
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sts.v20180813.models import GetFederationTokenRequest
from tencentcloud.sts.v20180813.sts_client import StsClient
from tests.support.contract_cloud import REGION, SECRET_ID, SECRET_KEY
from tests.support.cos_policies import policy, statement
from tests.support.running_emulator import Emulator


@dataclass(frozen=True)
class Granted:
    """What GetFederationToken answered."""

    secret_id: str
    secret_key: str
    token: str
    expires_at: int
    expiration: str

    def cos_client(self, emulator: Emulator, *, by_domain: bool = False) -> CosS3Client:
        return emulator.cos_client(self.secret_id, self.secret_key, self.token, by_domain=by_domain)


def federation_token(
    emulator: Emulator,
    policy_text: str,
    *,
    seconds: int | None = 1800,
    name: str = "classgate",
    secret_id: str = SECRET_ID,
    secret_key: str = SECRET_KEY,
    token: str | None = None,
    encode: bool = True,
) -> Granted:
    """Raises the SDK's TencentCloudSDKException with the cloud's code."""
    client = StsClient(
        Credential(secret_id, secret_key, token),
        REGION,
        ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=emulator.address)),
    )
    request = GetFederationTokenRequest()
    request.Name = name
    request.Policy = quote(policy_text, safe="") if encode else policy_text
    request.DurationSeconds = seconds
    reply = json.loads(client.GetFederationToken(request).to_json_string())
    found = reply["Credentials"]
    return Granted(
        found["TmpSecretId"], found["TmpSecretKey"], found["Token"],
        reply["ExpiredTime"], reply["Expiration"],
    )  # fmt: skip


def grant_for(emulator: Emulator, key_pattern: str, *, seconds: int = 1800) -> Granted:
    """Upload rights for one key, or for what a pattern matches."""
    return federation_token(emulator, policy(statement(key_pattern)), seconds=seconds)
