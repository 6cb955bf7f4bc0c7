"""What the log of refusals is given of a refused request."""

import re
from typing import Any

from classgate.accounts.models import Caller
from classgate.api.authentication import Connection, address_of, services_of
from classgate.api.rules import NOTED_CLASSROOM, find_rule
from classgate.errors import ClassgateError
from classgate.refusal_log.models import RefusedRequest


def record_refusal(connection: Connection, error: ClassgateError) -> None:
    """Record the refusal, in memory."""
    scope: Any = connection.scope
    caller = scope.get("user")
    handler = scope.get("route_handler")  # none where no route has the address
    rule = None if handler is None else find_rule(handler.opt)
    services_of(connection).refusals.record(
        error,
        RefusedRequest(
            rule="" if rule is None else rule.asked,
            route=f"{scope['method']} {scope.get('path_template', '')}",
            address=address_of(connection),
            caller_id=caller.account_id if isinstance(caller, Caller) else None,
            classroom_id=_classroom_of(scope),
        ),
    )


def _classroom_of(scope: Any) -> int | None:
    """Return the class of the path, or the noted one. It need not exist."""
    text = str(scope.get("path_params", {}).get("classroom_id", ""))
    if re.fullmatch(r"[1-9][0-9]{0,9}", text):
        return int(text)
    noted: int | None = scope["state"].get(NOTED_CLASSROOM)
    return noted
