"""What is printed by accident shows no signature and no key."""

from datetime import UTC, datetime

from classgate.legacy.videos.models import QuerySignature, UploadSignature, VideoAccount

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)


def test_printed_grants_and_keys_show_nothing() -> None:
    query = QuerySignature(
        sign="zqsign", secret_id="i", signature_method="HmacSHA1", expires_at=AT, lease_id="l"
    )
    upload = UploadSignature(sign="zqsign", secret_id="i", expires_at=AT, lease_id="l")
    assert "zq" not in repr([query, upload, VideoAccount("i", "zqkey")])
