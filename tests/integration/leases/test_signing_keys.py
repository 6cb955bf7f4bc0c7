"""Each lease says which key made it, and a renewal under a new key says so."""

import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.harness import Opener, World
from tests.support.pem_keys import private_pem
from tests.support.school import LIVE, School
from tests.support.school_settings import SDK_SECRET_KEY, SECRET_ID
from tests.support.uploads import open_upload

from classgate.signing.key_names import name_of_api_key, name_of_public_key, name_of_sdk_secret
from classgate.signing.keys import EcdsaPrivateKey

SDK = name_of_sdk_secret(SDK_SECRET_KEY)
API = name_of_api_key(SECRET_ID)


def signed_by(world: World, lease_id: str) -> object:
    found = world.raw_database.query("SELECT lease_id, signed_by FROM leases")
    return {row[0]: row[1] for row in found}[lease_id]


async def ask(world: World, path: str, token: str) -> str:
    answer = await world.call("POST", path, token)
    assert answer.status_code in {200, 201}, answer.text
    lease_id = answer.json()["lease_id"]
    assert isinstance(lease_id, str)
    return lease_id


async def test_lease_names_the_key_that_made_it(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    upload = await open_upload(world, tom)
    for lease_id, name in (
        (await ask(world, "/v1/user-sig", tom), SDK),
        (await ask(world, f"/v1/classrooms/{LIVE}/entry", tom), SDK),
        (upload["lease_id"], API),
    ):
        assert signed_by(world, lease_id) == name


async def test_every_kind_of_lease_has_a_key(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    for kind in ("reusable", "single_use"):
        body = {"type": kind, "file_path": f"/classes/{LIVE}/direct/{kind}.png"}
        answer = await world.call("POST", "/v1/cos/signature", tom, body)
        assert answer.status_code == 200, answer.text
    await world.call("GET", f"/v1/classrooms/{LIVE}/courseware", tom)
    assert world.raw_database.query("SELECT 1 FROM leases WHERE signed_by IS NULL") == []


async def test_renewal_after_a_rotation_is_of_the_new_key(
    open_with: Opener, school: School
) -> None:
    tom, new = school.tokens["tom"], secrets.token_hex(32)
    async with open_with() as before:
        kept = await ask(before, "/v1/user-sig", tom)
        renewed = await ask(before, "/v1/user-sig", tom)
    changes = {"secret_key": new, "previous_secret_key": SDK_SECRET_KEY}
    async with open_with(im=changes) as after:
        assert await ask(after, f"/v1/leases/{renewed}/renew", tom) == renewed
        assert signed_by(after, renewed) == name_of_sdk_secret(new)
        assert signed_by(after, kept) == SDK


async def test_move_to_a_key_file_names_its_public_key(open_with: Opener, school: School) -> None:
    pem = private_pem(ec.generate_private_key(ec.SECP256K1())).decode()
    changes = {"private_key": pem, "sign_with": "private_key"}
    async with open_with(im=changes) as world:
        lease_id = await ask(world, "/v1/user-sig", school.tokens["tom"])
        name = name_of_public_key(EcdsaPrivateKey.from_pem(pem.encode()).public_key())
        assert signed_by(world, lease_id) == name
