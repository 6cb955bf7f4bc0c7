"""A key that cannot sign is the operator's fault, and never the client's 400."""

import pytest
from pydantic import SecretStr
from tests.support.captured_log import CapturedLog
from tests.support.databases import Databases
from tests.support.harness import StoppedClock, open_world, problem
from tests.support.running_emulator import Emulator
from tests.support.school import PDF, School
from tests.support.school_settings import settings_for
from tests.support.uploads import UPLOADS


@pytest.mark.parametrize(
    ("field", "value"),
    [("secret_id", "AKID\u200bz8krbsJ5yKBZQpn74WFkmLPx3"), ("secret_key", "half\ud800character")],
)
async def test_key_that_cannot_sign_is_the_services_fault(
    field: str,
    value: str,
    school: School,
    school_url: str,
    databases: Databases,
    emulator: Emulator,
    clock: StoppedClock,
    captured_log: CapturedLog,
) -> None:
    settings = settings_for(school_url, emulator, {})
    cloud = settings.cloud.model_copy(update={field: SecretStr(value)})  # past the check at start
    settings = settings.model_copy(update={"cloud": cloud})
    async with open_world(settings, clock, databases.raw_database(school_url)) as world:
        answer = await world.call("POST", UPLOADS, school.tokens["tom"], PDF)
        found = problem(answer, 500, "key_unusable")
    assert found["reason"] == "signing_key_unusable"
    assert "the service is set up wrongly" in captured_log.getvalue()
    assert value not in captured_log.getvalue() + answer.text
