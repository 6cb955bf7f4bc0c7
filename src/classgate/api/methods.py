"""HTTP methods that some clients do not have."""

from typing import Any

from litestar import HttpMethod, route


def patch_or_post(path: str, **options: Any) -> route:
    """Return the decorator of a handler for PATCH, and for POST with the same body.

    WeChat mini-programs send no PATCH.
    """
    return route(path, http_method=[HttpMethod.PATCH, HttpMethod.POST], status_code=200, **options)
