"""`POST /v1/admin/doctor`: an admin has the installation checked."""

from tests.support.harness import Opener, World
from tests.support.school import School
from tests.support.school_settings import AUDIT_KEY, SDK_SECRET_KEY, SECRET_ID, SECRET_KEY

CALL = "/v1/admin/doctor"
WRONG = "Wr0ngQz7mK2xVb9LpT4cHsN6yJ1dFgAe"


async def test_every_check_is_reported(world: World, school: School) -> None:
    answer = await world.call("POST", CALL, school.tokens["root"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-language"] == "en"
    report = answer.json()
    assert report["at"] == world.clock.unix
    of = {each["check"]: each["status"] for each in report["checks"]}
    assert of["STS"] == of["upload"] == of["private bucket"] == of["audit"] == "ok"
    assert of["integrity"] == "skipped"
    # The server of the tests does not wait for its disk.
    unsafe = {"durability"} if school.database.startswith("postgresql") else set()
    assert {check for check, status in of.items() if status == "fail"} == unsafe
    assert report["healthy"] is not bool(unsafe)
    for secret in (AUDIT_KEY, SDK_SECRET_KEY, SECRET_ID, SECRET_KEY):
        assert secret not in answer.text


async def test_failure_is_said_with_what_to_do_in_chinese(
    open_with: Opener, school: School
) -> None:
    async with open_with(cloud={"secret_key": WRONG}) as world:
        answer = await world.call(
            "POST", CALL, school.tokens["root"], headers={"accept-language": "zh-CN"}
        )
    assert answer.headers["content-language"] == "zh"
    report = answer.json()
    assert report["healthy"] is False
    (sts,) = [each for each in report["checks"] if each["check"] == "STS"]
    assert sts["status"] == "fail"
    assert "SecretKey" in sts["what"]
    assert sts["fix"]
    assert WRONG not in answer.text
