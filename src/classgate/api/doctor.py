"""The checks of `classgate doctor`, run for an admin by the service itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

import msgspec
from litestar import Response, post
from msgspec import Meta

from classgate.api import rules
from classgate.api.languages import Language, preferred_language
from classgate.api.places import give_back
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import Time, to_unix
from classgate.errors import RouteNotFound

Outcome = Literal["ok", "warn", "fail", "skipped"]


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check."""

    check: Annotated[str, Meta(description="Name of the check.")]
    status: Annotated[
        Outcome,
        Meta(
            description="`ok`; `warn`: needs attention; `fail`: does not work, or is not safe; "
            "`skipped`: not checked, `what` says why."
        ),
    ]
    what: Annotated[str, Meta(description="What was found, for people.")]
    fix: Annotated[str, Meta(description="What to do about it; empty if nothing.")]


@dataclass(frozen=True)
class DoctorReport:
    """What the checks found, in one language."""

    at: datetime  # when they ended
    checks: Sequence[CheckResult]


class Doctor(Protocol):
    """Runs the checks: once at a time, and not again for some seconds."""

    async def run(self, *, chinese: bool) -> DoctorReport:
        """Return the newest report, of a run that this call began or that is recent enough."""


class DoctorAnswer(msgspec.Struct, kw_only=True):
    """What the checks found. Sentences follow `Accept-Language`."""

    at: Annotated[Time, Meta(description="When the checks ended. Unix time in seconds.")]
    healthy: Annotated[bool, Meta(description="Whether none failed; warnings do not count.")]
    checks: Annotated[list[CheckResult], Meta(description="In the order of the checks.")]


@post(
    "/admin/doctor",
    opt=rules.only(rules.ADMIN),
    status_code=200,
    summary="Check the installation",
    responses=documented(401, 403),
)
async def run_doctor(request: ApiRequest) -> Response[DoctorAnswer]:
    """Check keys, clock, database, STS, the bucket and its CORS rule, and say what to do.

    Calls the cloud some twenty times, and uploads and removes one small object. One run at a time:
    whoever calls meanwhile, or within 15 seconds after it, is given its result.
    """
    doctor: Doctor | None = request.app.state.doctor
    if doctor is None:
        raise RouteNotFound
    give_back(request.scope)  # there is one run however many wait for it, and it may take minutes
    language = preferred_language(request.headers.getall("Accept-Language", []))
    report = await doctor.run(chinese=language is Language.CHINESE)
    answer = DoctorAnswer(
        at=to_unix(report.at),
        healthy=all(each.status != "fail" for each in report.checks),
        checks=list(report.checks),
    )
    headers = {"Content-Language": language.value, "Vary": "Accept-Language"}
    return Response(answer, headers=headers, media_type="application/json")


HANDLERS: tuple[Any, ...] = (run_doctor,)
