"""Requests as cos-python-sdk-v5 sends them, recorded instead of sent."""

from collections.abc import Callable
from typing import Any

import requests
from qcloud_cos import CosConfig, CosS3Client
from requests.adapters import BaseAdapter
from tests.support.pasted_requests import Sent

BUCKET = "examplebucket-1250000000"
APP_ID = "1250000000"
REGION = "ap-guangzhou"
HOST = f"{BUCKET}.cos.{REGION}.myqcloud.com"
SECRET_ID = "AKIDexampleexampleexampleexample0001"
SECRET_KEY = "examplesecretkeyexamplesecretkey"
UPLOAD_ID = "1585130821cbb7df1d11846c073ad648e8f33b087cec2381df437acdc833cf654b9ecc6361"

Call = Callable[[CosS3Client], object]


class _Recorder(BaseAdapter):
    """Keeps the request and answers with nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.sent.append(request)
        answer = requests.Response()
        answer.status_code = 200
        answer._content = b"<x><ETag>1</ETag><UploadId>1</UploadId></x>"
        answer.headers.update({"ETag": "x", "Content-Length": "31"})
        answer.url = request.url or ""
        return answer

    def close(self) -> None:
        pass


def client(
    secret_id: str = SECRET_ID, secret_key: str = SECRET_KEY, token: str | None = None
) -> CosS3Client:
    config = CosConfig(
        Region=REGION, SecretId=secret_id, SecretKey="x", Token=token, Scheme="https"
    )  # fmt: skip
    # The configuration strips white space from a key; other libraries do not.
    config._secret_key = secret_key
    return CosS3Client(config, retry=0)


def sent_by(call: Call, cos: CosS3Client | None = None) -> Sent:
    """Return the request of a call of the SDK, the header Host included."""
    recorder = _Recorder()
    cos = cos or client()
    cos._session = requests.Session()
    cos._session.mount("https://", recorder)
    call(cos)
    (request,) = recorder.sent
    headers = {str(name): _text(value) for name, value in request.headers.items()}
    headers.setdefault("Host", HOST)
    body = request.body
    text = body.decode() if isinstance(body, bytes) else body
    assert text is None or isinstance(text, str)
    return Sent(request.method or "", request.url or "", headers, text or None)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


KEY = "classes/7/u1/课件 (1).pdf"

CALLS: dict[str, Call] = {
    "put": lambda cos: cos.put_object(BUCKET, b"lesson", KEY),
    "put with a type": lambda cos: cos.put_object(
        BUCKET, b"lesson", "classes/7/a.pdf", ContentType="application/pdf",
        Metadata={"x-cos-meta-class": "七"},
    ),
    "get": lambda cos: cos.get_object(BUCKET, KEY),
    "head": lambda cos: cos.head_object(BUCKET, "classes/7/a.pdf"),
    "delete": lambda cos: cos.delete_object(BUCKET, "classes/7/a.pdf"),
    "list": lambda cos: cos.list_objects(BUCKET, Prefix="classes/7/", MaxKeys=10),
    "start": lambda cos: cos.create_multipart_upload(BUCKET, "classes/7/a.mp4"),
    "part": lambda cos: cos.upload_part(BUCKET, "classes/7/a.mp4", b"part", 1, UPLOAD_ID),
    "parts": lambda cos: cos.list_parts(BUCKET, "classes/7/a.mp4", UPLOAD_ID),
    "finish": lambda cos: cos.complete_multipart_upload(
        BUCKET, "classes/7/a.mp4", UPLOAD_ID, {"Part": [{"PartNumber": 1, "ETag": '"x"'}]}
    ),
    "abort": lambda cos: cos.abort_multipart_upload(BUCKET, "classes/7/a.mp4", UPLOAD_ID),
    "uploads": lambda cos: cos.list_multipart_uploads(BUCKET, Prefix="classes/7/"),
}  # fmt: skip
