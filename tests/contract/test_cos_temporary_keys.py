"""Temporary keys of the token service at the store: what their policy says and nothing else."""

import os
from collections.abc import Callable

import pytest
from qcloud_cos.cos_exception import CosException, CosServiceError
from tests.support.contract_cloud import BUCKET
from tests.support.cos_policies import policy, statement
from tests.support.cutting_proxy import cut_after
from tests.support.running_emulator import Emulator
from tests.support.sts_client import federation_token, grant_for

KEY = "classes/1/up1/lesson.pdf"
WriteFile = Callable[[bytes], str]


def refusal(error: pytest.ExceptionInfo[CosServiceError]) -> tuple[int, str]:
    return error.value.get_status_code(), error.value.get_error_code()


@pytest.mark.parametrize("by_domain", [False, True], ids=["bucket host", "plain host"])
def test_keys_put_the_one_object(emulator: Emulator, by_domain: bool) -> None:
    client = grant_for(emulator, KEY).cos_client(emulator, by_domain=by_domain)
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"lesson")
    assert emulator.cos_client().head_object(Bucket=BUCKET, Key=KEY)["Content-Length"] == "6"


@pytest.mark.parametrize(
    "other",
    ["classes/1/up1/lesson.pdf2", "classes/1/up1/lesson.pd", "classes/1/up2/lesson.pdf", "x",
     "classes/1/up1/LESSON.pdf", "/classes/1/up1/lesson.pdf/", "classes/1/up1/./lesson.pdf"],
)  # fmt: skip
def test_keys_do_not_put_another_object(emulator: Emulator, other: str) -> None:
    client = grant_for(emulator, KEY).cos_client(emulator)
    with pytest.raises(CosServiceError) as denied:
        client.put_object(Bucket=BUCKET, Key=other, Body=b"x")
    assert refusal(denied) == (403, "AccessDenied")


def test_upload_keys_neither_read_nor_delete(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    client = grant_for(emulator, KEY).cos_client(emulator)
    for call in (client.get_object, client.delete_object):
        with pytest.raises(CosServiceError) as denied:
            call(Bucket=BUCKET, Key=KEY)
        assert refusal(denied) == (403, "AccessDenied")


def test_prefix_policy_covers_what_is_below_it(emulator: Emulator) -> None:
    client = grant_for(emulator, "classes/1/课 件/*").cos_client(emulator)
    client.put_object(Bucket=BUCKET, Key="classes/1/课 件/a b.pdf", Body=b"x")
    with pytest.raises(CosServiceError):
        client.put_object(Bucket=BUCKET, Key="classes/1/课", Body=b"x")


def test_deny_wins_over_allow(emulator: Emulator) -> None:
    text = policy(statement("a/*"), statement("a/secret", effect="deny"))
    client = federation_token(emulator, text).cos_client(emulator)
    client.put_object(Bucket=BUCKET, Key="a/open", Body=b"x")
    with pytest.raises(CosServiceError) as denied:
        client.put_object(Bucket=BUCKET, Key="a/secret", Body=b"x")
    assert refusal(denied) == (403, "AccessDenied")


def test_keys_expire_by_the_clock_of_the_cloud(emulator: Emulator) -> None:
    granted = grant_for(emulator, KEY, seconds=60)
    client = granted.cos_client(emulator)
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    emulator.set_clock(61)
    with pytest.raises(CosServiceError) as expired:
        client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    assert refusal(expired) == (403, "ExpiredToken")


def test_keys_are_useless_without_their_token(emulator: Emulator) -> None:
    granted, other = grant_for(emulator, KEY), grant_for(emulator, KEY)
    for token in (None, other.token, granted.token[:-1]):
        client = emulator.cos_client(granted.secret_id, granted.secret_key, token)
        with pytest.raises(CosServiceError) as refused:
            client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
        assert refusal(refused) == (403, "InvalidSecurity")


def test_reset_forgets_the_keys(emulator: Emulator) -> None:
    client = grant_for(emulator, KEY).cos_client(emulator)
    emulator.reset()
    with pytest.raises(CosServiceError) as forgotten:
        client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    assert refusal(forgotten) == (403, "InvalidAccessKeyId")


def test_presigned_url_carries_the_token_in_the_query(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=BUCKET, Key=KEY, Body=b"lesson")
    reading = policy(statement(KEY, ["name/cos:GetObject"]))
    granted = federation_token(emulator, reading)
    url = granted.cos_client(emulator, by_domain=True).get_presigned_url(
        BUCKET, KEY, "GET", Params={"x-cos-security-token": granted.token}
    )
    path = url.partition(emulator.address)[2]
    assert emulator.call("GET", path).body == b"lesson"
    unsigned = granted.cos_client(emulator, by_domain=True).get_presigned_url(BUCKET, KEY, "GET")
    path = unsigned.partition(emulator.address)[2]
    assert emulator.call("GET", path).status == 403
    token_outside = f"{path}&x-cos-security-token={granted.token}"
    assert emulator.call("GET", token_outside).body == b"lesson"


def test_refusal_of_a_large_body_reaches_the_client(emulator: Emulator) -> None:
    client = grant_for(emulator, KEY).cos_client(emulator)
    with pytest.raises(CosServiceError) as denied:
        client.put_object(Bucket=BUCKET, Key="other", Body=bytes(20 << 20))
    assert refusal(denied) == (403, "AccessDenied")


# ── multipart ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("by_domain", [False, True], ids=["bucket host", "plain host"])
def test_upload_file_sends_parts_and_the_object_is_whole(
    emulator: Emulator, file_of: WriteFile, by_domain: bool
) -> None:
    content = os.urandom((3 << 20) + 17)
    client = grant_for(emulator, KEY).cos_client(emulator, by_domain=by_domain)
    seen: list[int] = []
    done = client.upload_file(
        Bucket=BUCKET, Key=KEY, LocalFilePath=file_of(content), PartSize=1, MAXThread=4,
        EnableMD5=True, progress_callback=lambda sent, _total: seen.append(sent),
        ContentType="application/pdf",
    )  # fmt: skip
    assert done["ETag"].endswith('-4"')
    assert max(seen) == len(content)
    owner = emulator.cos_client()
    head = owner.head_object(Bucket=BUCKET, Key=KEY)
    assert (head["Content-Length"], head["Content-Type"]) == (str(len(content)), "application/pdf")
    assert owner.get_object(Bucket=BUCKET, Key=KEY)["Body"].get_raw_stream().read() == content
    assert "Upload" not in owner.list_multipart_uploads(Bucket=BUCKET)


def test_upload_file_is_refused_for_another_key(emulator: Emulator, file_of: WriteFile) -> None:
    client = grant_for(emulator, KEY).cos_client(emulator)
    with pytest.raises(CosServiceError) as denied:
        client.upload_file(
            Bucket=BUCKET, Key="other.pdf", LocalFilePath=file_of(bytes(2 << 20)), PartSize=1
        )
    assert refusal(denied) == (403, "AccessDenied")


def test_upload_is_resumed_with_the_parts_that_are_there(
    emulator: Emulator, file_of: WriteFile
) -> None:
    content = os.urandom(3 << 20)
    client = grant_for(emulator, "课件/第一课.pdf").cos_client(emulator)
    key = "课件/第一课.pdf"
    started = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    client.upload_part(
        Bucket=BUCKET, Key=key, Body=content[: 1 << 20], PartNumber=1, UploadId=started
    )
    sent: list[int] = []
    client.upload_file(
        Bucket=BUCKET, Key=key, LocalFilePath=file_of(content), PartSize=1,
        progress_callback=lambda done, _total: sent.append(done),
    )  # fmt: skip
    owner = emulator.cos_client()
    assert owner.get_object(Bucket=BUCKET, Key=key)["Body"].get_raw_stream().read() == content
    assert "Upload" not in owner.list_multipart_uploads(Bucket=BUCKET)


def test_upload_file_goes_on_after_a_cut_connection(emulator: Emulator, file_of: WriteFile) -> None:
    content = os.urandom(4 << 20)
    file, granted = file_of(content), grant_for(emulator, KEY)

    def upload(port: int) -> None:
        granted.cos_client(Emulator(port, emulator.settings)).upload_file(
            Bucket=BUCKET, Key=KEY, LocalFilePath=file, PartSize=1, MAXThread=1
        )

    with cut_after(emulator.port, 5 << 19) as network, pytest.raises(CosException):
        upload(network.port)
    owner = emulator.cos_client()
    (begun,) = owner.list_multipart_uploads(Bucket=BUCKET)["Upload"]
    parts = owner.list_parts(Bucket=BUCKET, Key=KEY, UploadId=begun["UploadId"])["Part"]
    assert len(parts) == 2
    with cut_after(emulator.port, 3 << 20) as network:
        # Room for the two parts that are missing, and not for all four again.
        upload(network.port)
    assert owner.get_object(Bucket=BUCKET, Key=KEY)["Body"].get_raw_stream().read() == content


def test_listing_is_only_for_the_granted_key_as_prefix(emulator: Emulator) -> None:
    client = grant_for(emulator, KEY).cos_client(emulator)
    client.create_multipart_upload(Bucket=BUCKET, Key=KEY)
    listed = client.list_multipart_uploads(Bucket=BUCKET, Prefix=KEY)
    assert [upload["Key"] for upload in listed["Upload"]] == [KEY]
    for prefix in ("", "classes/1/", KEY[:-1]):
        with pytest.raises(CosServiceError) as denied:
            client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix)
        assert refusal(denied) == (403, "AccessDenied")


def test_lists_are_read_page_by_page(emulator: Emulator) -> None:
    client = emulator.cos_client()
    ids = [client.create_multipart_upload(Bucket=BUCKET, Key=f"k{n}")["UploadId"] for n in range(5)]
    first = client.list_multipart_uploads(Bucket=BUCKET, MaxUploads=3)
    assert first["IsTruncated"] == "true"
    rest = client.list_multipart_uploads(
        Bucket=BUCKET, KeyMarker=first["NextKeyMarker"], UploadIdMarker=first["NextUploadIdMarker"]
    )
    assert [u["UploadId"] for u in first["Upload"] + rest["Upload"]] == ids
    for number in (3, 1, 2):
        client.upload_part(
            Bucket=BUCKET, Key="k0", Body=b"x" * number, PartNumber=number, UploadId=ids[0]
        )
    page = client.list_parts(Bucket=BUCKET, Key="k0", UploadId=ids[0], MaxParts=2)
    assert [(part["PartNumber"], part["Size"]) for part in page["Part"]] == [("1", "1"), ("2", "2")]
    rest = client.list_parts(
        Bucket=BUCKET, Key="k0", UploadId=ids[0], PartNumberMarker=page["NextPartNumberMarker"]
    )
    assert [part["PartNumber"] for part in rest["Part"]] == ["3"]


def test_complete_checks_parts_etags_and_order(emulator: Emulator) -> None:
    client = emulator.cos_client()
    big = bytes(1 << 20)
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    etags = {
        number: client.upload_part(
            Bucket=BUCKET, Key="k", Body=body, PartNumber=number, UploadId=upload_id
        )["ETag"]
        for number, body in ((1, b"small"), (2, big), (3, b"last"))
    }

    def complete(*parts: tuple[int, str]) -> str:
        listed = {"Part": [{"PartNumber": n, "ETag": etag} for n, etag in parts]}
        try:
            client.complete_multipart_upload(
                Bucket=BUCKET, Key="k", UploadId=upload_id, MultipartUpload=listed
            )
        except CosServiceError as error:
            return str(error.get_error_code())
        return "done"

    assert complete((3, etags[3]), (2, etags[2])) == "InvalidPartOrder"
    assert complete((2, etags[2]), (2, etags[2])) == "InvalidPartOrder"
    assert complete((2, etags[2]), (4, etags[3])) == "InvalidPart"
    assert complete((2, etags[2]), (3, etags[2])) == "InvalidPart"
    assert complete((1, etags[1]), (2, etags[2])) == "EntityTooSmall"
    assert complete((2, etags[2]), (3, etags[3])) == "done"
    assert complete((2, etags[2]), (3, etags[3])) == "NoSuchUpload"
    assert client.head_object(Bucket=BUCKET, Key="k")["Content-Length"] == str((1 << 20) + 4)


def test_upload_id_belongs_to_its_key(emulator: Emulator) -> None:
    client = emulator.cos_client()
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    with pytest.raises(CosServiceError) as other:
        client.upload_part(Bucket=BUCKET, Key="j", Body=b"x", PartNumber=1, UploadId=upload_id)
    assert refusal(other) == (404, "NoSuchUpload")


def test_aborted_upload_is_gone(emulator: Emulator) -> None:
    client = grant_for(emulator, KEY).cos_client(emulator)
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key=KEY)["UploadId"]
    client.upload_part(Bucket=BUCKET, Key=KEY, Body=b"x", PartNumber=1, UploadId=upload_id)
    client.abort_multipart_upload(Bucket=BUCKET, Key=KEY, UploadId=upload_id)
    with pytest.raises(CosServiceError) as gone:
        client.upload_part(Bucket=BUCKET, Key=KEY, Body=b"x", PartNumber=1, UploadId=upload_id)
    assert refusal(gone) == (404, "NoSuchUpload")
    assert "Upload" not in client.list_multipart_uploads(Bucket=BUCKET, Prefix=KEY)


@pytest.mark.parametrize("number", ["0", "10001", "x", "-1", "1.5"])
def test_part_number_has_bounds(emulator: Emulator, number: str) -> None:
    client = emulator.cos_client()
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    with pytest.raises(CosServiceError) as refused:
        client.upload_part(Bucket=BUCKET, Key="k", Body=b"x", PartNumber=number, UploadId=upload_id)
    assert refusal(refused) == (400, "InvalidArgument")
