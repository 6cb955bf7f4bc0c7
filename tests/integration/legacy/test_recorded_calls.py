"""The old protocol call by call: what `tests/contract/recorded` says is answered is answered."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from tests.support.harness import Opener
from tests.support.legacy_client import PATH_SECRET, LegacyClient, legacy_client
from tests.support.school_settings import SDK_APP_ID

from classgate.legacy.commands import commands_of

FOLDER = Path(__file__).parents[2] / "contract" / "recorded"
FILES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
MEMBERS = {
    "about", "as", "send", "without", "bare", "each", "text", "bytes", "method", "path", "query",
    "type", "to", "code", "field", "data", "answer", "keep",
}  # fmt: skip


@dataclass
class Stage:
    """The client, and what `<…>` stands for."""

    client: LegacyClient
    known: dict[str, Any] = field(default_factory=dict)

    def fill(self, value: Any) -> Any:
        """The value with everything put in that only the test knows."""
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if isinstance(value, str):
            if value.startswith("<") and value[1:-1] in self.known:
                return self.known[value[1:-1]]
            for name, known in self.known.items():
                value = value.replace(f"<{name}>", str(known))
        return value


async def set_stage(client: LegacyClient) -> Stage:
    """A class of tess in every state, with sue in those that were live."""
    states = {"created": 0, "live": 1, "ended": 2, "replayable": 2, "spare": 0}
    known: dict[str, Any] = {
        "appid": SDK_APP_ID,
        "now": client.world.clock.unix,
        "secret": PATH_SECRET,
        **{f"token of {who}": token for who, token in client.tokens.items()},
    }
    for name, state in states.items():
        number = await client.make_class("tess", min(state, 1))
        if state:
            await client.data("live/reportmemid", "sue", roomnum=number, operate=0)
        if state == 2:
            await client.data("live/exitroom", "tess", roomnum=number)
        known[name] = number
        known[f"{name} as text"] = str(number)
    assert (await client.show_index(known["replayable"]))["ErrorCode"] == 0
    return Stage(client, known)


def variants(call: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The call, or one for each value of `each`; and what to call it."""
    if "each" not in call:
        yield call, str(call.get("about", call))
        return
    for path, values in call["each"].items():
        for value in values:
            one = deepcopy(call)
            *folders, name = path.split(".")
            target = one.setdefault("send", {})
            for folder in folders:
                target = target[folder]
            target[name] = value
            yield one, f"{call.get('about', '')} {path}={value!r}"


def body_of(stage: Stage, call: dict[str, Any]) -> bytes:
    if "text" in call:
        filled: str = stage.fill(call["text"])
        return filled.encode()
    if "bytes" in call:
        return bytes.fromhex(call["bytes"])
    body: dict[str, Any] = {}
    if not call.get("bare"):
        body = {"appid": SDK_APP_ID, "timeStamp": 1234567}
    if "as" in call:
        body["token"] = stage.client.tokens[call["as"]]
    body |= stage.fill(call.get("send", {}))
    for name in call.get("without", ()):
        del body[name]
    return json.dumps(body, ensure_ascii=False).encode()


async def send(stage: Stage, command: str, call: dict[str, Any]) -> Any:
    svc, cmd = call.get("to", command).split("/")
    query = stage.fill(call.get("query", f"svc={svc}&cmd={cmd}"))
    answer = await stage.client.post(
        f"{stage.fill(call.get('path', '/index.php'))}?{query}",
        body_of(stage, call),
        method=call.get("method", "POST"),
        content_type=call.get("type", "application/json"),
    )
    return answer.json()


def expected(call: dict[str, Any]) -> Any:
    if "answer" in call:
        return call["answer"]
    envelope = {"errorCode": call["code"], "errorInfo": "text" if call["code"] else ""}
    return envelope | ({"data": call["data"]} if "data" in call else {})


def fits(shape: Any, found: Any) -> bool:
    """Whether it has this shape; 1, 1.0 and true are three things."""
    if shape == "int":
        return type(found) is int
    if shape == "text":
        return isinstance(found, str)
    if isinstance(shape, dict):
        return (
            isinstance(found, dict)
            and found.keys() == shape.keys()
            and all(fits(shape[name], found[name]) for name in shape)
        )
    if isinstance(shape, list) and shape:
        return isinstance(found, list) and all(fits(shape[0], each) for each in found)
    return type(found) is type(shape) and bool(found == shape)


@pytest.mark.parametrize("name", FILES)
async def test_calls_are_answered_as_they_were(open_with: Opener, name: str) -> None:
    async with legacy_client(open_with) as client:
        stage = await set_stage(client)
        wrong = []
        for call in FILES[name]["calls"]:
            for one, title in variants(call):
                found = await send(stage, FILES[name].get("command", "?/?"), one)
                shape = stage.fill(expected(one))
                if not fits(shape, found):
                    wrong.append(f"{title}: {found} is not {shape}")
                elif "field" in one and not found["errorInfo"].startswith(f"{one['field']}:"):
                    wrong.append(f"{title}: {found} is about another field than {one['field']}")
                if "keep" in one:
                    stage.known["kept"] = found.get("data", {}).get(one["keep"])
    assert not wrong, "\n" + "\n".join(wrong)


def test_there_are_calls_of_every_command() -> None:
    named = {
        call.get("to", file.get("command")) for file in FILES.values() for call in file["calls"]
    }
    assert {"/".join(key) for key in commands_of(Mock())} <= named


def test_there_are_over_three_hundred_calls() -> None:
    calls = [one for file in FILES.values() for call in file["calls"] for one in variants(call)]
    assert len(calls) > 300


def test_no_call_has_a_member_that_nothing_reads() -> None:
    for name, file in FILES.items():
        for call in file["calls"]:
            assert call.keys() <= MEMBERS, (name, call)
            assert ("code" in call) != ("answer" in call), (name, call)
