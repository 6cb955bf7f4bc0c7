"""Form-encoded fields (application/x-www-form-urlencoded) that are parsed strictly."""

from urllib.parse import parse_qsl

from classgate.errors import VerificationFailed


def parse_form_strictly(text: bytes, *, max_fields: int, what: str) -> list[tuple[str, str]]:
    """Return the fields in order.

    Parsers disagree on which of two fields with the same name counts, so a duplicate is refused.

    Args:
        text: The form in ASCII. The caller limits its size.
        max_fields: The maximum number of fields.
        what: What the text is, for the error.

    Raises:
        VerificationFailed: format.
    """
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=max_fields,
        )
    except ValueError:
        raise VerificationFailed("format", f"{what} is not a form in UTF-8") from None
    if len(dict(pairs)) != len(pairs):
        raise VerificationFailed("format", f"{what} contains a duplicate field")
    return pairs
