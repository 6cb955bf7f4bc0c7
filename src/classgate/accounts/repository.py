"""The tables of accounts, and of names that are held back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)

from classgate.accounts.identifiers import FoldedIdentifier, find_folded, fold, fold_listed
from classgate.accounts.models import Account, AccountRole
from classgate.errors import IdentifierTaken
from classgate.storage.database import (
    DatabaseConnection,
    Instant,
    IntegrityViolation,
    Lock,
    RowId,
    from_microseconds,
    metadata,
)
from classgate.storage.statements import (
    LIMIT,
    NO_VALUES,
    EnumText,
    Row,
    Statement,
    in_list,
    to_dataclass,
)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", RowId, primary_key=True, autoincrement=True),
    Column("identifier", String(32), nullable=False),
    # The unique, case-insensitive key.
    Column("identifier_folded", String(32), nullable=False, unique=True),
    Column("display_name", String(100), nullable=False),
    Column("role", EnumText(AccountRole, 10), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Every UserSig issued from now on has a strictly later time.
    Column("signatures_after", Instant, nullable=False),
    # Not None: deleted. The row stays, without personal data, because others refer to it.
    Column("deleted_at", Instant),
    # Whether a signature for its personal folder, which legacy clients use, was ever issued.
    Column("has_personal_folder", Boolean, nullable=False),
    # Admins are few, and are counted before one of them loses the role.
    Index(
        "ix_accounts_admins",
        "account_id",
        sqlite_where=text("role = 'admin'"),
        postgresql_where=text("role = 'admin'"),
    ),
    # The list, however many accounts were deleted.
    Index(
        "ix_accounts_listed",
        "identifier_folded",
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

# Keyed digests of deleted identifiers, and until when they are reserved.
held_identifiers = Table(
    "held_identifiers",
    metadata,
    Column("identifier_digest", String(64), primary_key=True),
    Column("held_until", Instant, nullable=False),
    Column("key_name", String(20)),  # of the audit's key that made the digest
    Index(None, "held_until"),
)

# Look-ups and lists exclude deleted accounts.
NOT_DELETED = accounts.c.deleted_at.is_(None)
_CAN_ADMINISTER = (
    NOT_DELETED,
    accounts.c.role == literal_column("'admin'"),  # a literal, for the partial index
    ~accounts.c.disabled,
)

ACCOUNT = [accounts.c[name] for name in Account.__dataclass_fields__]


@dataclass(frozen=True)
class StoredPassword:
    """An account with its password hash."""

    account: Account
    password_hash: str


# By the number that the parameter `account_id` gives.
_IS_WANTED = accounts.c.account_id == bindparam("account_id")


def to_account(row: Row) -> Account:
    """Return the account of a row that begins with the columns `ACCOUNT`."""
    return to_dataclass(Account, row)


# ── accounts ────────────────────────────────────────────────────────────────────────────────────


_ADD = Statement(
    insert(accounts)
    .values(
        identifier=bindparam("identifier"),
        identifier_folded=bindparam("identifier_folded"),
        display_name=bindparam("display_name"),
        role=bindparam("role"),
        password_hash=bindparam("password_hash"),
        disabled=False,
        has_personal_folder=False,
        created_at=bindparam("created_at"),
        signatures_after=from_microseconds(0),
    )
    .returning(*ACCOUNT)
)


async def add_account(
    connection: DatabaseConnection,
    *,
    identifier: str,
    display_name: str,
    role: AccountRole,
    password_hash: str,
    at: datetime,
) -> Account:
    """Insert an account. IdentifierTaken: the identifier exists, in any case.

    InvalidIdentifier.
    """
    values = {
        "identifier": identifier,
        "identifier_folded": fold(identifier),
        "display_name": display_name,
        "role": role,
        "password_hash": password_hash,
        "created_at": at,
    }
    try:
        row = await connection.fetch_one(_ADD, values)
    except IntegrityViolation as error:
        raise IdentifierTaken from error
    if row is None:
        raise RuntimeError("the database returned nothing for an insert")
    return to_account(row)


_SELECT_ID = Statement(select(accounts.c.account_id).where(_IS_WANTED))
_SELECT_ADMIN_IDS = Statement(
    select(accounts.c.account_id).where(*_CAN_ADMINISTER).order_by(accounts.c.account_id)
)
_COUNT_ADMINS = Statement(select(func.count().label("admins")).where(*_CAN_ADMINISTER))
_SELECT_ID_BY_NAME = Statement(
    select(accounts.c.account_id).where(accounts.c.identifier_folded == bindparam("folded"))
)
_FIND_BY_NAME = Statement(
    select(*ACCOUNT, accounts.c.password_hash).where(
        accounts.c.identifier_folded == bindparam("folded"), NOT_DELETED
    )
)
_FIND_BY_NAMES = Statement(
    select(*ACCOUNT).where(in_list(accounts.c.identifier_folded, "folded"), NOT_DELETED)
)
_FIND_NAMES = Statement(
    select(accounts.c.account_id, accounts.c.identifier).where(
        in_list(accounts.c.account_id, "account_ids"), NOT_DELETED
    )
)
_LIST = Statement(
    select(*ACCOUNT)
    .where(NOT_DELETED, accounts.c.identifier_folded > bindparam("after"))
    .order_by(accounts.c.identifier_folded)
    .limit(LIMIT)
)


async def lock_account(connection: DatabaseConnection, account_id: int) -> None:
    """Lock the account until the transaction ends; it covers all rows that belong to the person."""
    await connection.lock(_SELECT_ID, {"account_id": account_id}, Lock.EXCLUSIVE)


async def lock_admins(connection: DatabaseConnection) -> None:
    """Lock the admins, so that only one transaction decides about the last one."""
    await connection.lock(_SELECT_ADMIN_IDS, NO_VALUES, Lock.EXCLUSIVE)


async def count_admins(connection: DatabaseConnection) -> int:
    """Return the number of admins that can log in."""
    row = await connection.fetch_one(_COUNT_ADMINS)
    return 0 if row is None else row.admins


async def lock_account_by_identifier(connection: DatabaseConnection, identifier: str) -> None:
    """Lock an account by identifier, in any case; do nothing if it does not exist."""
    folded = find_folded(identifier)
    if folded is None:
        return
    await connection.lock(_SELECT_ID_BY_NAME, {"folded": folded}, Lock.EXCLUSIVE)


async def find_by_identifier(
    connection: DatabaseConnection, identifier: str
) -> StoredPassword | None:
    """Return the account with this identifier, in any case, and its hash."""
    folded = find_folded(identifier)
    if folded is None:
        return None
    row = await connection.fetch_one(_FIND_BY_NAME, {"folded": folded})
    return None if row is None else StoredPassword(to_account(row), row.password_hash)


async def find_by_identifiers(
    connection: DatabaseConnection, identifiers: Collection[FoldedIdentifier]
) -> dict[FoldedIdentifier, Account]:
    """Return the accounts with these identifiers."""
    if not identifiers:
        return {}
    rows = await connection.fetch_all(_FIND_BY_NAMES, {"folded": identifiers})
    return {fold(row.identifier): to_account(row) for row in rows}


async def find_identifiers(
    connection: DatabaseConnection, account_ids: Collection[int]
) -> dict[int, str]:
    """Return the identifiers of those accounts that still exist."""
    rows = await connection.fetch_all(_FIND_NAMES, {"account_ids": account_ids})
    return {row.account_id: row.identifier for row in rows}


async def list_accounts(
    connection: DatabaseConnection, after: str, limit: int
) -> Sequence[Account]:
    """Return a page of accounts by name, after `after`."""
    rows = await connection.fetch_all(_LIST, {"after": fold_listed(after), "limit": limit})
    return [to_account(row) for row in rows]


_SET_ROLE = Statement(update(accounts).where(_IS_WANTED).values(role=bindparam("new")))
_SET_DISPLAY_NAME = Statement(
    update(accounts).where(_IS_WANTED).values(display_name=bindparam("new"))
)
_SET_DISABLED = Statement(update(accounts).where(_IS_WANTED).values(disabled=bindparam("new")))
_SET_PASSWORD = Statement(update(accounts).where(_IS_WANTED).values(password_hash=bindparam("new")))
_ANONYMIZE = Statement(
    update(accounts)
    .where(_IS_WANTED)
    .values(
        identifier=bindparam("nobody"),
        identifier_folded=bindparam("nobody"),
        display_name=bindparam("nobody"),
        role=AccountRole.STUDENT,
        password_hash="",
        disabled=True,
        deleted_at=bindparam("at"),
    )
)
_SET_PERSONAL_FOLDER = Statement(
    update(accounts)
    .where(_IS_WANTED, ~accounts.c.has_personal_folder)
    .values(has_personal_folder=True)
)
_FIND_PERSONAL_FOLDER = Statement(select(accounts.c.has_personal_folder).where(_IS_WANTED))
_SET_SIGNATURES_AFTER = Statement(
    update(accounts)
    .where(_IS_WANTED, accounts.c.signatures_after < bindparam("after"))
    .values(signatures_after=bindparam("after"))
)


async def set_role(connection: DatabaseConnection, account_id: int, role: AccountRole) -> None:
    await connection.execute(_SET_ROLE, {"account_id": account_id, "new": role})


async def set_display_name(
    connection: DatabaseConnection, account_id: int, display_name: str
) -> None:
    await connection.execute(_SET_DISPLAY_NAME, {"account_id": account_id, "new": display_name})


async def set_disabled(connection: DatabaseConnection, account_id: int, disabled: bool) -> None:
    await connection.execute(_SET_DISABLED, {"account_id": account_id, "new": disabled})


async def set_password(connection: DatabaseConnection, account_id: int, password_hash: str) -> None:
    await connection.execute(_SET_PASSWORD, {"account_id": account_id, "new": password_hash})


async def anonymize(connection: DatabaseConnection, account_id: int, at: datetime) -> None:
    """Remove the personal data but keep the row. `~` occurs in no identifier."""
    nobody = f"deleted~{account_id}"
    values = {"account_id": account_id, "nobody": nobody, "at": at}
    await connection.execute(_ANONYMIZE, values)


async def set_personal_folder(connection: DatabaseConnection, account_id: int) -> None:
    """Record that a signature for the personal folder was issued: files may exist there."""
    await connection.write(_SET_PERSONAL_FOLDER, {"account_id": account_id})


async def has_personal_folder(connection: DatabaseConnection, account_id: int) -> bool:
    """Return whether a signature for the personal folder was ever issued."""
    row = await connection.fetch_one(_FIND_PERSONAL_FOLDER, {"account_id": account_id})
    return row is not None and row.has_personal_folder


async def set_signatures_after(
    connection: DatabaseConnection, account_id: int, after: datetime
) -> None:
    """Move the time forward; never back."""
    await connection.execute(_SET_SIGNATURES_AFTER, {"account_id": account_id, "after": after})


# ── names that are held back ────────────────────────────────────────────────────────────────────


_IS_DIGEST = held_identifiers.c.identifier_digest == bindparam("digest")
_IS_HELD = held_identifiers.c.held_until > bindparam("at")
_RELEASE = Statement(delete(held_identifiers).where(_IS_DIGEST))
_HOLD = Statement(insert(held_identifiers))
_FIND_ALL_HELD = Statement(
    select(held_identifiers).where(
        in_list(held_identifiers.c.identifier_digest, "digests"), _IS_HELD
    )
)
_DELETE_EXPIRED = Statement(
    delete(held_identifiers).where(held_identifiers.c.held_until <= bindparam("at"))
)


async def hold_identifier(
    connection: DatabaseConnection, identifier_digest: str, key_name: str, until: datetime
) -> None:
    """Reserve the identifier until the given time."""
    await connection.execute(_RELEASE, {"digest": identifier_digest})
    row = {"identifier_digest": identifier_digest, "held_until": until, "key_name": key_name}
    await connection.execute(_HOLD, row)


async def find_held_identifiers(
    connection: DatabaseConnection, name_digests: Collection[str], at: datetime
) -> dict[str, datetime]:
    """Return the reserved ones among the identifiers, and until when."""
    rows = await connection.fetch_all(_FIND_ALL_HELD, {"digests": name_digests, "at": at})
    return {row.identifier_digest: row.held_until for row in rows}


@dataclass(frozen=True)
class HoldsOfKey:
    """The reserved identifiers whose digests one audit key made."""

    key_name: str | None  # None: reserved before this was recorded
    identifiers: int
    last: datetime


_LIST_HOLDS_BY_KEY = Statement(
    select(
        held_identifiers.c.key_name,
        func.count().label("identifiers"),
        func.max(held_identifiers.c.held_until, type_=Instant).label("last"),
    ).group_by(held_identifiers.c.key_name)
)


async def list_holds_by_key(connection: DatabaseConnection) -> Sequence[HoldsOfKey]:
    """Return how many identifiers are reserved under each audit key, and until when."""
    return [to_dataclass(HoldsOfKey, row) for row in await connection.fetch_all(_LIST_HOLDS_BY_KEY)]


async def delete_expired_holds(connection: DatabaseConnection, at: datetime) -> None:
    """Delete expired reservations."""
    await connection.execute(_DELETE_EXPIRED, {"at": at})
