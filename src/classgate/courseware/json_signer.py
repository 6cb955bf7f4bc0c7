"""Signatures of the COS JSON API (v4), with the service's own key. Authorization is elsewhere."""

import secrets
from datetime import datetime

from classgate.courseware.models import BucketSettings
from classgate.signing.cos_json_request import issue_reusable, issue_single_use, object_file_id


class JsonApiSigner:
    """Signs for one bucket."""

    def __init__(self, store: BucketSettings, secret_id: str, secret_key: str) -> None:
        self._store = store
        self._secret_id = secret_id
        self._secret_key = secret_key

    def sign(
        self, file_path: str, at: datetime, expires_at: datetime | None, *, raw: bool = False
    ) -> str:
        """Sign a path: reusable until it expires, or for a single use without expiry.

        `raw`: a reusable signature carries the bare path, as legacy servers wrote it.
        """
        store = self._store
        file_id = object_file_id(store.cloud_app_id, store.bucket_name, file_path)
        nonce = secrets.randbelow(2**32)
        if expires_at is None:
            return issue_single_use(
                cloud_app_id=store.cloud_app_id,
                bucket_name=store.bucket_name,
                secret_id=self._secret_id,
                secret_key=self._secret_key,
                file_id=file_id,
                issued_at=at,
                nonce=nonce,
            )
        return issue_reusable(
            cloud_app_id=store.cloud_app_id,
            bucket_name=store.bucket_name,
            secret_id=self._secret_id,
            secret_key=self._secret_key,
            issued_at=at,
            expires_at=expires_at,
            nonce=nonce,
            file_id=file_path if raw else file_id,
        )
