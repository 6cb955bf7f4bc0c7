"""The settings of the legacy API, one after the other."""

from typing import Any

from tests.support.harness import Opener
from tests.support.legacy_client import PASSWORD, LegacyClient, legacy_client
from tests.support.school import PASSWORD as SCHOOL_PASSWORD
from tests.support.school_settings import SDK_APP_ID

PAGE: dict[str, Any] = {"index": 0, "size": 50}


async def bare(client: LegacyClient, command: str, **fields: object) -> int:
    """The code for a body with these fields alone."""
    code = (await client.send(command, fields))["errorCode"]
    assert isinstance(code, int)
    return code


async def test_legacy_api_is_disabled_unless_it_is_enabled(open_with: Opener) -> None:
    async with open_with() as world, world.client() as browser:
        for path in ("/index.php?svc=account&cmd=login", "/?svc=account&cmd=login"):
            assert (await browser.post(path, json={})).status_code == 404


# ── registration ────────────────────────────────────────────────────────────────────────────────


async def test_closed_registration_is_reported_after_the_fields(open_with: Opener) -> None:
    async with open_with(legacy={"enabled": True}) as world:
        client = LegacyClient(world)
        good = {"id": "new", "pwd": SCHOOL_PASSWORD}
        for role in (0, 1):
            assert await client.code("account/regist", **good, role=role) == 10101
        assert await client.code("account/regist", **good, role=2) == 10003
        # Whether a name is taken is not answered to people who may not register.
        assert await client.code("account/regist", id="sue", pwd=SCHOOL_PASSWORD, role=0) == 10101


async def test_each_role_is_opened_by_itself(open_with: Opener) -> None:
    opened = {"enabled": True, "teacher_registration": "open"}
    async with open_with(legacy=opened) as world:
        client = LegacyClient(world)
        fields = {"pwd": SCHOOL_PASSWORD}
        assert await client.code("account/regist", id="new", role=0, **fields) == 10101
        assert await client.code("account/regist", id="new", role=1, **fields) == 0


async def test_usual_passwords_have_ten_characters(open_with: Opener) -> None:
    async with legacy_client(open_with, {}, password_min_length=10) as client:
        for weak in ("x", "123456789", "1234567890", "password123", "newcomer-newcomer"):
            code = await client.code("account/regist", id="newcomer", pwd=weak, role=0)
            assert code == 10003, weak
        fields = {"id": "newcomer", "pwd": "a long sentence"}
        assert await client.code("account/regist", **fields, role=0) == 0
        for tried in ("x", "", "123456789"):  # any may be tried
            code = await client.code("account/login", id="newcomer", pwd=tried)
            assert code == (10006 if tried else 10003)
        assert await client.code("account/login", **fields) == 0


async def test_school_may_ask_for_longer_ones(open_with: Opener) -> None:
    async with legacy_client(open_with, {}, password_min_length=20) as client:
        assert await client.code("account/regist", id="new", pwd="a long sentence", role=0) == 10003
        fields = {"id": "new", "pwd": "a longer sentence yet"}
        assert await client.code("account/regist", **fields, role=0) == 0


async def test_shortest_and_longest_password_of_the_legacy_api_work_at_the_api(
    open_with: Opener,
) -> None:
    async with legacy_client(open_with, {"new": 0}) as client:
        await client.world.log_in("new", PASSWORD)
        await client.register("newer", 0, "x" * 1024)
        await client.world.log_in("newer", "x" * 1024)


# ── who exists ──────────────────────────────────────────────────────────────────────────────────


async def test_school_may_tell_that_an_account_does_not_exist(open_with: Opener) -> None:
    async with legacy_client(open_with, reveal_unknown_account=True) as client:
        wanted = {"nobody": 10005, "TESS": 10005, "tess ": 10005, "老师": 10005, "tess": 10006}
        for identifier, code in wanted.items():
            assert await client.code("account/login", id=identifier, pwd="wrong") == code
        assert await client.code("account/login", id="sue", pwd=PASSWORD) == 0


async def test_disabled_account_exists(open_with: Opener) -> None:
    async with legacy_client(open_with, reveal_unknown_account=True) as client:
        root = await client.world.log_in("root", SCHOOL_PASSWORD)
        changed = await client.world.call(
            "PATCH", "/v1/admin/accounts/sue", root, {"disabled": True}
        )
        assert changed.is_success
        assert await client.code("live/roomlist", "sue", **PAGE) == 10009
        assert await client.code("account/login", id="sue", pwd=PASSWORD) == 10006


# ── lenient reading ─────────────────────────────────────────────────────────────────────────────


async def test_lenient_legacy_api_takes_what_live_show_clients_send(open_with: Opener) -> None:
    async with open_with(
        legacy={
            "enabled": True,
            "lenient": True,
            "student_registration": "open",
            "teacher_registration": "open",
            "password_min_length": 1,
        }
    ) as world:
        client = LegacyClient(world)
        await client.register("tess", 1)
        token = client.tokens["tess"]
        # As iOS, Android, the PC client and the two web clients have it.
        assert await bare(client, "account/regist", id="show", pwd="x") == 0
        assert await bare(client, "account/login", id="show", pwd="x", appid=str(SDK_APP_ID)) == 0
        assert await bare(client, "account/login", id="show", pwd="x", appid=SDK_APP_ID) == 0
        made = await client.send("live/create", {"token": token, "type": "live"})
        assert made["errorCode"] == 0
        number = made["data"]["roomnum"]
        assert made["data"]["groupid"] == str(number)
        assert await bare(client, "live/startcourse", token=token, roomnum=number) == 0
        heartbeat = {"token": token, "roomnum": number, "role": 1, "thumbup": 0}
        assert await bare(client, "live/heartbeat", **heartbeat) == 0
        entered = {"token": token, "id": "tess", "roomnum": number, "role": 2, "operate": 0}
        assert await bare(client, "live/reportmemid", **entered) == 0
        assert await bare(client, "live/roomidlist", token=token, roomnum=number, **PAGE) == 0
        listed = {"token": token, "type": "live", "appid": SDK_APP_ID, "isIOS": 1, **PAGE}
        assert await bare(client, "live/roomlist", **listed) == 0
        assert await bare(client, "live/exitroom", token=token, roomnum=number, type="live") == 0
        assert await bare(client, "account/logout", token=token, id="tess") == 0


async def test_lenient_legacy_api_does_not_take_everything(open_with: Opener) -> None:
    async with legacy_client(open_with, lenient=True) as client:
        token = client.tokens["tess"]
        for app_id in (
            "1400000002",
            1400000002,
            1.5,
            True,
            f" {SDK_APP_ID}",
            f"0{SDK_APP_ID}",
            {"a": 1},
        ):
            assert await bare(client, "live/roomlist", token=token, appid=app_id, **PAGE) == 10003
        for clock in ("1", 1.5, True, {"a": 1}, [1], 2**63):
            answer = await client.call("live/roomlist", "tess", timeStamp=clock, **PAGE)
            assert answer["errorCode"] == 10003
        assert await bare(client, "live/roomlist", **PAGE) == 10003
        assert await bare(client, "live/roomlist", token="x", **PAGE) == 10009
        assert await bare(client, "live/create", token=token, title=5) == 10003
        assert await bare(client, "live/startcourse", token=token, roomnum="1") == 10003
        assert await bare(client, "account/regist", id="new", pwd="x", role="1") == 10003
        assert await bare(client, "live/reportroom", token=token) == 10001


async def test_lenient_legacy_api_puts_its_own_clock_into_markers(open_with: Opener) -> None:
    async with legacy_client(open_with, lenient=True) as client:
        number = await client.make_class("tess", 0)
        token = client.tokens["tess"]
        assert await bare(client, "live/startcourse", token=token, roomnum=number) == 0
        ((payload,),) = client.world.raw_database.query(
            "SELECT payload FROM outbox WHERE classroom_id = ?", number
        )
        milliseconds = int(client.world.clock().timestamp() * 1000)
        assert f'"timestamp": {milliseconds % 2**32}' in payload


async def test_strict_legacy_api_takes_none_of_that(open_with: Opener) -> None:
    async with legacy_client(open_with) as client:
        token = client.tokens["tess"]
        assert await bare(client, "account/regist", id="show", pwd="x") == 10003
        assert await bare(client, "live/create", token=token, type="live") == 10003
        assert await client.code("account/regist", id="show", pwd="x") == 10003
        assert await client.code("live/create", "tess") == 10003
        assert await client.code("live/roomlist", "tess", appid=str(SDK_APP_ID), **PAGE) == 10003
