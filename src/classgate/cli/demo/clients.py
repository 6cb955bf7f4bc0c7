"""The clients of the demo's story: classgate's API, the emulator's checks, the official SDKs."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from qcloud_cos import CosConfig, CosS3Client, CosServiceError
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sts.v20180813.models import GetFederationTokenRequest
from tencentcloud.sts.v20180813.sts_client import StsClient

Json = dict[str, Any]

_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: Json


class ApiClient:
    """A school's client: calls the API, logged in or not."""

    def __init__(self, url: str, access_token: str | None = None) -> None:
        self._url = url
        self._session = requests.Session()
        if access_token is not None:
            self._session.headers["Authorization"] = f"Bearer {access_token}"

    def call(self, method: str, path: str, body: Json | None = None) -> Answer:
        """One call, whatever its outcome."""
        reply = self._session.request(method, self._url + path, json=body, timeout=_SECONDS)
        return Answer(reply.status_code, reply.json() if reply.content else {})

    def log_in(self, identifier: str, password: str) -> tuple["ApiClient", Json]:
        """A client that is logged in, and what the log-in gave."""
        answer = self.call("POST", "/v1/sessions", {"identifier": identifier, "password": password})
        return ApiClient(self._url, answer.body["access_token"]), answer.body


class LegacyClient:
    """A client of the old backend: one address for everything, and always HTTP 200."""

    def __init__(self, url: str, sdk_app_id: int) -> None:
        self._url = url
        self._sdk_app_id = sdk_app_id
        self._token: str | None = None

    def call(self, svc: str, cmd: str, **fields: object) -> Json:
        """One call, whatever its `errorCode`; with the token of the last log-in."""
        body: Json = {
            "appid": self._sdk_app_id,
            "timeStamp": int(time.time() * 1000) % 2**32,
            **({} if self._token is None else {"token": self._token}),
            **fields,
        }
        # As the clients for browsers send it, so that nothing is asked beforehand.
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        address = f"{self._url}/index.php?svc={svc}&cmd={cmd}"
        reply = requests.post(address, json.dumps(body), headers=headers, timeout=_SECONDS)
        reply.raise_for_status()
        answer: Json = reply.json()
        return answer

    def log_in(self, identifier: str, password: str) -> Json:
        """Keep the token; what the log-in was answered."""
        answer = self.call("account", "login", id=identifier, pwd=password)
        self._token = answer.get("data", {}).get("token")
        return answer


class EmulatorClient:
    """Asks the emulator what the media service would say, and sets its clock."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, what: str, body: Json) -> Json:
        """A check or a control call of the emulator."""
        reply = requests.post(f"{self._url}/_emulator/{what}", json=body, timeout=_SECONDS)
        answer: Json = reply.json()
        return answer

    @contextmanager
    def clock_ahead(self, seconds: int) -> Iterator[None]:
        """Let the cloud's clock run ahead, and set it right whatever happens."""
        self.ask("clock", {"offset": seconds})
        try:
            yield
        finally:
            self.ask("clock", {"offset": 0})


class CosSdkClient:
    """The official COS SDK with temporary keys, pointed at the emulator."""

    def __init__(self, emulator: str, region: str, grant: Json) -> None:
        keys, address = grant["credentials"], urlsplit(emulator)
        self._bucket = grant["bucket"]
        self._client = CosS3Client(
            CosConfig(
                Region=region,
                SecretId=keys["tmpSecretId"],
                SecretKey=keys["tmpSecretKey"],
                Token=keys["sessionToken"],
                Scheme="http",
                IP=address.hostname,
                Port=address.port,
            )
        )

    def upload_in_parts(
        self, object_key: str, file: Path, progress: Callable[[int, int], None]
    ) -> None:
        """The SDK's multipart upload."""
        self._client.upload_file(
            Bucket=self._bucket,
            Key=object_key,
            LocalFilePath=str(file),
            PartSize=1,
            MAXThread=4,
            progress_callback=progress,
        )

    def refusal_of(self, object_key: str) -> str | None:
        """The code with which a small upload is refused; None when it is taken."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=object_key, Body=b"x")
        except CosServiceError as error:
            return str(error.get_error_code())
        return None


def ask_sts(emulator: str, region: str, secret_id: str, secret_key: str, policy: str) -> str | None:
    """Ask for keys with the official STS client; the code of a refusal, None when they come."""
    profile = ClientProfile(
        httpProfile=HttpProfile(protocol="http", endpoint=urlsplit(emulator).netloc)
    )
    client = StsClient(Credential(secret_id, secret_key), region, profile)
    request = GetFederationTokenRequest()
    request.Name, request.Policy, request.DurationSeconds = "demo", policy, 1800
    try:
        client.GetFederationToken(request)
    except TencentCloudSDKException as error:
        return str(error.get_code())
    return None


def json_api_upload(url: str, sign: str, content: bytes) -> int:
    """A plain upload to the JSON API (v4), as its old clients send it; the code of the answer."""
    reply = requests.post(
        url,
        headers={"Authorization": sign},
        data={"op": "upload", "insertOnly": "0"},
        files={"filecontent": content},
        timeout=_SECONDS,
    )
    return int(reply.json()["code"])
