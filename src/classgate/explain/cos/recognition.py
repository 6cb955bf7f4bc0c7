"""Recognizes what concerns object storage: requests, signatures, policies and credentials."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from classgate.explain.cos import post_policy, sts_policy, temporary_credentials
from classgate.explain.cos.answers import read_answer
from classgate.explain.cos.claims import LINE_BREAK, find_authorization
from classgate.explain.cos.policy_document import read_policy_document
from classgate.explain.cos.subject import Subject, of_header, of_request, of_url
from classgate.explain.cos.unsigned import explain_unsigned, is_storage_request
from classgate.explain.cos.v4 import explain_v4
from classgate.explain.cos.v4_claims import V4Claims, read_v4
from classgate.explain.cos.v5 import explain_v5
from classgate.explain.models import Explain, ExplainContext, Explanation
from classgate.explain.requests.models import PastedRequest
from classgate.explain.requests.reading import read_requests
from classgate.signing.cos_hosts import find_bucket_host

_URL: Final = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)
_BEHIND: Final = re.compile(
    r"(q-signature=[0-9a-f]{40})(?:[.,;:!?)\]}*`\\]|[^\x00-\x7f\u200b-\u200f\u2060\ufeff]).*",
    re.DOTALL,
)
_BARE_URL: Final = re.compile(r"[a-z0-9][a-z0-9.-]+(?::[0-9]+)?/[^\s?]*\?\S+", re.IGNORECASE)
_HEADER: Final = re.compile(r"\s*[\"']?authorization[\"']?\s*[:=]\s*", re.IGNORECASE)
# Where a signature ends that stands in a longer text.
_END: Final = re.compile(r"[\s\"'<>,}\]\\]")
_FORM_BODY: Final = re.compile(r"(?:^|[&\n])policy=", re.IGNORECASE)


def recognize_request(text: str) -> Explain | None:
    """Recognize a pasted request to COS: curl, "copy as fetch" or HAR."""
    requests = read_requests(text)
    if not requests:
        return None
    chosen = _choose(requests)
    return None if chosen is None else _explain_request(chosen)


def _choose(requests: Sequence[PastedRequest]) -> PastedRequest | None:
    """Return the first request to COS that failed, else the first one to COS."""
    own = [each for each in requests if _explain_request(each) is not None]
    return min(own, key=_rank, default=None)


def _rank(request: PastedRequest) -> int:
    """Return 0 for a refused request, 1 for one that a browser blocked, then uploads."""
    status = request.answer.status
    if status is not None and status >= 400:
        return 0
    if status == 0:
        return 1
    return 2 if request.method in {"PUT", "POST"} else 3


def _explain_request(pasted: PastedRequest) -> Explain | None:
    subject = of_request(pasted)
    if subject is not None:
        return partial(explain_v5, subject)
    claims = _v4_of(pasted)
    if claims is not None:
        return partial(_explain_v4_request, claims, pasted)
    form = post_policy.read_form(dict(pasted.form or ()))
    if form is not None:
        return partial(_explain_form, form, pasted)
    return partial(explain_unsigned, pasted) if is_storage_request(pasted) else None


def _v4_of(pasted: PastedRequest) -> V4Claims | None:
    header = pasted.header("authorization")
    if header:
        return read_v4(header, in_header=True)
    sign = dict(pasted.url.parameters()).get("sign")
    return None if sign is None else read_v4(sign)


def _explain_v4_request(
    claims: V4Claims, pasted: PastedRequest, context: ExplainContext
) -> Explanation:
    return explain_v4(claims, context, pasted)


def _explain_form(
    form: post_policy.Form, pasted: PastedRequest, context: ExplainContext
) -> Explanation:
    found = find_bucket_host(pasted.host)
    bucket = found.bucket if found is not None else context.bucket
    return post_policy.explain_form(form, context, bucket, read_answer(pasted.answer))


def recognize_signature(text: str) -> Explain | None:
    """Recognize a v5 signature: a presigned URL, an Authorization header, also in a longer text."""
    if find_authorization(text) is None:
        text = "".join(text.split()) if _URL.match(text.strip()) else text
        if find_authorization(text) is None:
            return None
    for url in _urls(text):
        subject = of_url(url) if find_authorization(url) else None
        if subject is not None:
            return partial(explain_v5, _whole(text, url, subject))
    subject = of_header(_header_value(text))
    return None if subject is None else partial(explain_v5, subject)


def _urls(text: str) -> list[str]:
    """Return the URLs of a text; also one that was pasted without its scheme."""
    bare = text.strip()
    found = [bare] if _BARE_URL.fullmatch(bare) else _URL.findall(text)[:20]
    # A sentence, a link or a quotation goes on behind the signature.
    return [_BEHIND.sub(r"\1", each) for each in found]


def _whole(text: str, url: str, subject: Subject) -> Subject:
    """Return the subject of a URL; if line ends broke the URL apart, that of the whole URL."""
    bare = text.strip()
    if subject.claims.authorization is not None or not bare.startswith(url):
        return subject
    joined = of_url("".join(bare.split()))
    if joined is None or joined.claims.authorization is None:
        return subject
    claims = replace(joined.claims, faults=(LINE_BREAK, *joined.claims.faults))
    return replace(joined, claims=claims)


def _header_value(text: str) -> str:
    """Return the value of the header. In a longer text, it ends where it must."""
    named = _HEADER.match(text)
    bare = _BEHIND.sub(r"\1", text.strip() if named is None else text[named.end() :])
    begun = find_authorization(bare) or ""
    scheme = bare.partition(begun[:20])[0].strip().strip("\"'")
    if not scheme or (named is not None and scheme.isalpha()):
        return bare
    end = _END.search(begun)
    return begun if end is None else begun[: end.start()]


def recognize_v4(text: str) -> Explain | None:
    """Recognize a v4 signature, alone or as the parameter `sign` of a URL."""
    for url in _URL.findall(text)[:20]:
        sign = re.search(r"[?&]sign=([^&#]+)", url)
        claims = read_v4(sign[1]) if sign else None
        if claims is not None:
            return partial(explain_v4, claims)
    bare = _HEADER.sub("", text, count=1) if _HEADER.match(text) else text
    claims = read_v4(bare)
    return None if claims is None else partial(explain_v4, claims)


def recognize_policy(text: str) -> Explain | None:
    """Recognize a policy for temporary credentials, or of an upload form."""
    form = post_policy.read_policy(text) or _pasted_form(text)
    if form is not None:
        return partial(post_policy.explain_form, form)
    document = read_policy_document(text)
    return None if document is None else partial(sts_policy.explain_policy, document)


def _pasted_form(text: str) -> post_policy.Form | None:
    """Return the fields of a form: an object in JSON, or names and values joined by `=`."""
    members = temporary_credentials.read_object(text)
    if members is not None:
        nested = [each for each in members.values() if isinstance(each, dict)]
        for each in (members, *nested):
            fields = {k: v for k, v in each.items() if isinstance(v, str)}
            if {"policy", "q-signature"} <= {name.lower() for name in fields}:
                return post_policy.read_form(fields)
        return None
    if _FORM_BODY.search(text) is None or "q-signature=" not in text.lower():
        return None
    pairs = [item.strip().partition("=")[::2] for item in re.split(r"[&\n]", text)[:200]]
    return post_policy.read_form(dict(pairs))


def recognize_credentials(text: str) -> Explain | None:
    """Recognize an answer of STS with temporary credentials, or code with a key pair."""
    members = temporary_credentials.read_credentials(text)
    if members is not None:
        return partial(temporary_credentials.explain_credentials, members)
    if temporary_credentials.holds_key_pair(text):
        return temporary_credentials.explain_key_pair
    return None
