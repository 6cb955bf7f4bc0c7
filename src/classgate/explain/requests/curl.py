"""Reads a curl command, as browsers and SDKs print it. Nothing is run."""

from collections.abc import Iterator
from typing import Final

from classgate.explain.requests.models import PastedRequest, Url
from classgate.explain.requests.shell_words import split_words

_SHORT_WITH_VALUE: Final = frozenset("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
_LONG_WITH_VALUE: Final = frozenset({
    "abstract-unix-socket", "cacert", "cert", "cert-type", "ciphers", "config", "connect-timeout",
    "connect-to", "cookie", "cookie-jar", "data", "data-ascii", "data-binary", "data-raw",
    "data-urlencode", "dump-header", "form", "form-string", "header", "interface", "json", "key",
    "limit-rate", "max-redirs", "max-time", "noproxy", "output", "preproxy", "proxy",
    "proxy-header", "proxy-user", "range", "referer", "request", "request-target", "resolve",
    "retry", "retry-delay", "retry-max-time", "socks5", "socks5-hostname", "unix-socket",
    "upload-file", "url", "url-query", "user", "user-agent", "write-out",
})  # fmt: skip
_LONG_NAMES: Final = {
    "A": "user-agent", "b": "cookie", "d": "data", "e": "referer", "F": "form", "G": "get",
    "H": "header", "I": "head", "r": "range", "T": "upload-file", "X": "request",
}  # fmt: skip
_DATA: Final = frozenset(
    {"data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json"}
)
_AS_HEADER: Final = {"user-agent": "user-agent", "referer": "referer", "range": "range"}


def is_curl(text: str) -> bool:
    """Return whether a text begins with a curl command."""
    first, _, rest = text.lstrip().partition(" ")
    name = first.rpartition("/")[2].rpartition("\\")[2].lower()
    return name in {"curl", "curl.exe"} and bool(rest.strip())


def read_curl(text: str) -> PastedRequest | None:
    """Return the request of a curl command; None if it has no URL."""
    options: list[tuple[str, str]] = []
    urls: list[str] = []
    for name, value in _options(split_words(text)[1:]):
        if name in {"", "url"}:
            urls.append(value)
        else:
            options.append((name, value))
    url = next((parsed for each in urls if (parsed := Url.parse(each)) and _is_url(each)), None)
    if url is None:
        return None
    given = dict(options)
    data = [value for name, value in options if name in _DATA]
    form = [value for name, value in options if name in {"form", "form-string"}]
    body = "&".join(data) if data and "get" not in given else None
    if data and "get" in given:
        url = Url(url.scheme, url.host, url.path, "&".join([*filter(None, [url.query]), *data]))
    return PastedRequest(
        source="curl",
        method=_method(given, has_body=body is not None or bool(form)),
        url=url,
        headers=tuple(_headers(options, has_data=body is not None)),
        body=body,
        form=_fields(form) if form else None,
    )


def _is_url(word: str) -> bool:
    return "." in word or "localhost" in word or "://" in word


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the long names of options with their values; words that are no option have none."""
    remaining = iter(words)
    for word in remaining:
        if word.startswith("--") and len(word) > 2:
            name, joint, value = word[2:].partition("=")
            if name in _LONG_WITH_VALUE and not joint:
                value = next(remaining, "")
            yield name, value
        elif word.startswith("-") and len(word) > 1:
            yield from _short(word[1:], remaining)
        else:
            yield "", word


def _short(letters: str, remaining: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield the options of `-sSXPUT` and the like: the value may be joined to its letter."""
    for position, letter in enumerate(letters):
        name = _LONG_NAMES.get(letter, f"-{letter}")
        if letter in _SHORT_WITH_VALUE:
            yield name, letters[position + 1 :] or next(remaining, "")
            return
        yield name, ""


def _method(given: dict[str, str], *, has_body: bool) -> str:
    if asked := given.get("request"):
        return asked.upper()
    if "head" in given:
        return "HEAD"
    if "upload-file" in given:
        return "PUT"
    return "POST" if has_body else "GET"


def _headers(options: list[tuple[str, str]], *, has_data: bool) -> Iterator[tuple[str, str]]:
    names = set()
    for option, value in options:
        if option == "header":
            name, joint, text = value.partition(":")
            # curl sends `Name;` as a header without a value, and `Name:` not at all.
            if not joint and value.endswith(";"):
                name, text = value[:-1], ""
            elif not text.strip():
                continue
            names.add(name.strip().lower())
            yield name.strip().lower(), text.strip(" \t")
        elif option in _AS_HEADER:
            yield _AS_HEADER[option], value
    if has_data and "content-type" not in names:
        is_json = any(option == "json" for option, _ in options)
        yield "content-type", "application/json" if is_json else "application/x-www-form-urlencoded"


def _fields(form: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the fields of `-F name=value`, without files."""
    pairs = [item.partition("=")[::2] for item in form]
    return tuple((name, value) for name, value in pairs if not value.startswith(("@", "<")))
