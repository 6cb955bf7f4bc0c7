"""classgate's own client of the video service, against the emulator."""

from collections.abc import AsyncIterator, Mapping

import pytest
from tests.support.contract_cloud import SECRET_ID, SECRET_KEY
from tests.support.running_emulator import Emulator

from classgate.clock import utc_now
from classgate.cloud.call_rate import CallRate
from classgate.cloud.http import CloudHttpClient
from classgate.cloud.resilient_client import ResilientClient, Runtime
from classgate.cloud.vod import VodClient, VodEndpoint
from classgate.errors import CloudRejected, CloudUnavailable, SigningError

PLAYABLE = "7447398154966722001"


@pytest.fixture
async def http() -> AsyncIterator[CloudHttpClient]:
    client = CloudHttpClient()
    yield client
    await client.close()


def vod_of(
    emulator: Emulator,
    http: CloudHttpClient,
    secret_id: str = SECRET_ID,
    secret_key: str = SECRET_KEY,
) -> VodClient:
    runtime = Runtime(jitter=lambda: 0.0)
    calls = ResilientClient("VOD", CallRate(per_second=1e6, burst=10), runtime=runtime)
    return VodClient(
        VodEndpoint("http", emulator.address, secret_id, secret_key), http, utc_now, calls
    )


async def refused_code(vod: VodClient, action: str, parameters: Mapping[str, str]) -> str:
    with pytest.raises(CloudRejected) as refusal:
        await vod.query(action, "GET", parameters)
    assert refusal.value.service == "VOD"
    return refusal.value.cloud_code


async def test_query_is_answered_by_either_method(
    emulator: Emulator, http: CloudHttpClient
) -> None:
    vod = vod_of(emulator, http)
    listed = await vod.query("DescribeVodInfo", "GET", {"pageSize": "50", "name": "一 & 二+三%"})
    assert (listed["code"], listed["totalCount"]) == (0, 2)
    reported = await vod.query(
        "GetVideoInfo", "POST", {"fileId": PLAYABLE, "infoFilter.0": "metaData"}
    )
    assert set(reported) == {"code", "message", "metaData"}


async def test_refusal_is_the_number_of_the_service(
    emulator: Emulator, http: CloudHttpClient
) -> None:
    vod = vod_of(emulator, http)
    assert await refused_code(vod, "GetVideoInfo", {"fileId": "1"}) == "10008"
    assert await refused_code(vod, "DeleteVodFile", {}) == "4000"
    other_key = vod_of(emulator, http, secret_key="x" * 32)
    assert await refused_code(other_key, "DescribeVodInfo", {}) == "4100"
    nobody = vod_of(emulator, http, secret_id="AKIDnobody")
    assert await refused_code(nobody, "DescribeVodInfo", {}) == "4104"


@pytest.mark.parametrize(
    "name", ["SecretId", "Nonce", "Timestamp", "Signature", "SignatureMethod", "Token"]
)
async def test_what_the_signature_says_is_nobodys_parameter(
    emulator: Emulator, http: CloudHttpClient, name: str
) -> None:
    with pytest.raises(SigningError):
        await vod_of(emulator, http).query("DescribeVodInfo", "GET", {name: "1"})


async def test_parameters_cannot_bring_another_action(
    emulator: Emulator, http: CloudHttpClient
) -> None:
    vod = vod_of(emulator, http)
    reported = await vod.query("DescribeVodInfo", "POST", {"Action": "DeleteVodFile"})
    assert reported["totalCount"] == 2
    with pytest.raises(SigningError):
        await vod.query("DescribeVodInfo", "POST", {"AA": "1&Action=DeleteVodFile"})


async def test_each_try_is_signed_for_itself(emulator: Emulator, http: CloudHttpClient) -> None:
    emulator.control("/_emulator/faults", service="vod", fault="unavailable", times=2)
    reported = await vod_of(emulator, http).query("DescribeVodInfo", "GET", {})
    assert reported["code"] == 0


async def test_service_that_is_down_is_unavailable(
    emulator: Emulator, http: CloudHttpClient
) -> None:
    emulator.control("/_emulator/faults", service="vod", fault="unavailable", times=3)
    with pytest.raises(CloudUnavailable):
        await vod_of(emulator, http).query("DescribeVodInfo", "GET", {})


async def test_used_up_quota_is_reported_by_its_number(
    emulator: Emulator, http: CloudHttpClient
) -> None:
    emulator.control("/_emulator/faults", service="vod", fault="throttled")
    assert await refused_code(vod_of(emulator, http), "DescribeVodInfo", {}) == "4400"


async def test_wrong_clock_is_named(emulator: Emulator, http: CloudHttpClient) -> None:
    emulator.set_clock(3600)
    with pytest.raises(CloudRejected, match="clock") as refusal:
        await vod_of(emulator, http).query("DescribeVodInfo", "GET", {})
    assert refusal.value.cloud_code == "4500"


def test_address_does_not_show_its_key() -> None:
    shown = repr(VodEndpoint("https", "vod.api.qcloud.com", SECRET_ID, SECRET_KEY))
    assert shown == "VodEndpoint(https://vod.api.qcloud.com)"
