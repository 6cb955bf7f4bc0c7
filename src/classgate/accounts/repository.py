"""The tables of accounts, and of names that are held back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    RowMapping,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from classgate.accounts.identifiers import FoldedIdentifier, find_folded, fold, fold_listed
from classgate.accounts.models import Account, AccountRole
from classgate.errors import IdentifierTaken
from classgate.storage.database import (
    DatabaseConnection,
    Instant,
    Lock,
    RowId,
    from_microseconds,
    metadata,
)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", RowId, primary_key=True, autoincrement=True),
    Column("identifier", String(32), nullable=False),
    # The unique, case-insensitive key.
    Column("identifier_folded", String(32), nullable=False, unique=True),
    Column("display_name", String(100), nullable=False),
    Column("role", String(10), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Every UserSig issued from now on has a strictly later time.
    Column("signatures_after", Instant, nullable=False),
    # Not None: deleted. The row stays, without personal data, because others refer to it.
    Column("deleted_at", Instant),
    # Whether a signature for its personal folder, which legacy clients use, was ever issued.
    Column("has_personal_folder", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

# Keyed digests of deleted identifiers, and until when they are reserved.
held_identifiers = Table(
    "held_identifiers",
    metadata,
    Column("identifier_digest", String(64), primary_key=True),
    Column("held_until", Instant, nullable=False),
)

# Look-ups and lists exclude deleted accounts.
_NOT_DELETED = accounts.c.deleted_at.is_(None)
_CAN_ADMINISTER = (_NOT_DELETED, accounts.c.role == AccountRole.ADMIN, ~accounts.c.disabled)

ACCOUNT = [accounts.c[name] for name in Account.__dataclass_fields__]


@dataclass(frozen=True)
class StoredPassword:
    """An account with its password hash."""

    account: Account
    password_hash: str


def to_account(row: RowMapping) -> Account:
    values = {column.name: row[column.name] for column in ACCOUNT}
    return Account(**{**values, "role": AccountRole(row["role"])})


# ── accounts ────────────────────────────────────────────────────────────────────────────────────


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
        "disabled": False,
        "has_personal_folder": False,
        "created_at": at,
        "signatures_after": from_microseconds(0),
    }
    try:
        row = await connection.fetch_one(insert(accounts).values(values).returning(*ACCOUNT))
    except IntegrityError as error:
        raise IdentifierTaken from error
    if row is None:
        raise RuntimeError("the database returned nothing for an insert")
    return to_account(row)


async def lock_account(connection: DatabaseConnection, account_id: int) -> None:
    """Lock the account until the transaction ends; it covers all rows that belong to the person."""
    await connection.lock(
        select(accounts.c.account_id).where(accounts.c.account_id == account_id), Lock.EXCLUSIVE
    )


async def lock_admins(connection: DatabaseConnection) -> None:
    """Lock the admins, so that only one transaction decides about the last one."""
    admins = select(accounts.c.account_id).where(*_CAN_ADMINISTER)
    await connection.lock(admins.order_by(accounts.c.account_id), Lock.EXCLUSIVE)


async def count_admins(connection: DatabaseConnection) -> int:
    """Return the number of admins that can log in."""
    row = await connection.fetch_one(select(func.count().label("admins")).where(*_CAN_ADMINISTER))
    return 0 if row is None else row["admins"]


async def lock_account_by_identifier(connection: DatabaseConnection, identifier: str) -> None:
    """Lock an account by identifier, in any case; do nothing if it does not exist."""
    folded = find_folded(identifier)
    if folded is None:
        return
    await connection.lock(
        select(accounts.c.account_id).where(accounts.c.identifier_folded == folded), Lock.EXCLUSIVE
    )


async def find_by_identifier(
    connection: DatabaseConnection, identifier: str
) -> StoredPassword | None:
    """Return the account with this identifier, in any case, and its hash."""
    folded = find_folded(identifier)
    if folded is None:
        return None
    row = await connection.fetch_one(
        select(*ACCOUNT, accounts.c.password_hash).where(
            accounts.c.identifier_folded == folded, _NOT_DELETED
        )
    )
    return None if row is None else StoredPassword(to_account(row), row["password_hash"])


async def find_by_identifiers(
    connection: DatabaseConnection, identifiers: Collection[FoldedIdentifier]
) -> dict[FoldedIdentifier, Account]:
    """Return the accounts with these identifiers."""
    folded = list(identifiers)
    rows = await connection.fetch_all(
        select(*ACCOUNT).where(accounts.c.identifier_folded.in_(folded), _NOT_DELETED)
    )
    return {fold(row["identifier"]): to_account(row) for row in rows}


async def find_identifiers(
    connection: DatabaseConnection, account_ids: Collection[int]
) -> dict[int, str]:
    """Return the identifiers of those accounts that still exist."""
    rows = await connection.fetch_all(
        select(accounts.c.account_id, accounts.c.identifier).where(
            accounts.c.account_id.in_(list(account_ids)), _NOT_DELETED
        )
    )
    return {row["account_id"]: row["identifier"] for row in rows}


async def list_accounts(
    connection: DatabaseConnection, after: str, limit: int
) -> Sequence[Account]:
    """Return a page of accounts by name, after `after`."""
    rows = await connection.fetch_all(
        select(*ACCOUNT)
        .where(_NOT_DELETED, accounts.c.identifier_folded > fold_listed(after))
        .order_by(accounts.c.identifier_folded)
        .limit(limit)
    )
    return [to_account(row) for row in rows]


async def set_role(connection: DatabaseConnection, account_id: int, role: AccountRole) -> None:
    await connection.execute(
        update(accounts).where(accounts.c.account_id == account_id).values(role=role)
    )


async def set_display_name(
    connection: DatabaseConnection, account_id: int, display_name: str
) -> None:
    await connection.execute(
        update(accounts)
        .where(accounts.c.account_id == account_id)
        .values(display_name=display_name)
    )


async def set_disabled(connection: DatabaseConnection, account_id: int, disabled: bool) -> None:
    await connection.execute(
        update(accounts).where(accounts.c.account_id == account_id).values(disabled=disabled)
    )


async def set_password(connection: DatabaseConnection, account_id: int, password_hash: str) -> None:
    await connection.execute(
        update(accounts)
        .where(accounts.c.account_id == account_id)
        .values(password_hash=password_hash)
    )


async def anonymize(connection: DatabaseConnection, account_id: int, at: datetime) -> None:
    """Remove the personal data but keep the row. `~` occurs in no identifier."""
    nobody = f"deleted~{account_id}"
    await connection.execute(
        update(accounts)
        .where(accounts.c.account_id == account_id)
        .values(
            identifier=nobody,
            identifier_folded=nobody,
            display_name=nobody,
            role=AccountRole.STUDENT,
            password_hash="",
            disabled=True,
            deleted_at=at,
        )
    )


async def set_personal_folder(connection: DatabaseConnection, account_id: int) -> None:
    """Record that a signature for the personal folder was issued: files may exist there."""
    await connection.execute(
        update(accounts)
        .where(accounts.c.account_id == account_id, ~accounts.c.has_personal_folder)
        .values(has_personal_folder=True)
    )


async def has_personal_folder(connection: DatabaseConnection, account_id: int) -> bool:
    """Return whether a signature for the personal folder was ever issued."""
    row = await connection.fetch_one(
        select(accounts.c.has_personal_folder).where(accounts.c.account_id == account_id)
    )
    return row is not None and row["has_personal_folder"]


async def get_signatures_after(connection: DatabaseConnection, account_id: int) -> datetime:
    """Return the time that the next UserSig must be later than."""
    row = await connection.fetch_one(
        select(accounts.c.signatures_after).where(accounts.c.account_id == account_id)
    )
    if row is None:
        raise RuntimeError("the account was there a moment ago, in this transaction")
    after: datetime = row["signatures_after"]
    return after


async def set_signatures_after(
    connection: DatabaseConnection, account_id: int, after: datetime
) -> None:
    """Move the time forward; never back."""
    await connection.execute(
        update(accounts)
        .where(accounts.c.account_id == account_id, accounts.c.signatures_after < after)
        .values(signatures_after=after)
    )


# ── names that are held back ────────────────────────────────────────────────────────────────────


async def hold_identifier(
    connection: DatabaseConnection, identifier_digest: str, until: datetime
) -> None:
    """Reserve the identifier until the given time."""
    await connection.execute(
        delete(held_identifiers).where(held_identifiers.c.identifier_digest == identifier_digest)
    )
    await connection.execute(
        insert(held_identifiers).values(identifier_digest=identifier_digest, held_until=until)
    )


async def find_held_identifier(
    connection: DatabaseConnection, identifier_digest: str, at: datetime
) -> datetime | None:
    """Return until when the identifier is reserved; None if it is free."""
    row = await connection.fetch_one(
        select(held_identifiers.c.held_until).where(
            held_identifiers.c.identifier_digest == identifier_digest,
            held_identifiers.c.held_until > at,
        )
    )
    return None if row is None else row["held_until"]


async def find_held_identifiers(
    connection: DatabaseConnection, name_digests: Collection[str], at: datetime
) -> dict[str, datetime]:
    """Return the reserved ones among the identifiers, and until when."""
    rows = await connection.fetch_all(
        select(held_identifiers).where(
            held_identifiers.c.identifier_digest.in_(name_digests),
            held_identifiers.c.held_until > at,
        )
    )
    return {row["identifier_digest"]: row["held_until"] for row in rows}


async def delete_expired_holds(connection: DatabaseConnection, at: datetime) -> None:
    """Delete expired reservations."""
    await connection.execute(delete(held_identifiers).where(held_identifiers.c.held_until <= at))
