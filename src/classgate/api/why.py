"""Why a person may act in a class, or may not. Asking issues nothing."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.params import Parameter
from msgspec import Meta

from classgate.admission import phrases
from classgate.admission.models import (
    Action,
    CheckName,
    Explanation,
    Fixer,
    PersonState,
    Words,
)
from classgate.api import messages_zh, rules, why_messages_zh
from classgate.api.classrooms import Muted
from classgate.api.languages import Language, preferred_language
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    MAX_CLASSROOM_ID,
    ClassroomId,
    Identifier,
    RoomNumber,
    Time,
    to_unix,
    to_unix_or_none,
)
from classgate.classrooms.permissions import Permission

AskedAbout = Annotated[
    str,
    Parameter(
        max_length=200, pattern="^[^\\x00]*$", description="Name of the account asked about."
    ),
]
OfClass = Annotated[
    int,
    Parameter(ge=1, le=MAX_CLASSROOM_ID, description="Id of the class asked about."),
]
ToDo = Annotated[Action, Parameter(description="What the person wants to do in the class.")]


class WhyCheck(msgspec.Struct, kw_only=True):
    """One check of the admission."""

    name: Annotated[CheckName, Meta(description="Name of the check.")]
    ok: Annotated[
        bool | None, Meta(description="Whether it passes. Null: it does not apply; see `detail`.")
    ]
    detail: Annotated[str, Meta(description="What was found, for people.")]


class WhyState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The person in the class now."""

    present: Annotated[bool, Meta(description="Whether they are in the class now.")]
    entry_lease: Annotated[
        bool, Meta(description="Whether they have entry credentials that may be renewed.")
    ]
    muted: Annotated[Muted, Meta(description="What is muted for them.")]
    removal_waiting: Annotated[
        bool,
        Meta(description="Whether their removal from the room has not reached the cloud yet."),
    ]
    session_open: Annotated[
        bool | None, Meta(description="Whether they are logged in. For admins only.")
    ] = None

    @classmethod
    def of(cls, state: PersonState) -> "WhyState":
        return cls(
            present=state.present,
            entry_lease=state.entry_lease,
            muted=Muted.of(state.muted),
            removal_waiting=state.removal_waiting,
            session_open=state.session_open,
        )


class WhyRefusal(msgspec.Struct, kw_only=True):
    """Refusals of the person at the class: those of one minute with one reason."""

    at: Annotated[Time, Meta(description="When the last of them happened. Unix time in seconds.")]
    reason: Annotated[
        str,
        Meta(
            description="Reason of the refusal; `account_unusable` where it lies in the account, "
            "for host and assistants."
        ),
    ]
    rule: Annotated[str, Meta(description="What was asked for, in words.")]
    count: Annotated[int, Meta(description="How many there were.")]
    request_id: Annotated[str, Meta(description="`X-Request-Id` of the last of them.")]


class WhyAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why the person may, or may not. The sentences follow `Accept-Language`."""

    identifier: Identifier
    classroom_id: Annotated[RoomNumber, Meta(description="Id of the class.")]
    action: Annotated[Action, Meta(description="What the person wants to do.")]
    allowed: Annotated[bool, Meta(description="Whether the real call would be granted.")]
    at: Annotated[Time, Meta(description="When it was looked at. Unix time in seconds.")]
    checks: Annotated[
        list[WhyCheck], Meta(description="Every check, in the order in which they decide.")
    ]
    first_failure: Annotated[
        CheckName | None, Meta(description="The check that refuses. Null when allowed.")
    ]
    reason: Annotated[
        str | None,
        Meta(
            description="`reason` of the refusal that the real call answers, or "
            "`account_unusable` for host and assistants. Null when allowed."
        ),
    ]
    detail: Annotated[str | None, Meta(description="`detail` of that refusal. Null when allowed.")]
    fix: Annotated[
        str | None,
        Meta(description="What was found, and what would have to change. Null when allowed."),
    ]
    by: Annotated[list[Fixer], Meta(description="Who can change it; empty when allowed.")]
    refusals: Annotated[
        list[WhyRefusal],
        Meta(description="The newest refusals of the person at the class, at most three."),
    ]
    opens_at: Annotated[
        int | None, Meta(description="When the class opens. Unix time in seconds.")
    ] = None
    until: Annotated[
        int | None, Meta(description="When the cause ends by itself. Unix time in seconds.")
    ] = None
    state: Annotated[
        WhyState | None,
        Meta(description="The person in the class now. Left out without an account or a class."),
    ] = None


_FIX = {Language.ENGLISH: "{}: {}", Language.CHINESE: "{}：{}"}


def view(explanation: Explanation, language: Language = Language.ENGLISH) -> WhyAnswer:
    """Return the answer in a language."""
    fix, error = explanation.fix, explanation.error
    found = detail = remedy = None
    if fix is not None:
        failed = next(each for each in explanation.checks if each.ok is False)
        found, remedy = _write(failed.detail, language), _write(fix.words, language)
        detail = found  # of a refusal that the asker does not see as such
    if error is not None:
        detail = messages_zh.translate(error) if language is Language.CHINESE else error.message
    return WhyAnswer(
        identifier=explanation.identifier,
        classroom_id=explanation.classroom_id,
        action=explanation.action,
        allowed=explanation.allowed,
        at=to_unix(explanation.at),
        checks=[
            WhyCheck(name=each.name, ok=each.ok, detail=_write(each.detail, language))
            for each in explanation.checks
        ],
        first_failure=explanation.first_failure,
        reason=explanation.reason,
        detail=detail,
        fix=None if fix is None else _FIX[language].format(found, remedy),
        by=[] if fix is None else list(fix.by),
        refusals=[
            WhyRefusal(
                at=to_unix(each.at),
                reason=each.reason,
                rule=each.rule,
                count=each.count,
                request_id=each.request_id,
            )
            for each in explanation.refusals
        ],
        opens_at=to_unix_or_none(explanation.opens_at),
        until=to_unix_or_none(explanation.until),
        state=None if explanation.state is None else WhyState.of(explanation.state),
    )


def _write(words: Words, language: Language) -> str:
    if language is Language.CHINESE:
        values = why_messages_zh.values_of(words.values)
        return phrases.write(why_messages_zh.PHRASES[words.phrase], values)
    return phrases.write(words.phrase, words.values)


def _answer(request: ApiRequest, explanation: Explanation) -> Response[WhyAnswer]:
    language = preferred_language(request.headers.getall("Accept-Language", []))
    headers = {"Content-Language": language.value, "Vary": "Accept-Language"}
    return Response(view(explanation, language), headers=headers, media_type="application/json")


@get(
    "/admin/why",
    opt=rules.only(rules.ADMIN),
    summary="Explain an admission",
    responses=documented(401, 403),
)
async def explain_admission(
    request: ApiRequest,
    identifier: AskedAbout,
    classroom: OfClass,
    action: ToDo = Action.ENTER,
) -> Response[WhyAnswer]:
    """Play the admission of a person, from the log-in to the credential, without issuing any."""
    explanation = await request.services.admission.explain(
        request.caller, identifier, classroom, action
    )
    return _answer(request, explanation)


@get(
    "/classrooms/{classroom_id:str}/why",
    opt=rules.only(rules.member(Permission.READ_REFUSALS)),
    summary="Explain an admission to a class",
    responses=documented(401, 403, 404),
)
async def explain_class_admission(
    request: ApiRequest,
    classroom_id: ClassroomId,
    identifier: AskedAbout,
    action: ToDo = Action.ENTER,
) -> Response[WhyAnswer]:
    """Play the admission of a member. Whatever is wrong with the account is `account_unusable`."""
    explanation = await request.services.admission.explain_to_staff(
        request.caller, classroom_id, identifier, action
    )
    return _answer(request, explanation)


HANDLERS: tuple[Any, ...] = (explain_admission, explain_class_admission)
