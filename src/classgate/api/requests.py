"""Requests: who is calling, from where, and a body of exactly the declared shape.

The framework accepts `"5"` for 5 and `"false"` for false, as it must for a query. In a body that
is an error of the client, which is reported and not guessed away.
"""

import json
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException

from classgate.accounts.models import Caller
from classgate.api.authentication import address_of, caller_of, services_of
from classgate.api.problems import to_fault
from classgate.api.services import ApiServices
from classgate.errors import FieldFault, InvalidRequest
from classgate.refusals import UnreadableBody

_PLACE = " - at `$"


class ApiRequest(Request[Any, Any, Any]):
    """A request of the HTTP API."""

    @property
    def services(self) -> ApiServices:
        """The services behind this API."""
        return services_of(self)

    @property
    def caller(self) -> Caller:
        """The authenticated caller. RuntimeError: the route's rule does not authenticate."""
        return caller_of(self)

    @property
    def client_address(self) -> str:
        """The address of the client, past trusted proxies."""
        return address_of(self)

    async def body(self) -> bytes:
        """Return the whole body. InvalidRequest: the client disconnected."""
        try:
            return await super().body()
        except InternalServerException as error:  # how the framework says so
            raise UnreadableBody("the body did not arrive whole") from error

    async def json(self) -> Any:
        """Return the handler's `data`. InvalidRequest names the wrong field."""
        wanted = self.route_handler.parsed_data_field
        if wanted is None:
            return await super().json()
        body = await self.body()
        if not wanted.annotation.BOUNDS.allows(body):
            raise UnreadableBody("the body is nested too deeply, or has too many values")
        try:
            decoded = msgspec.json.decode(body, type=wanted.annotation)
        except msgspec.ValidationError as error:
            raise InvalidRequest(
                "some fields are not what is wanted here; errors names them",
                [_to_fault(str(error))],
            ) from error
        except msgspec.DecodeError as error:
            raise UnreadableBody("the body does not have the expected JSON type") from error
        json.loads(body, object_pairs_hook=_require_each_once)
        return decoded


def _to_fault(message_text: str) -> FieldFault:
    """Convert a message of msgspec, which ends with the place unless it is the whole body."""
    message, is_placed, place = message_text.rpartition(_PLACE)
    if not is_placed:
        return to_fault("", message_text)
    return to_fault(place.removeprefix(".").removesuffix("`"), message)


def _require_each_once(pairs: list[tuple[str, object]]) -> None:
    """Require unique keys, because parsers disagree on which duplicate counts. UnreadableBody."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise UnreadableBody("duplicate JSON key")
