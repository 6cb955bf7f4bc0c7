"""The bucket, looked at over the COS XML API with the service's own key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import structlog

from classgate.clock import Clock
from classgate.cloud.http import CloudHttp
from classgate.cloud.ports import StoredObject
from classgate.errors import CloudRejected, CloudUnavailable
from classgate.signing.cos_presigned import issue_presigned_url
from classgate.signing.cos_request import CosRequest, KeyTime, issue_authorization

log = structlog.get_logger("classgate.cloud.cos")

_SERVICE = "COS"
# A clock that is a little ahead must not make a signature that is not valid yet.
_BACK_DATED = timedelta(seconds=60)
_VALID_FOR = timedelta(minutes=2)


@dataclass(frozen=True)
class CosAddress:
    """Where the bucket is, and with which key it is asked."""

    scheme: str
    host: str
    secret_id: str
    secret_key: str

    def __repr__(self) -> str:
        return f"CosAddress({self.scheme}://{self.host})"


class Cos:
    """An `ObjectStore`."""

    def __init__(self, address: CosAddress, http: CloudHttp, clock: Clock) -> None:
        self._address = address
        self._http = http
        self._clock = clock

    async def find_object(self, object_key: str) -> StoredObject | None:
        """HEAD Object. CloudRejected, CloudUnavailable."""
        address, now = self._address, self._clock()
        path = f"/{object_key}"
        headers = {"host": address.host}
        authorization = issue_authorization(
            CosRequest("HEAD", path, headers=list(headers.items())),
            secret_id=address.secret_id,
            secret_key=address.secret_key,
            key_time=KeyTime(now - _BACK_DATED, now + _VALID_FOR),
        )
        headers["authorization"] = authorization
        url = f"{address.scheme}://{address.host}{quote(path)}"
        reply = await self._http.send(_SERVICE, "HEAD", url, headers)
        if reply.status == 404:
            return None
        if reply.status != 200:
            log.warning("cos refused", status=reply.status)
            if reply.status >= 500:
                raise CloudUnavailable(_SERVICE)
            raise CloudRejected(_SERVICE, f"HTTP {reply.status}")
        size = reply.headers.get("Content-Length", "")
        if not (size.isascii() and size.isdigit()):
            raise CloudUnavailable(_SERVICE)
        return StoredObject(int(size))

    def presign_download(
        self, object_key: str, file_name: str, at: datetime, expires_at: datetime
    ) -> str:
        """A presigned GET that answers as an attachment, whatever the file is."""
        disposition = f"attachment; filename*=UTF-8''{quote(file_name, safe='')}"
        return issue_presigned_url(
            self._address.scheme,
            self._address.host,
            CosRequest(
                "GET", f"/{object_key}", parameters=[("response-content-disposition", disposition)]
            ),
            secret_id=self._address.secret_id,
            secret_key=self._address.secret_key,
            key_time=KeyTime(at - _BACK_DATED, expires_at),
        )
