"""Explaining a pasted credential, error reply or code."""

from typing import Annotated, Any

import msgspec
from litestar import Response, post
from msgspec import Meta

from classgate.api import rules
from classgate.api.languages import Language, preferred_language
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import Body, IdentifierText
from classgate.explain.models import Explanation, GrantRequest, Kind
from classgate.explain.pasted_text import MAX_REQUEST_CHARACTERS
from classgate.input_bounds import JsonBounds

# Of a request in HAR, which is JSON in the JSON of the body.
_BODY = 2 * MAX_REQUEST_CHARACTERS


class AskedRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A request that the policy in `text` may allow."""

    method: Annotated[str, Meta(min_length=1, max_length=10, description="Method, such as `PUT`.")]
    bucket: Annotated[str, Meta(min_length=1, max_length=80, description="Bucket with its APPID.")]
    key: Annotated[str, Meta(max_length=850, description="Object key; empty for the bucket.")]
    query: Annotated[
        list[Annotated[str, Meta(max_length=100)]],
        Meta(max_length=10, description="Names of its parameters, such as `uploads`."),
    ] = []
    is_form: Annotated[
        bool, Meta(description="Whether it is an upload with a form (POST Object).")
    ] = False


class ExplainRequest(Body):
    """What to explain."""

    BOUNDS = JsonBounds(size=_BODY, values=40)

    text: Annotated[
        str,
        Meta(
            max_length=MAX_REQUEST_CHARACTERS,
            description="A credential, a policy, a refused request, an error reply or a code, with "
            "what surrounds it. It is neither stored nor logged.",
        ),
    ]
    identifier: Annotated[
        IdentifierText | None, Meta(description="The account that it should be for.")
    ] = None
    request: Annotated[
        AskedRequest | None, Meta(description="Would the policy in `text` allow this request?")
    ] = None


class ExplainedCheck(msgspec.Struct, kw_only=True):
    """A check that the cloud makes."""

    name: Annotated[str, Meta(description="Name of the check.")]
    ok: Annotated[
        bool | None,
        Meta(description="Whether it passes. Null: it could not be made; see `detail`."),
    ]
    detail: Annotated[str, Meta(description="What was found, for people.")]


class LikelyCause(msgspec.Struct, kw_only=True):
    """A likely cause."""

    code: Annotated[str, Meta(description="The cause, for programs to branch on.")]
    evidence: Annotated[str, Meta(description="What speaks for it, for people.")]
    fix: Annotated[str, Meta(description="What to do about it.")]


class ExplainAnswer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What was pasted, and what is wrong with it. Sentences follow `Accept-Language`."""

    kind: Annotated[Kind, Meta(description="What was pasted.")]
    valid: Annotated[
        bool | None,
        Meta(description="Whether all checks pass. Null: one could not be made, or there is none."),
    ]
    content: Annotated[
        dict[str, Any],
        Meta(description="Its content, by the kind; never the credential itself."),
    ]
    checks: Annotated[list[ExplainedCheck], Meta(description="In the order of the cloud.")]
    first_failure: Annotated[
        str | None, Meta(description="The first check that fails. Null when none does.")
    ]
    causes: Annotated[list[LikelyCause], Meta(description="The likeliest first.")]
    fix: Annotated[str, Meta(description="What to do about the likeliest cause; may be empty.")]
    comparison: Annotated[
        list[str],
        Meta(description="Of a refused request: the lines of the signed text, side by side."),
    ] = []


@post(
    "/admin/explain",
    opt=rules.only(rules.ADMIN),
    status_code=200,
    summary="Explain a credential or a refusal",
    request_max_body_size=_BODY,
    responses=documented(401, 403, 413),
)
async def explain_text(request: ApiRequest, data: ExplainRequest) -> Response[ExplainAnswer]:
    """Say which check of the cloud fails, and why. Tries the configured keys; issues nothing."""
    language = preferred_language(request.headers.getall("Accept-Language", []))
    explanation = await request.services.explanations.explain(
        request.caller,
        data.text,
        data.identifier,
        _asked(data.request),
        chinese=language is Language.CHINESE,
    )
    headers = {"Content-Language": language.value, "Vary": "Accept-Language"}
    return Response(_view(explanation), headers=headers, media_type="application/json")


def _asked(given: AskedRequest | None) -> GrantRequest | None:
    if given is None:
        return None
    return GrantRequest(
        given.method, given.bucket, given.key, tuple(given.query), is_form=given.is_form
    )


def _view(explanation: Explanation) -> ExplainAnswer:
    return msgspec.convert(explanation.to_json(), ExplainAnswer)


HANDLERS: tuple[Any, ...] = (explain_text,)
