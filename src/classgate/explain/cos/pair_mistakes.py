"""Well-known mistakes in what is signed: the parameters and the headers of a request."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote, quote_plus

from classgate.explain.cos.findings import Finding
from classgate.explain.cos.path_mistakes import COMPONENT_SAFE, Place
from classgate.explain.cos.signed_text import (
    Encoded,
    Request,
    encode,
    encode_name,
    encode_value,
    is_hidden,
    missing_names,
    named,
)
from classgate.explain.models import CauseCode

MAX_PAIRS: Final = 60
_TYPES: Final = (
    "", "application/octet-stream", "application/x-www-form-urlencoded", "application/json",
    "application/xml", "text/plain", "text/html", "multipart/form-data", "application/pdf",
    "image/jpeg", "image/png", "video/mp4",
)  # fmt: skip
_CHARSETS: Final = ("; charset=utf-8", ";charset=utf-8", ";charset=UTF-8", "; charset=UTF-8")
_MAX_DIGITS: Final = 16
_PORTS: Final = ("80", "443", "8080", "8000", "3000", "8443")
# Which headers a client or a proxy adds by itself, so that a pasted request may lack them.
ADDED_BY_CLIENTS: Final = frozenset({"host", "content-length", "content-type", "origin", "referer",
                                     "user-agent", "accept", "accept-encoding", "connection",
                                     "expect", "transfer-encoding", "range"})  # fmt: skip

Alternatives = Iterator[tuple[Finding, Encoded]]


def parameter_mistakes(request: Request, listed: Sequence[str]) -> Alternatives:
    """Yield other parameters that may have been signed."""
    own = named(request.parameters, listed)
    names = ", ".join(listed)
    for chosen in _left_out(own):
        left = ", ".join(name for name, _ in own if (name, _) not in chosen)
        finding = Finding(
            CauseCode.UNSIGNED_PARAMETER,
            f"{left} stands in q-url-param-list, but was not signed",
            f"{left} 写在 q-url-param-list 中，但没有参与签名",
        )
        yield finding, encode(chosen)
    others = [pair for pair in request.parameters if pair not in own][:MAX_PAIRS]
    for added in _added(others):
        more = ", ".join(name for name, _ in added)
        finding = Finding(
            CauseCode.UNSIGNED_PARAMETER,
            f"{more} was signed, but does not stand in q-url-param-list ({names})",
            f"{more} 参与了签名，但没有写进 q-url-param-list（{names}）",
        )
        yield finding, encode([*own, *added])
    for absent in missing_names(request.parameters, listed):
        finding = Finding(
            CauseCode.UNSIGNED_PARAMETER,
            f"{absent} was signed, but the request does not have it",
            f"{absent} 参与了签名，但请求中没有",
        )
        yield finding, tuple(sorted((*encode(own), (absent, ""))))
    yield from _spellings(own, "parameters", "查询参数")


def header_mistakes(request: Request, listed: Sequence[str], place: Place) -> Alternatives:
    """Yield other headers that may have been signed."""
    own = named(request.headers, listed)
    yield from _host_mistakes(request, own, place)
    yield from _changed_values(request, own)
    for chosen in _left_out(own):
        left = ", ".join(name for name, _ in own if (name, _) not in chosen)
        finding = Finding(
            CauseCode.UNSIGNED_HEADER,
            f"{left} stands in q-header-list, but was not signed",
            f"{left} 写在 q-header-list 中，但没有参与签名",
        )
        yield finding, encode(chosen)
    others = [pair for pair in request.headers if pair not in own and pair[0] != "authorization"]
    for added in _added(others[:MAX_PAIRS]):
        more = ", ".join(name for name, _ in added)
        finding = Finding(
            CauseCode.UNSIGNED_HEADER,
            f"{more} was signed, but does not stand in q-header-list",
            f"{more} 参与了签名，但没有写进 q-header-list",
        )
        yield finding, encode([*own, *added])
    yield from _spellings(own, "headers", "请求头")


def missing_values(request: Request, name: str) -> list[str]:
    """Return the values that a signed header may have had which the pasted request lacks."""
    if name == "host":
        return [request.host]
    if name == "content-length":
        length = [str(len(request.body.encode(errors="replace")))] if request.body else []
        return [*length, "0"]
    if name == "content-type":
        return [*_TYPES, *(f"{each}{charset}" for each in _TYPES[1:] for charset in _CHARSETS)]
    return [""]


def _left_out(pairs: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    for pair in pairs[:MAX_PAIRS]:
        yield [each for each in pairs if each != pair]
    if len(pairs) > 1:
        yield []


def _added(others: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    for pair in others:
        yield [pair]
    if len(others) > 1:
        yield list(others)


def _replaced(pairs: Iterable[tuple[str, str]], name: str, value: str) -> Encoded:
    return encode((held, value if held == name else old) for held, old in pairs)


def _host_mistakes(request: Request, own: Sequence[tuple[str, str]], place: Place) -> Alternatives:
    if "host" not in dict(own):
        # Signed, but not named: the generic alternatives cover the host as it was sent.
        return
    bare, _, port = request.host.partition(":")
    for text in dict.fromkeys([bare, *(f"{bare}:{each}" for each in (*_PORTS, port) if each)]):
        if text != request.host:
            finding = Finding(
                CauseCode.HOST_PORT_SIGNED,
                f"the host was signed as {text}, and sent as {request.host}",
                f"签名的 Host 是 {text}，发送的是 {request.host}",
            )
            yield finding, _replaced(own, "host", text)
    for text in _other_hosts(request, place):
        if text != request.host:
            finding = Finding(
                CauseCode.WRONG_HOST,
                f"the host was signed as {text}, and sent as {request.host}",
                f"签名的 Host 是 {text}，发送的是 {request.host}",
            )
            yield finding, _replaced(own, "host", text)


def _other_hosts(request: Request, place: Place) -> Iterator[str]:
    bucket, region = place.bucket, place.region
    short = bucket.rpartition("-")[0]
    for domain in ("myqcloud.com", "tencentcos.cn"):
        yield f"{bucket}.cos.{region}.{domain}"
        yield f"{bucket}.cos-internal.{region}.{domain}"
        yield f"{bucket}.cos.accelerate.{domain}"
        yield f"{short}.cos.{region}.{domain}"
        yield f"{place.configured}.cos.{region}.{domain}"
        yield f"cos.{region}.{domain}"
    yield f"{bucket}.file.myqcloud.com"
    yield f"{bucket}.cos-website.{region}.myqcloud.com"
    yield f"https://{request.host}"
    yield f"http://{request.host}"
    yield request.host.upper()
    yield request.host.lower()
    for name in ("x-forwarded-host", "x-original-host"):
        yield dict(request.headers).get(name, request.host)
    for name in ("origin", "referer"):
        yield dict(request.headers).get(name, "").partition("://")[2].partition("/")[0]
    yield "localhost"
    yield "127.0.0.1"
    yield ""


def _changed_values(request: Request, own: Sequence[tuple[str, str]]) -> Alternatives:
    for name, value in own:
        for text in dict.fromkeys(_other_values(name, value, request.body or "")):
            if text != value:
                finding = Finding(
                    CauseCode.HEADER_CHANGED,
                    f"{name} was signed as {text!r}, and sent as {value!r}",
                    f"{name} 签名时是 {text!r}，发送的是 {value!r}",
                )
                yield finding, _replaced(own, name, text)


def _other_values(name: str, value: str, body: str) -> Iterator[str]:
    if name == "host" or is_hidden(name):
        return
    if name == "content-type":
        bare = value.partition(";")[0].strip()
        yield bare
        yield from (f"{bare}{charset}" for charset in _CHARSETS)
        yield from _TYPES
        yield from (f"{each}{charset}" for each in _TYPES[1:] for charset in _CHARSETS)
        yield value.lower()
        return
    if name == "content-length":
        yield from ("0", "")
        # Characters instead of bytes, and line ends that were added or removed.
        yield from (str(len(body)), str(len(body.encode(errors="replace"))))
        number = int(value) if value.isdecimal() and len(value) < _MAX_DIGITS else 0
        yield from (str(number + more) for more in (-2, -1, 1, 2) if number + more >= 0)
        return
    yield " ".join(value.split())
    yield value.replace(" ", "")
    if value.count(" ") <= 8:
        positions = [index for index, character in enumerate(value) if character == " "]
        yield from (f"{value[:index]} {value[index:]}" for index in positions)
    yield value.encode(errors="replace").decode("latin-1")
    yield value.encode("latin-1", "replace").decode(errors="replace")
    yield quote(value.encode(errors="replace"))
    yield value.lower()


def _spellings(own: Sequence[tuple[str, str]], english: str, chinese: str) -> Alternatives:
    if not own:
        return
    ways: tuple[tuple[str, str, Callable[[str], str], Callable[[str], str]], ...] = (
        ("not percent-encoded", "没有做百分号编码", encode_name, str),
        ("percent-encoded twice", "做了两次百分号编码", encode_name, _twice),
        ("encoded with lower-case hex digits", "百分号编码用了小写", encode_name, _lower),
        ("encoded as encodeURIComponent does, which keeps !'()*",
         "只用 encodeURIComponent 编码，漏了 !'()*", encode_name, _component),
        ("encoded with + for a space", "把空格编码成了 +", encode_name, _plus),
        ("encoded with bare slashes", "没有编码斜杠", encode_name, _slash),
        ("signed with names that are not in lower case", "名称没有转成小写", encode_value,
         encode_value),
        ("signed with capitalized names", "名称首字母大写", str.title, encode_value),
    )  # fmt: skip
    for how, how_zh, spell_name, spell_value in ways:
        finding = Finding(
            CauseCode.SIGNED_TEXT_DIFFERS,
            f"the {english} were {how}",
            f"{chinese}{how_zh}",
        )
        yield finding, tuple(sorted((spell_name(name), spell_value(value)) for name, value in own))
    finding = Finding(
        CauseCode.SIGNED_TEXT_DIFFERS,
        f"the {english} were not sorted by name",
        f"{chinese}没有按名称排序",
    )
    in_order = tuple((encode_name(name), encode_value(value)) for name, value in own)
    yield finding, in_order
    yield finding, in_order[::-1]


def _twice(value: str) -> str:
    return encode_value(encode_value(value))


def _lower(value: str) -> str:
    head, *rest = encode_value(value).split("%")
    return "%".join([head, *(piece[:2].lower() + piece[2:] for piece in rest)])


def _component(value: str) -> str:
    return quote(value.encode(errors="replace"), safe=COMPONENT_SAFE)


def _plus(value: str) -> str:
    return quote_plus(value.encode(errors="replace"))


def _slash(value: str) -> str:
    return quote(value.encode(errors="replace"), safe="/")
