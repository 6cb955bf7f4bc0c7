"""Well-known mistakes in what is signed: the method and the path of a request."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote

from classgate.explain.cos.findings import Finding
from classgate.explain.cos.signed_text import Request
from classgate.explain.models import CauseCode

_METHODS: Final = ("get", "put", "post", "head", "delete", "options")
# The characters that JavaScript's encodeURIComponent and encodeURI leave as they are.
COMPONENT_SAFE: Final = "-_.!~*'()"
_URI_SAFE: Final = f"{COMPONENT_SAFE};,/?:@&=+$#"


@dataclass(frozen=True)
class Place:
    """The bucket of a request, as far as it is known. `bucket` ends with the APPID."""

    bucket: str = ""
    region: str = ""
    configured: str = ""
    """The bucket of the settings, which may have been signed instead."""


def method_mistakes(request: Request) -> Iterator[tuple[Finding, str]]:
    """Yield other methods that may have been signed."""
    sent = request.method.upper()
    for method in _METHODS:
        if method != sent.lower():
            finding = Finding(
                CauseCode.WRONG_METHOD,
                f"{method.upper()} was signed, and {sent} was sent",
                f"签名用的是 {method.upper()}，发送的是 {sent}",
            )
            yield finding, method
    finding = Finding(
        CauseCode.WRONG_METHOD,
        f"the method was signed in upper case ({sent}); COS signs it in lower case",
        f"签名用了大写的方法 {sent}；COS 用小写的方法签名",
    )
    yield finding, sent


def path_mistakes(request: Request, place: Place) -> Iterator[tuple[Finding, str]]:
    """Yield other texts that may have been signed as the path."""
    path = request.path
    for text in _encoded(request):
        yield Finding(CauseCode.PERCENT_ENCODED_PATH), text
    for text in {unquote(path), unquote(unquote(path))} - {path}:
        yield (
            Finding(
                CauseCode.ENCODED_TWICE,
                "the path in the URL is percent-encoded twice; once was signed",
                "URL 中的路径被百分号编码了两次，签名用的是编码一次的",
            ),
            text,
        )
    yield from _spaces(path)
    forms: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
    for form in forms:
        text = unicodedata.normalize(form, path)
        yield (
            Finding(
                CauseCode.WRONG_PATH,
                f"the path was signed in another Unicode form ({form}) than it was sent",
                f"签名的路径用了另一种 Unicode 规范化形式（{form}）",
            ),
            text,
        )
    if request.form_key:
        yield (
            Finding(
                CauseCode.WRONG_PATH,
                "the key of the form was signed as the path; a form is signed as POST of /",
                "签名用了表单中的对象键作为路径；表单上传的签名路径是 /",
            ),
            "/" + request.form_key.lstrip("/"),
        )
    yield from _whole_paths(request, place)


def _encoded(request: Request) -> set[str]:
    path = request.path
    data = path.encode(errors="replace")
    forms = {
        request.raw_path,
        quote(data, safe="/"),
        quote(data, safe=f"/{COMPONENT_SAFE}"),
        quote(data, safe=_URI_SAFE),
        quote(data, safe=""),
        "/" + quote(data[1:], safe=""),
        "/" + quote(data[1:], safe=COMPONENT_SAFE),
    }
    forms |= {_lower_escapes(form) for form in forms}
    return forms - {path}


def _lower_escapes(text: str) -> str:
    head, *rest = text.split("%")
    return "%".join([head, *(piece[:2].lower() + piece[2:] for piece in rest)])


def _spaces(path: str) -> Iterator[tuple[Finding, str]]:
    finding = Finding(
        CauseCode.PLUS_BECAME_SPACE,
        "a space of the path was written as + by one side; in a path COS takes + as it is",
        "有一方把路径中的空格写成了 +；COS 不把路径中的 + 当作空格",
    )
    yield finding, path.replace("+", " ")
    yield finding, path.replace(" ", "+")


def _whole_paths(request: Request, place: Place) -> Iterator[tuple[Finding, str]]:
    path = request.path
    key = path.lstrip("/")
    short, _, app_id = place.bucket.rpartition("-")
    query = f"?{request.raw_query}"
    for text, english, chinese in (
        (key, "the path was signed without its leading slash", "签名的路径缺少开头的斜杠"),
        (f"/{path}", "the path was signed with two leading slashes", "签名的路径开头有两个斜杠"),
        (
            f"/{key}",
            "the path was sent with more slashes than were signed",
            "发送的路径开头多了斜杠",
        ),
        ("/", "the path / was signed instead of the object", "签名的路径是 /，而不是对象"),
        ("", "an empty path was signed", "签名的路径为空"),
        (path.lower(), "the path was signed in lower case", "签名的路径被转成了小写"),
        (f"/{place.bucket}{path}", "the path was signed with the bucket", "签名的路径带了存储桶名"),
        (
            f"/{app_id}/{short}{path}",
            "the path was signed as /<APPID>/<bucket>/<key>, as in v4",
            "签名的路径是 /<APPID>/<bucket>/<key>，那是 v4 的写法",
        ),
        (f"{path}{query}", "the query was signed as part of the path", "查询串被当作路径签名"),
        (
            f"{request.raw_path}{query}",
            "the query was signed as part of the path",
            "查询串被当作路径签名",
        ),
        (f"{path}/", "the path was signed with a slash at its end", "签名的路径末尾多了斜杠"),
        (path.rstrip("/"), "the slash at the end was not signed", "路径末尾的斜杠没有签名"),
        (
            path.encode(errors="replace").decode("latin-1"),
            "the path was signed as if its UTF-8 were Latin-1",
            "签名时把路径的 UTF-8 当成了 Latin-1",
        ),
        (
            path.removeprefix(f"/{place.bucket}"),
            "the bucket in the path was not signed",
            "路径中的存储桶名没有签名",
        ),
    ):
        yield Finding(CauseCode.WRONG_PATH, english, chinese), text
