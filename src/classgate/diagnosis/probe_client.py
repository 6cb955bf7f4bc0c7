"""Sends single calls without retries and describes why there was no answer."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from classgate.cloud.http import CloudHttpClient, HttpResponse
from classgate.errors import CloudUnavailable

_REASONS = {
    "ClientConnectorDNSError": "its name is not found",
    "ClientConnectorCertificateError": "its certificate is not good",
    "ClientConnectorSSLError": "no secure connection comes about",
    "ConnectionTimeoutError": "no connection within the time",
    "ServerTimeoutError": "no answer within the time",
    "SocketTimeoutError": "no answer within the time",
    "ClientConnectorError": "no connection comes about",
    "ServerDisconnectedError": "it hangs up",
    "TimeoutError": "no answer within the time",
}


class NoAnswer(Exception):
    """There was no answer. `what` describes the failure."""

    def __init__(self, host: str, cause: BaseException | None) -> None:
        # Never its message: it may contain an address with a signature.
        reason = "more comes than the cloud ever answers"
        if cause is not None:
            reason = _REASONS.get(type(cause).__name__, type(cause).__name__)
        super().__init__(reason)
        self.what = f"{host} does not answer: {reason}"


class ProbeClient:
    """Sends as `CloudHttpClient` does, and describes failures."""

    def __init__(self, http: CloudHttpClient) -> None:
        self._http = http

    async def send(
        self, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpResponse:
        """Send one call. NoAnswer."""
        host = urlsplit(url).netloc
        try:
            return await self._http.send(service, method, url, headers, body)
        except CloudUnavailable as error:
            raise NoAnswer(host, error.__cause__) from error
