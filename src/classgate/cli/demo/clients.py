"""The clients of the stories: classgate's APIs, the emulator's checks and the official SDKs."""

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
    """A client of the HTTP API, with or without a session."""

    def __init__(self, url: str, access_token: str | None = None) -> None:
        self._url = url
        self._session = requests.Session()
        if access_token is not None:
            self._session.headers["Authorization"] = f"Bearer {access_token}"

    def call(self, method: str, path: str, body: Json | None = None) -> Answer:
        """Call the API and return the answer, whatever its status."""
        reply = self._session.request(method, self._url + path, json=body, timeout=_SECONDS)
        return Answer(reply.status_code, reply.json() if reply.content else {})

    def log_in(self, identifier: str, password: str) -> tuple["ApiClient", Json]:
        """Log in; return a client with the session, and the answer."""
        answer = self.call("POST", "/v1/sessions", {"identifier": identifier, "password": password})
        return ApiClient(self._url, answer.body["access_token"]), answer.body


class LegacyClient:
    """A client of the 2017 protocol, which has one URL and always answers HTTP 200."""

    def __init__(self, url: str, sdk_app_id: int) -> None:
        self._url = url
        self._sdk_app_id = sdk_app_id
        self._token: str | None = None

    def call(self, svc: str, cmd: str, **fields: object) -> Json:
        """Send a command with the token of the last log-in; return the answer with any code."""
        body: Json = {
            "appid": self._sdk_app_id,
            "timeStamp": int(time.time() * 1000) % 2**32,
            **({} if self._token is None else {"token": self._token}),
            **fields,
        }
        # As web clients send it, to avoid a CORS preflight.
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        address = f"{self._url}/index.php?svc={svc}&cmd={cmd}"
        reply = requests.post(address, json.dumps(body), headers=headers, timeout=_SECONDS)
        reply.raise_for_status()
        answer: Json = reply.json()
        return answer

    def log_in(self, identifier: str, password: str) -> Json:
        """Log in, keep the token, and return the answer."""
        answer = self.call("account", "login", id=identifier, pwd=password)
        self._token = answer.get("data", {}).get("token")
        return answer


class EmulatorClient:
    """Uses the control API of the emulator: the checks of the media service, and the clock."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, what: str, body: Json) -> Json:
        """Send a control call and return the answer."""
        reply = requests.post(f"{self._url}/_emulator/{what}", json=body, timeout=_SECONDS)
        answer: Json = reply.json()
        return answer

    @contextmanager
    def clock_ahead(self, seconds: int) -> Iterator[None]:
        """Set the emulator's clock ahead for the block."""
        self.ask("clock", {"offset": seconds})
        try:
            yield
        finally:
            self.ask("clock", {"offset": 0})


class CosSdkClient:
    """The official COS SDK, with temporary keys and the emulator's address."""

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
        """Upload a file with the SDK's multipart upload."""
        self._client.upload_file(
            Bucket=self._bucket,
            Key=object_key,
            LocalFilePath=str(file),
            PartSize=1,
            MAXThread=4,
            progress_callback=progress,
        )

    def refusal_of(self, object_key: str) -> str | None:
        """Try a small upload; return the error code, or None if it is accepted."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=object_key, Body=b"x")
        except CosServiceError as error:
            return str(error.get_error_code())
        return None


def ask_sts(emulator: str, region: str, secret_id: str, secret_key: str, policy: str) -> str | None:
    """Request keys with the official STS client; return the error code, or None."""
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
    """Upload to the JSON API (v4) as legacy clients do; return the code of the answer."""
    reply = requests.post(
        url,
        headers={"Authorization": sign},
        data={"op": "upload", "insertOnly": "0"},
        files={"filecontent": content},
        timeout=_SECONDS,
    )
    return int(reply.json()["code"])
