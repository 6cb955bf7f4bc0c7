"""Sends single calls without retries and describes why there was no answer."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from classgate.cloud.http import CloudHttpClient, HttpResponse
from classgate.errors import CloudUnavailable

_REASONS = {
    "ClientConnectorDNSError": "DNS does not find its name",
    "ClientConnectorCertificateError": "its certificate is not valid",
    "ClientConnectorSSLError": "the TLS handshake failed",
    "ConnectionTimeoutError": "connecting timed out",
    "ServerTimeoutError": "the request timed out",
    "SocketTimeoutError": "the request timed out",
    "ClientConnectorError": "the connection failed",
    "ServerDisconnectedError": "it closed the connection",
    "TimeoutError": "the request timed out",
}


class NoAnswer(Exception):
    """There was no answer. `what` describes the failure."""

    def __init__(self, host: str, cause: BaseException | None) -> None:
        # Never its message: it may contain an address with a signature.
        reason = "its answer is too large"
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
