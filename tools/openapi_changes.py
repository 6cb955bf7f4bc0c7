"""Prints how the HTTP API differs from that of the last release, and whether it breaks clients.

    python tools/openapi_changes.py            compares; exit 1 if a change breaks clients
    python tools/openapi_changes.py --keep     keeps the present document, as for a release

The document of the last release is docs/reference/openapi.json.
"""

import asyncio
import json
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classgate.api.openapi import describe
from classgate.api.routes import create_api
from classgate.app.wiring import build_application
from classgate.settings.loading import load_settings

KEPT = Path(__file__).resolve().parent.parent / "docs" / "reference" / "openapi.json"
METHODS = {"get", "put", "post", "delete", "patch"}
Schema = dict[str, Any]
Change = tuple[bool, str]  # whether it breaks clients, and what it is


def present_document() -> Schema:
    """Return the document of this code. It does not depend on the settings."""
    with tempfile.TemporaryDirectory() as folder:
        application = build_application(
            load_settings(
                {},
                None,
                {
                    "database": {"url": f"sqlite:///{folder}/none.db"},
                    "im": {"sdk_app_id": 1400000001, "secret_key": secrets.token_hex(32)},
                    "cloud": {
                        "secret_id": secrets.token_hex(16),
                        "secret_key": secrets.token_hex(16),
                    },
                    "cos": {
                        "app_id": "1250000000",
                        "bucket": "courseware-1250000000",
                        "region": "ap-guangzhou",
                    },
                    "audit": {"key": secrets.token_hex(32)},
                },
            )
        )
        document = describe(create_api(application.api_services))
        asyncio.run(application.close())
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def changes(before: Schema, after: Schema) -> list[Change]:
    """Return what changed between two documents."""
    return list(_of_calls(before, after))


def _of_calls(before: Schema, after: Schema) -> Iterator[Change]:
    old, new = _calls(before), _calls(after)
    for call in sorted(old.keys() - new.keys()):
        yield True, f"{call}: removed"
    for call in sorted(new.keys() - old.keys()):
        yield False, f"{call}: new"
    for call in sorted(old.keys() & new.keys()):
        yield from _of_parameters(call, old[call], new[call])
        for place, is_request, was, now in _bodies(old[call], new[call]):
            where = f"{call} {place}"
            if now is None and was is None:
                continue
            if now is None or was is None:
                added = was is None
                is_breaking = added and _requires_body(new[call]) if is_request else not added
                yield is_breaking, f"{where}: {'removed' if now is None else 'new'}"
            else:
                yield from _of_schemas(
                    where, (before, was), (after, now), is_request=is_request, seen=frozenset()
                )


def _calls(document: Schema) -> dict[str, Schema]:
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }


def _of_parameters(call: str, old: Schema, new: Schema) -> Iterator[Change]:
    was = {each["name"]: each for each in old.get("parameters", [])}
    now = {each["name"]: each for each in new.get("parameters", [])}
    for name in sorted(was.keys() - now.keys()):
        yield True, f"{call} parameter {name}: removed"
    for name in sorted(now.keys() - was.keys()):
        yield bool(now[name].get("required")), f"{call} parameter {name}: new"
    for name in sorted(was.keys() & now.keys()):
        if now[name].get("required") and not was[name].get("required"):
            yield True, f"{call} parameter {name}: required now"
        yield from _of_bounds(
            f"{call} parameter {name}", was[name]["schema"], now[name]["schema"], is_request=True
        )


def _bodies(old: Schema, new: Schema) -> Iterator[tuple[str, bool, Schema | None, Schema | None]]:
    """Yield the place, whether it is a request, and the schema before and after."""
    yield "request", True, _schema(old.get("requestBody")), _schema(new.get("requestBody"))
    for status in sorted(old["responses"].keys() | new["responses"].keys()):
        if status.startswith("2"):
            was, now = old["responses"].get(status), new["responses"].get(status)
            yield f"answer {status}", False, _schema(was), _schema(now)


def _requires_body(operation: Schema) -> bool:
    return bool(operation["requestBody"].get("required"))


def _schema(part: Schema | None) -> Schema | None:
    for content in (part or {}).get("content", {}).values():
        found: Schema = content["schema"]
        return found
    return None


def _of_schemas(
    where: str,
    old: tuple[Schema, Schema],
    new: tuple[Schema, Schema],
    *,
    is_request: bool,
    seen: frozenset[str],
) -> Iterator[Change]:
    reference = new[1].get("$ref", "")
    if reference and reference in seen:
        return
    was, now = _resolve(*old), _resolve(*new)
    if is_request and "anyOf" in now and "anyOf" not in was:
        same = _option_of_type(new[0], now["anyOf"], was.get("type"))
        if same is not None:  # what was taken is taken, and something else as well
            yield False, f"{where}: takes another type as well"
            yield from _of_schemas(where, old, (new[0], same), is_request=True, seen=seen)
            return
    inside = seen | {reference}
    yield from _of_bounds(where, was, now, is_request=is_request)
    yield from _of_members(where, was, now, is_request=is_request)
    for name in sorted(was.get("properties", {}).keys() & now.get("properties", {}).keys()):
        parts = (old[0], was["properties"][name]), (new[0], now["properties"][name])
        yield from _of_schemas(f"{where}.{name}", *parts, is_request=is_request, seen=inside)
    if "items" in was and "items" in now:
        parts = (old[0], was["items"]), (new[0], now["items"])
        yield from _of_schemas(f"{where}[]", *parts, is_request=is_request, seen=inside)
    for one, other in zip(was.get("anyOf", []), now.get("anyOf", []), strict=False):
        parts = (old[0], one), (new[0], other)
        yield from _of_schemas(where, *parts, is_request=is_request, seen=inside)


def _option_of_type(document: Schema, options: list[Schema], name: str | None) -> Schema | None:
    return next((each for each in options if _resolve(document, each).get("type") == name), None)


def _of_members(where: str, was: Schema, now: Schema, *, is_request: bool) -> Iterator[Change]:
    old, new = was.get("properties", {}), now.get("properties", {})
    required_before, required_now = set(was.get("required", [])), set(now.get("required", []))
    for name in sorted(old.keys() - new.keys()):
        yield True, f"{where}.{name}: removed"
    for name in sorted(new.keys() - old.keys()):
        yield is_request and name in required_now, f"{where}.{name}: new"
    for name in sorted(old.keys() & new.keys()):
        if is_request and name in required_now - required_before:
            yield True, f"{where}.{name}: required now"
        if not is_request and name in required_before - required_now:
            yield True, f"{where}.{name}: may be left out now"


# Whether a larger value of the keyword takes more.
_BOUNDS = {
    "minimum": False,
    "maximum": True,
    "minLength": False,
    "maxLength": True,
    "minItems": False,
    "maxItems": True,
}


def _of_bounds(where: str, was: Schema, now: Schema, *, is_request: bool) -> Iterator[Change]:
    if was.get("type") != now.get("type"):
        yield True, f"{where}: {was.get('type')} became {now.get('type')}"
    for value in sorted(set(was.get("enum", [])) - set(now.get("enum", []))):
        yield is_request, f"{where}: no longer {value}"
    for value in sorted(set(now.get("enum", [])) - set(was.get("enum", []))):
        yield False, f"{where}: may be {value}"
    if is_request:
        for keyword, larger_takes_more in _BOUNDS.items():
            before, after = was.get(keyword), now.get(keyword)
            if before == after:
                continue
            takes_more = after is None or (
                before is not None and (after > before) == larger_takes_more
            )
            yield not takes_more, f"{where}: {keyword} {before} became {after}"


def _resolve(document: Schema, part: Schema) -> Schema:
    reference = part.get("$ref")
    if reference is None:
        return part
    found: Schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def main() -> None:
    present = present_document()
    if sys.argv[1:] == ["--keep"]:
        text = json.dumps(present, ensure_ascii=False, indent=1, sort_keys=True)
        KEPT.write_text(text + "\n", encoding="utf-8")
        return
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    found = changes(kept, present)
    version = kept["info"]["version"]
    print(f"{len(found)} changes of the HTTP API since {version}")
    for is_breaking, text in found:
        print(f"{'BREAKS' if is_breaking else 'adds'}  {text}")
    if any(is_breaking for is_breaking, _ in found):
        print(f"This breaks clients of {version}. Change it, or keep it for a new major version.")
        sys.exit(1)


if __name__ == "__main__":
    main()
