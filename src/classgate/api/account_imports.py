"""Creation of accounts: one, a list, and a CSV file that is checked before."""

from typing import Annotated, Literal

import msgspec
from litestar import post
from msgspec import Meta

from classgate.accounts import models
from classgate.accounts.imports import service as imports
from classgate.accounts.models import AccountRole, RequestedAccount
from classgate.api import rules
from classgate.api.field_messages_zh import translate_field_message
from classgate.api.languages import Language
from classgate.api.messages_zh import translate
from classgate.api.problems import documented, language_of
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    MAX_VALUES_OF_LISTS,
    Body,
    IdentifierText,
    NewDisplayName,
    NewPasswordText,
)
from classgate.errors import ClassgateError, InvalidRequest, LineFault
from classgate.input_bounds import JsonBounds
from classgate.reasons import Reason

MOST_AT_ONCE = 500
_BULK_BODY = 1024 * 1024


class AccountToImport(Body, kw_only=True):
    """One account to make."""

    identifier: IdentifierText
    password: Annotated[
        NewPasswordText | None,
        Meta(description="Password of the account. Generated if it is left out or null."),
    ] = None
    role: Annotated[AccountRole, Meta(description="Role of the account.")]
    display_name: NewDisplayName = None


class ImportAccountsRequest(Body):
    """Accounts to make."""

    BOUNDS = JsonBounds(size=_BULK_BODY, values=MAX_VALUES_OF_LISTS)

    accounts: Annotated[
        list[AccountToImport],
        Meta(min_length=1, max_length=MOST_AT_ONCE, description="The accounts to make."),
    ]


class CheckAccountFileRequest(Body):
    """A CSV file of accounts."""

    BOUNDS = JsonBounds(size=_BULK_BODY, values=10)

    csv: Annotated[
        str,
        Meta(
            description="The text of the file: `identifier,password,role,display_name`, then one "
            "line for each account."
        ),
    ]


class ImportResult(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one account of the list."""

    identifier: Annotated[str, Meta(description="Name of the account, as it was sent.")]
    status: Annotated[
        Literal["created", "failed"], Meta(description="Whether the account was made.")
    ]
    code: Annotated[
        str | None, Meta(description="Code of the error. Left out when it was created.")
    ] = None
    reason: Annotated[
        Reason | None, Meta(description="Reason of the error. Left out when it was created.")
    ] = None
    message: Annotated[
        str | None, Meta(description="What is wrong. Left out when it was created.")
    ] = None
    password: Annotated[
        str | None,
        Meta(
            description="The generated password. Secret; shown this once. Left out when one was "
            "sent, and when it failed."
        ),
    ] = None

    @classmethod
    def of(cls, result: models.ImportResult, language: Language) -> "ImportResult":
        error = result.error
        if error is None:
            return cls(identifier=result.identifier, status="created", password=result.password)
        return cls(
            identifier=result.identifier,
            status="failed",
            code=error.code,
            reason=error.reason,
            message=message_of(error, language),
        )


class ImportResults(msgspec.Struct):
    """What became of the list."""

    results: Annotated[
        list[ImportResult], Meta(description="One for each account, in the order of the list.")
    ]


class CheckedAccount(msgspec.Struct, kw_only=True):
    """One account of the file."""

    line: Annotated[int, Meta(description="The line of the file on which it begins.")]
    identifier: Annotated[str, Meta(description="Name of the account.")]
    role: Annotated[AccountRole, Meta(description="Role of the account.")]
    display_name: Annotated[
        str, Meta(description="Name to show to people; empty for the identifier.")
    ]
    password: Annotated[
        str | None,
        Meta(
            description="The password of the file, or the generated one. Secret. Null for an "
            "account that exists and has none in the file."
        ),
    ]
    generated: Annotated[
        bool, Meta(description="Whether the password was generated. It stands nowhere else.")
    ]
    exists: Annotated[bool, Meta(description="Whether there is such an account already.")]

    @classmethod
    def of(cls, checked: imports.CheckedRow) -> "CheckedAccount":
        new = checked.row.new
        return cls(
            line=checked.row.line,
            identifier=new.identifier,
            role=new.role,
            display_name=new.display_name or "",
            password=new.password or None,
            generated=checked.is_generated,
            exists=checked.exists,
        )


class AccountFileFault(msgspec.Struct, kw_only=True):
    """A fault of the file."""

    line: Annotated[int, Meta(description="The line of the file; the first one is 1.")]
    column: Annotated[str, Meta(description="Name of the column; empty for the whole line.")]
    message: Annotated[
        str, Meta(description="What is wrong there, in the language that is preferred.")
    ]


class CheckedAccountFile(msgspec.Struct, kw_only=True):
    """What the file has in it."""

    accounts: Annotated[
        list[CheckedAccount], Meta(description="The accounts without a fault, by line.")
    ]
    faults: Annotated[list[AccountFileFault], Meta(description="Every fault, by line.")]


@post(
    "/admin/accounts",
    opt=rules.only(rules.ADMIN),
    status_code=200,
    summary="Import accounts",
    request_max_body_size=_BULK_BODY,
    responses=documented(401, 403, 413),
)
async def import_accounts(request: ApiRequest, data: ImportAccountsRequest) -> ImportResults:
    """Make up to 500 accounts. Each is made or refused by itself."""
    results = await request.services.administration.add_many(
        request.caller,
        [
            RequestedAccount(each.identifier, each.password, each.role, each.display_name)
            for each in data.accounts
        ],
    )
    language = language_of(request)
    return ImportResults([ImportResult.of(each, language) for each in results])


@post(
    "/admin/account-files/check",
    opt=rules.only(rules.ADMIN),
    status_code=200,
    summary="Check a file of accounts",
    request_max_body_size=_BULK_BODY,
    responses=documented(401, 403, 413),
)
async def check_account_file(
    request: ApiRequest, data: CheckAccountFileRequest
) -> CheckedAccountFile:
    """Read a CSV file and report every fault by line. Nothing is made.

    New accounts without a password get a generated one in the answer, and nowhere else. Keep the
    answer, then make the accounts with `POST /v1/admin/accounts`.
    """
    checked = await request.services.account_import.check_accounts(data.csv.encode())
    language = language_of(request)
    return CheckedAccountFile(
        accounts=[CheckedAccount.of(each) for each in checked.rows],
        faults=[_view_fault(each, language) for each in checked.faults],
    )


def _view_fault(fault: LineFault, language: Language) -> AccountFileFault:
    message = fault.message
    if language is Language.CHINESE:
        message = translate_field_message(message)
    return AccountFileFault(line=fault.line, column=fault.field, message=message)


def message_of(error: ClassgateError, language: Language) -> str:
    """Return what is wrong with one account of a list, in this language."""
    if language is not Language.CHINESE:
        return error.message
    if isinstance(error, InvalidRequest) and error.fields:
        return "；".join(translate_field_message(each.message) for each in error.fields)
    return translate(error)


HANDLERS = (import_accounts, check_account_file)
