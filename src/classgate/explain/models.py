"""The content of an explanation: kind, claims, checks in the cloud's order, causes and the fix."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from classgate.signing.keys import EcdsaPublicKey, SdkSecretKey


class Kind(StrEnum):
    """What was pasted."""

    USER_SIG = "user_sig"
    PRIVATE_MAP_KEY = "private_map_key"
    COS_V4 = "cos_v4"
    COS_V5 = "cos_v5"
    PRESIGNED_URL = "presigned_url"
    POST_POLICY = "post_policy"
    STS_POLICY = "sts_policy"
    TEMPORARY_CREDENTIALS = "temporary_credentials"
    CLOUD_ERROR = "cloud_error"
    CODE = "code"
    UNKNOWN = "unknown"


class CauseCode(StrEnum):
    """The stable words for causes. `catalogue/causes.toml` has a sentence and a fix for each."""

    # the right content, at the wrong time or for somebody else
    EXPIRED = "expired"
    CLOCK_SKEW = "clock_skew"
    LIFETIME_ZERO = "lifetime_zero"
    TIME_IN_MILLISECONDS = "time_in_milliseconds"
    LIFETIME_IN_MILLISECONDS = "lifetime_in_milliseconds"
    WRONG_IDENTIFIER = "wrong_identifier"
    INVALID_IDENTIFIER = "invalid_identifier"
    WRONG_SDK_APP_ID = "wrong_sdk_app_id"
    WRONG_ROOM = "wrong_room"
    ROOM_TYPE_DIFFERS = "room_type_differs"
    MISSING_PRIVILEGE = "missing_privilege"
    USER_SIG_AS_PRIVATE_MAP_KEY = "user_sig_as_private_map_key"
    PRIVATE_MAP_KEY_AS_USER_SIG = "private_map_key_as_user_sig"
    # the key
    WRONG_KEY = "wrong_key"
    PREVIOUS_KEY = "previous_key"
    KEY_NOT_CONFIGURED = "key_not_configured"
    HEX_DECODED_KEY = "hex_decoded_key"
    BASE64_DECODED_KEY = "base64_decoded_key"
    WHITE_SPACE_AROUND_KEY = "white_space_around_key"
    INVISIBLE_CHARACTER = "invisible_character"
    QUOTES_AROUND_KEY = "quotes_around_key"
    KEY_CASE_CHANGED = "key_case_changed"
    KEY_CUT = "key_cut"
    CLOUD_KEY_USED = "cloud_key_used"
    PEM_AS_SECRET = "pem_as_secret"
    # the signature's text and form
    ALTERED = "altered"
    SIGNED_TEXT_DIFFERS = "signed_text_differs"
    USERBUF_NOT_SIGNED = "userbuf_not_signed"
    WRONG_HASH = "wrong_hash"
    SIGNATURE_IN_HEX = "signature_in_hex"
    RAW_SIGNATURE = "raw_signature"
    # the way of the text
    TRUNCATED = "truncated"
    CUT_AT_START = "cut_at_start"
    PLUS_BECAME_SPACE = "plus_became_space"
    PERCENT_ENCODED = "percent_encoded"
    TRAILING_TEXT = "trailing_text"
    LEADING_TEXT = "leading_text"
    LINE_BREAK_INSIDE = "line_break_inside"
    JSON_ESCAPED = "json_escaped"
    STANDARD_BASE64 = "standard_base64"
    BASE64URL_ALPHABET = "base64url_alphabet"
    PADDING_MISSING = "padding_missing"
    CASE_CHANGED = "case_changed"
    # the form of the content
    RAW_DEFLATE = "raw_deflate"
    GZIP = "gzip"
    NOT_COMPRESSED = "not_compressed"
    ENCODED_TWICE = "encoded_twice"
    WRONG_MEMBER_TYPE = "wrong_member_type"
    INCOMPLETE = "incomplete"
    UNKNOWN_VERSION = "unknown_version"
    NOT_RECOGNIZED = "not_recognized"
    TOO_LONG = "too_long"
    # storage: signatures, grants and policies
    UNSIGNED_HEADER = "unsigned_header"
    HOST_PORT_SIGNED = "host_port_signed"
    PERCENT_ENCODED_PATH = "percent_encoded_path"
    MISSING_ACTION = "missing_action"
    LEADING_SLASH = "leading_slash"
    BUCKET_WITHOUT_APP_ID = "bucket_without_app_id"
    NAME_PREFIX_MISSING = "name_prefix_missing"
    WRONG_METHOD = "wrong_method"
    WRONG_PATH = "wrong_path"
    WRONG_HOST = "wrong_host"
    WRONG_RESOURCE = "wrong_resource"
    UNKNOWN_KEY_ID = "unknown_key_id"
    NOT_SIGNED = "not_signed"
    UNSIGNED_PARAMETER = "unsigned_parameter"
    HEADER_CHANGED = "header_changed"
    RAW_SIGN_KEY = "raw_sign_key"
    TIMES_DIFFER = "times_differ"
    TIMES_REVERSED = "times_reversed"
    SEMICOLON_ENCODED = "semicolon_encoded"
    SIGNATURE_IN_BASE64 = "signature_in_base64"
    SESSION_TOKEN_MISSING = "session_token_missing"
    SESSION_TOKEN_WRONG = "session_token_wrong"
    WRONG_SIGNATURE_VERSION = "wrong_signature_version"
    INCOMPLETE_PASTE = "incomplete_paste"
    ETAG_NOT_EXPOSED = "etag_not_exposed"
    KEY_EXPOSED = "key_exposed"
    WRONG_REGION = "wrong_region"
    WRONG_APP_ID = "wrong_app_id"
    WILDCARD_RESOURCE = "wildcard_resource"
    PREFIX_WITHOUT_WILDCARD = "prefix_without_wildcard"
    WRONG_POLICY_FORM = "wrong_policy_form"
    WRONG_POLICY_VERSION = "wrong_policy_version"
    PRINCIPAL_PRESENT = "principal_present"
    UNKNOWN_ACTION = "unknown_action"
    NON_ASCII_KEY = "non_ascii_key"
    CONDITION_ON_OTHER_ACTION = "condition_on_other_action"
    CONDITION_NOT_MET = "condition_not_met"
    EXPLICIT_DENY = "explicit_deny"
    SIGN_TIME_MISSING = "sign_time_missing"
    FORM_VIOLATES_POLICY = "form_violates_policy"
    # the account, the plan and the service
    ACCOUNT_NOT_IMPORTED = "account_not_imported"
    NOT_PERMITTED = "not_permitted"
    DISABLED = "disabled"
    NOT_FOUND = "not_found"
    ALREADY_DONE = "already_done"
    PLAN_LIMIT = "plan_limit"
    TOO_OFTEN = "too_often"
    TOO_LARGE = "too_large"
    INVALID_PARAMETER = "invalid_parameter"
    WRONG_DATA_CENTRE = "wrong_data_centre"
    TEMPORARY_KEY_USED = "temporary_key_used"
    CORS_RULE_MISSING = "cors_rule_missing"
    ADVANCED_PERMISSION_CONTROL = "advanced_permission_control"
    DEVICE_OR_NETWORK = "device_or_network"
    CLOUD_FAULT = "cloud_fault"


@dataclass(frozen=True)
class Check:
    """A check in the cloud's order. `ok` is None where it could not be made; `detail` says why."""

    name: str
    ok: bool | None
    detail: str = ""


@dataclass(frozen=True)
class Cause:
    """A likely cause: a stable word, the evidence for it, and what to do."""

    code: str
    evidence: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The answer. `causes` are ranked, the likeliest first; `content` has no usable credential."""

    kind: Kind
    content: Mapping[str, object] = field(default_factory=dict)
    checks: Sequence[Check] = ()
    causes: Sequence[Cause] = ()
    comparison: Sequence[str] = ()
    """For a refused COS request: the canonical strings side by side, the first difference
    marked.
    """

    @property
    def valid(self) -> bool | None:
        """Return whether every check passed; None where one could not be made, or for no check."""
        outcomes = [each.ok for each in self.checks]
        if False in outcomes or self.kind is Kind.UNKNOWN:
            return False
        return True if outcomes and None not in outcomes else None

    @property
    def is_answered(self) -> bool:
        """Return whether the credential is valid, or the error or the code is known."""
        if self.kind in {Kind.CODE, Kind.CLOUD_ERROR} and not self.checks:
            return bool(self.causes)
        return self.valid is True

    @property
    def first_failure(self) -> str | None:
        """Return the name of the first check that failed."""
        return next((each.name for each in self.checks if each.ok is False), None)

    @property
    def fix(self) -> str:
        """Return what to do about the likeliest cause."""
        return self.causes[0].fix if self.causes else ""

    def to_json(self) -> dict[str, object]:
        """Return the answer of the API and of `--json`."""
        answer: dict[str, object] = {
            "kind": self.kind.value,
            "valid": self.valid,
            "content": {name: _encodable(value) for name, value in self.content.items()},
            "checks": [
                {"name": each.name, "ok": each.ok, "detail": _encodable(each.detail)}
                for each in self.checks
            ],
            "first_failure": self.first_failure,
            "causes": [
                {"code": each.code, "evidence": _encodable(each.evidence), "fix": each.fix}
                for each in self.causes
            ],
            "fix": self.fix,
        }
        if self.comparison:
            answer["comparison"] = _encodable(list(self.comparison))
        return answer


def _encodable(value: object) -> object:
    """Return the value without lone surrogates, which pasted JSON can contain."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, list | tuple):
        return [_encodable(each) for each in value]
    if isinstance(value, dict):
        return {str(_encodable(name)): _encodable(each) for name, each in value.items()}
    return value


@dataclass(frozen=True)
class SdkSecret:
    """An SDK secret key that is configured, with the name of its setting."""

    name: str
    text: str = field(repr=False)

    @property
    def key(self) -> SdkSecretKey:
        """Return the key. InvalidSigningKey: it is empty, or is not text."""
        return SdkSecretKey(self.text)


@dataclass(frozen=True)
class PublicKey:
    """The public key of a configured key file, with the name of its setting and its PEM text."""

    name: str
    key: EcdsaPublicKey
    private_pem: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class CloudKey:
    """An API key that is configured, with the name of its setting."""

    name: str
    secret_id: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class GrantRequest:
    """A request that a pasted policy may allow. `query` names its parameters, such as `uploads`.

    `is_form`: an upload with a form, whose key is a field of it.
    """

    method: str
    bucket: str
    key: str
    query: tuple[str, ...] = ()
    is_form: bool = False


@dataclass(frozen=True, kw_only=True)
class ExplainContext:
    """What an explanation is made with: the configured keys, the store and the time."""

    now: datetime
    sdk_app_id: int | None = None
    sdk_secrets: tuple[SdkSecret, ...] = ()
    """A name with `previous` is that of the key before the last rotation; so for all keys."""
    public_keys: tuple[PublicKey, ...] = ()
    cloud_keys: tuple[CloudKey, ...] = ()
    cloud_app_id: str | None = None
    bucket: str | None = None  # with the APPID
    region: str | None = None
    identifier: str | None = None  # whose it should be, when the asker says so
    grant_request: GrantRequest | None = None  # would the pasted policy allow it?
    chinese: bool = False

    def say(self, english: str, chinese: str) -> str:
        """Return the text in the language of the asker."""
        return chinese if self.chinese else english


Explain = Callable[[ExplainContext], Explanation]
"""What a recognizer returns for a text of its kind."""


def is_previous(name: str) -> bool:
    """Return whether the setting of this name holds the key before the last rotation."""
    return "previous" in name
