"""Parses multipart/form-data: streams the file to a writer, holds the other fields in memory."""

from collections.abc import Collection

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from classgate.emulator.cos.backend import MAX_BODY_BYTES
from classgate.emulator.cos.blobs import BlobWriter
from classgate.emulator.http import BodyTooLarge, MalformedRequest, Request

_MAX_FIELDS = 64
_MAX_FIELD_BYTES = 1 << 16


def is_form(request: Request) -> bool:
    """Return whether the request has a multipart/form-data body."""
    return (request.header("content-type") or "").lower().startswith("multipart/form-data")


async def read_form(
    request: Request, sink: BlobWriter, file_fields: Collection[str]
) -> dict[str, str]:
    """Return the fields; the field of the file is empty, and absent without a file.

    Raises `MalformedRequest`, or `ClientGone` when the client disconnects.
    """
    return (await _read(request, sink, file_fields)).fields


async def read_named_form(
    request: Request, sink: BlobWriter, file_field: str
) -> tuple[dict[str, str], str]:
    """Like `read_form`; also return the file name that the client sent, or ""."""
    form = await _read(request, sink, (file_field,))
    return form.fields, form.file_name


async def _read(request: Request, sink: BlobWriter, file_fields: Collection[str]) -> "_Form":
    form = _Form(sink, file_fields)
    try:
        _, options = parse_options_header(request.header("content-type") or "")
        parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=_MAX_FIELDS)
        with parser:
            async for chunk in request.chunks():
                for event in parser.parse(chunk):
                    await form.take(event)
    except (MultipartError, UnicodeError) as error:
        raise MalformedRequest from error
    return form


class _Form:
    """The fields that have been parsed so far."""

    def __init__(self, sink: BlobWriter, file_fields: Collection[str]) -> None:
        self.fields: dict[str, str] = {}
        self.file_name = ""
        self._sink = sink
        self._file_fields = file_fields
        self._name = ""
        self._text = bytearray()

    async def take(self, event: object) -> None:
        """Handle an event of the parser: a new part, some content, or None at its end."""
        if isinstance(event, MultipartSegment):
            self._begin(event.name)
            if event.name in self._file_fields:
                self.file_name = event.filename or ""
        elif isinstance(event, (bytes, bytearray)):
            await self._take_content(bytes(event))
        else:
            self.fields[self._name] = self._text.decode()

    async def _take_content(self, content: bytes) -> None:
        if self._name in self._file_fields:
            await self._sink.write(content)
            if self._sink.size > MAX_BODY_BYTES:
                raise BodyTooLarge
        else:
            self._text += content
            if len(self._text) > _MAX_FIELD_BYTES:
                raise BodyTooLarge

    def _begin(self, name: str | None) -> None:
        # With a repeated field, one value could be checked and the other used.
        if not name or name in self.fields:
            raise MalformedRequest
        self._name = name
        self._text.clear()
