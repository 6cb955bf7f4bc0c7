"""What is still valid under each key, and what hangs on each key of the audit."""

import secrets
from datetime import timedelta

from tests.support.harness import Opener, World
from tests.support.school import LIVE, School
from tests.support.school_settings import AUDIT_KEY, SDK_SECRET_KEY, SECRET_ID, SECRET_KEY

from classgate.accounts.reserved_identifiers import FOREVER
from classgate.accounts.second_factors.sealing import SecretSealer
from classgate.app.key_report import KeyReport, SigningKeyReport, read_key_report
from classgate.leases.kinds import LeaseKind
from classgate.signing.key_names import name_of_api_key, name_of_sdk_secret

NEW = secrets.token_hex(32)
NEW_ID, NEW_SECRET = f"AKID{secrets.token_hex(16)}", secrets.token_hex(16)


async def _report(world: World) -> KeyReport:
    reader = world.application.database.reader
    return await read_key_report(world.settings, reader, world.clock())


def _by_setting(report: KeyReport) -> dict[str | None, SigningKeyReport]:
    return {each.setting: each for each in report.signing}


async def _sign(world: World, token: str, kind: str) -> None:
    body = {"type": kind, "file_path": f"/classes/{LIVE}/direct/{kind}.png"}
    answer = await world.call("POST", "/v1/cos/signature", token, body)
    assert answer.status_code == 200, answer.text


async def test_old_key_is_needed_until_what_it_made_has_expired(
    open_with: Opener, school: School
) -> None:
    tom = school.tokens["tom"]
    async with open_with() as before:
        assert (await before.call("POST", "/v1/user-sig", tom)).status_code == 200
    rotated = {"secret_key": NEW, "previous_secret_key": SDK_SECRET_KEY}
    async with open_with(im=rotated) as after:
        assert (await after.call("POST", "/v1/user-sig", tom)).status_code == 200
        found = _by_setting(await _report(after))
        new, old = found["im.secret_key"], found["im.previous_secret_key"]
        assert (new.signs, new.name) == (True, name_of_sdk_secret(NEW))
        assert (old.signs, old.name) == (False, name_of_sdk_secret(SDK_SECRET_KEY))
        assert [(each.kind, each.leases) for each in new.uses] == [(LeaseKind.USER_SIG, 1)]
        assert old.free_at is not None
        assert old.free_at.replace(microsecond=0) <= after.clock() + timedelta(days=1)
        after.clock.advance(days=1, seconds=1)
        found = _by_setting(await _report(after))
        assert found["im.previous_secret_key"].uses == []


async def test_single_use_signatures_never_expire_and_a_dropped_key_is_named(
    open_with: Opener, school: School
) -> None:
    tom = school.tokens["tom"]
    async with open_with() as before:
        await _sign(before, tom, "single_use")
        await _sign(before, tom, "reusable")
    async with open_with(cloud={"secret_id": NEW_ID, "secret_key": NEW_SECRET}) as after:
        after.clock.advance(days=2)
        gone = next(
            each for each in (await _report(after)).signing
            if each.name == name_of_api_key(SECRET_ID)
        )  # fmt: skip
        assert gone.setting is None
        assert (gone.signs, gone.free_at, gone.unlimited) == (False, None, 1)
    both = {"secret_id": NEW_ID, "secret_key": NEW_SECRET}
    both |= {"previous_secret_id": SECRET_ID, "previous_secret_key": SECRET_KEY}
    async with open_with(cloud=dict(both)) as after:
        found = _by_setting(await _report(after))
        assert found["cloud.previous_secret_id"].unlimited == 1
        assert found["cloud.secret_id"].uses == []


async def test_what_hangs_on_each_key_of_the_audit(open_with: Opener) -> None:
    async with open_with() as before:
        async with before.application.database.transaction() as connection:
            names = before.application.accounts.names
            await names.hold(connection, "gone", FOREVER)
        ((root,),) = before.raw_database.query(
            "SELECT account_id FROM accounts WHERE identifier = 'root'"
        )
        sealed = SecretSealer([AUDIT_KEY]).seal("JBSWY3DPEHPK3PXP" * 2, root, b"0" * 12)
        before.raw_database.change(
            "INSERT INTO second_factors (account_id, sealed_secret) VALUES (?, ?)", root, sealed
        )
    async with open_with(audit={"key": NEW, "previous_key": AUDIT_KEY}) as after:
        await after.application.audit.checkpoint()
        new, old = (await _report(after)).audit
        assert (new.writes, new.chains, new.second_factors, new.held_identifiers) == (
            True, 1, 0, 0,
        )  # fmt: skip
        assert (old.writes, old.chains, old.second_factors, old.held_identifiers) == (
            False, 1, 1, 1,
        )  # fmt: skip
        assert old.is_held_forever
        assert new.last_row_at is not None
        assert old.last_row_at is not None
        assert old.last_row_at <= new.last_row_at
    async with open_with(audit={"key": NEW}) as without:
        _, unknown = (await _report(without)).audit
        assert (unknown.name, unknown.chains) == (None, 1)
        assert (unknown.second_factors, unknown.held_identifiers) == (1, 1)
