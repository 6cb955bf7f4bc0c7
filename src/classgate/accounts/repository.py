"""The tables of accounts and sessions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    RowMapping,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from classgate.accounts.identifiers import FoldedIdentifier, find_folded, fold
from classgate.accounts.models import Account, AccountRole, Door, Session
from classgate.errors import AccountExists
from classgate.storage.database import Instant, Lock, Queries, RowId, from_microseconds, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", RowId, primary_key=True, autoincrement=True),
    Column("identifier", String(32), nullable=False),
    # Identifiers that differ only in case are one: this is what must be unique.
    Column("identifier_folded", String(32), nullable=False, unique=True),
    Column("display_name", String(100), nullable=False),
    Column("role", String(10), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    # A UserSig issued from now on carries a strictly later time than this.
    Column("signatures_after", Instant, nullable=False),
    # Not None: nobody's any more. The row stays, without a person in it, for what refers to it.
    Column("deleted_at", Instant),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", String(40), primary_key=True),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("token_digest", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("door", String(10), nullable=False, server_default="api"),
    Index(None, "account_id"),
)

# Names of deleted accounts, as keyed digests, and until when nobody may have them.
held_names = Table(
    "held_names",
    metadata,
    Column("name_digest", String(64), primary_key=True),
    Column("held_until", Instant, nullable=False),
)

# Whoever looks for a person by name, or for all of them, finds nobody who was deleted.
_IS_THERE = accounts.c.deleted_at.is_(None)
_CAN_ADMINISTER = (_IS_THERE, accounts.c.role == AccountRole.ADMIN, ~accounts.c.disabled)

_ACCOUNT = [accounts.c[name] for name in Account.__dataclass_fields__]
_SESSION = [sessions.c[name] for name in Session.__dataclass_fields__]


@dataclass(frozen=True)
class StoredPassword:
    """An account with the hash to check against."""

    account: Account
    password_hash: str


def _to_account(row: RowMapping) -> Account:
    values = {column.name: row[column.name] for column in _ACCOUNT}
    return Account(**{**values, "role": AccountRole(row["role"])})


def _to_session(row: RowMapping, prefix: str = "") -> Session:
    values = {column.name: row[prefix + column.name] for column in _SESSION}
    return Session(**{**values, "door": Door(values["door"])})


# ── accounts ────────────────────────────────────────────────────────────────────────────────────


async def add_account(
    queries: Queries,
    *,
    identifier: str,
    display_name: str,
    role: AccountRole,
    password_hash: str,
    at: datetime,
) -> Account:
    """Make an account. AccountExists: the identifier is taken, upper and lower case alike.

    InvalidIdentifier.
    """
    values = {
        "identifier": identifier,
        "identifier_folded": fold(identifier),
        "display_name": display_name,
        "role": role,
        "password_hash": password_hash,
        "disabled": False,
        "created_at": at,
        "signatures_after": from_microseconds(0),
    }
    try:
        row = await queries.fetch_one(insert(accounts).values(values).returning(*_ACCOUNT))
    except IntegrityError as error:
        raise AccountExists from error
    if row is None:
        raise RuntimeError("the database returned nothing for an insert")
    return _to_account(row)


async def lock_account(queries: Queries, account_id: int) -> None:
    """From here to the end of the transaction, all that is this person's changes here alone."""
    await queries.lock(
        select(accounts.c.account_id).where(accounts.c.account_id == account_id), Lock.OWN
    )


async def lock_admins(queries: Queries) -> None:
    """Until the transaction ends, nobody else decides who is the last of them."""
    admins = select(accounts.c.account_id).where(*_CAN_ADMINISTER)
    await queries.lock(admins.order_by(accounts.c.account_id), Lock.OWN)


async def count_admins(queries: Queries) -> int:
    """How many admins can log in."""
    row = await queries.fetch_one(select(func.count().label("admins")).where(*_CAN_ADMINISTER))
    return 0 if row is None else row["admins"]


async def lock_name(queries: Queries, identifier: str) -> None:
    """The same by name, in any case; nothing when there is no such account."""
    folded = find_folded(identifier)
    if folded is None:
        return
    await queries.lock(
        select(accounts.c.account_id).where(accounts.c.identifier_folded == folded), Lock.OWN
    )


async def find_by_name(queries: Queries, identifier: str) -> StoredPassword | None:
    """The account of that name, in any case, with its hash."""
    folded = find_folded(identifier)
    if folded is None:
        return None
    row = await queries.fetch_one(
        select(*_ACCOUNT, accounts.c.password_hash).where(
            accounts.c.identifier_folded == folded, _IS_THERE
        )
    )
    return None if row is None else StoredPassword(_to_account(row), row["password_hash"])


async def find_by_names(
    queries: Queries, identifiers: Collection[FoldedIdentifier]
) -> dict[FoldedIdentifier, Account]:
    """The accounts of those names."""
    folded = list(identifiers)
    rows = await queries.fetch_all(
        select(*_ACCOUNT).where(accounts.c.identifier_folded.in_(folded), _IS_THERE)
    )
    return {fold(row["identifier"]): _to_account(row) for row in rows}


async def find_identifiers(queries: Queries, account_ids: Collection[int]) -> dict[int, str]:
    """The names of those accounts that still exist."""
    rows = await queries.fetch_all(
        select(accounts.c.account_id, accounts.c.identifier).where(
            accounts.c.account_id.in_(list(account_ids)), _IS_THERE
        )
    )
    return {row["account_id"]: row["identifier"] for row in rows}


async def list_accounts(queries: Queries) -> Sequence[Account]:
    """Every account, by name."""
    rows = await queries.fetch_all(
        select(*_ACCOUNT).where(_IS_THERE).order_by(accounts.c.identifier_folded)
    )
    return [_to_account(row) for row in rows]


async def set_role(queries: Queries, account_id: int, role: AccountRole) -> None:
    await queries.execute(
        update(accounts).where(accounts.c.account_id == account_id).values(role=role)
    )


async def set_disabled(queries: Queries, account_id: int, disabled: bool) -> None:
    await queries.execute(
        update(accounts).where(accounts.c.account_id == account_id).values(disabled=disabled)
    )


async def set_password(queries: Queries, account_id: int, password_hash: str) -> None:
    await queries.execute(
        update(accounts)
        .where(accounts.c.account_id == account_id)
        .values(password_hash=password_hash)
    )


async def bury(queries: Queries, account_id: int, at: datetime) -> None:
    """Leave a row without a person, for what refers to it. `~` is in no identifier."""
    nobody = f"deleted~{account_id}"
    await queries.execute(
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


async def get_signatures_after(queries: Queries, account_id: int) -> datetime:
    """What the next UserSig's time must be later than."""
    row = await queries.fetch_one(
        select(accounts.c.signatures_after).where(accounts.c.account_id == account_id)
    )
    if row is None:
        raise RuntimeError("the account was there a moment ago, in this transaction")
    after: datetime = row["signatures_after"]
    return after


async def set_signatures_after(queries: Queries, account_id: int, after: datetime) -> None:
    """From now on only later times; never moves back."""
    await queries.execute(
        update(accounts)
        .where(accounts.c.account_id == account_id, accounts.c.signatures_after < after)
        .values(signatures_after=after)
    )


# ── names that are held back ────────────────────────────────────────────────────────────────────


async def hold_name(queries: Queries, name_digest: str, until: datetime) -> None:
    """Let nobody have it until then."""
    await queries.execute(delete(held_names).where(held_names.c.name_digest == name_digest))
    await queries.execute(insert(held_names).values(name_digest=name_digest, held_until=until))


async def find_held_name(queries: Queries, name_digest: str, at: datetime) -> datetime | None:
    """Until when the name is held; None when it is free."""
    row = await queries.fetch_one(
        select(held_names.c.held_until).where(
            held_names.c.name_digest == name_digest, held_names.c.held_until > at
        )
    )
    return None if row is None else row["held_until"]


async def find_held_names(
    queries: Queries, name_digests: Collection[str], at: datetime
) -> dict[str, datetime]:
    """Those of them that are held, and until when."""
    rows = await queries.fetch_all(
        select(held_names).where(
            held_names.c.name_digest.in_(name_digests), held_names.c.held_until > at
        )
    )
    return {row["name_digest"]: row["held_until"] for row in rows}


async def drop_held_names(queries: Queries, at: datetime) -> None:
    """Those that are free again."""
    await queries.execute(delete(held_names).where(held_names.c.held_until <= at))


# ── sessions ────────────────────────────────────────────────────────────────────────────────────


async def add_session(queries: Queries, session: Session, token_digest: str) -> None:
    values = {name: getattr(session, name) for name in Session.__dataclass_fields__}
    await queries.execute(insert(sessions).values(token_digest=token_digest, **values))


# Made once: to make them takes longer than to run them, and every request runs one.
_OPEN = (
    select(*_ACCOUNT, *(column.label(f"session_{column.name}") for column in _SESSION))
    .join(sessions, sessions.c.account_id == accounts.c.account_id)
    .where(sessions.c.ended_at.is_(None))
)
_OPEN_BY_DIGEST = _OPEN.where(sessions.c.token_digest == bindparam("wanted"))
_OPEN_BY_ID = _OPEN.where(sessions.c.session_id == bindparam("wanted"))


async def find_session(queries: Queries, token_digest: str) -> tuple[Session, Account] | None:
    """The session of that token with its account, unless it was ended."""
    return _to_open(await queries.fetch_one(_OPEN_BY_DIGEST, {"wanted": token_digest}))


async def find_session_by_id(queries: Queries, session_id: str) -> tuple[Session, Account] | None:
    """The session of that id with its account, unless it was ended."""
    return _to_open(await queries.fetch_one(_OPEN_BY_ID, {"wanted": session_id}))


def _to_open(row: RowMapping | None) -> tuple[Session, Account] | None:
    if row is None:
        return None
    return _to_session(row, "session_"), _to_account(row)


async def list_sessions(queries: Queries, account_id: int, at: datetime) -> Sequence[Session]:
    """The account's sessions that are open and not expired, the newest first."""
    rows = await queries.fetch_all(
        select(*_SESSION)
        .where(
            sessions.c.account_id == account_id,
            sessions.c.ended_at.is_(None),
            sessions.c.expires_at > at,
        )
        .order_by(sessions.c.created_at.desc(), sessions.c.session_id)
    )
    return [_to_session(row) for row in rows]


async def touch_sessions(queries: Queries, used: Mapping[str, datetime]) -> None:
    """When these were used last; never moves back. Not for none."""
    await queries.execute_many(
        update(sessions)
        .where(
            sessions.c.session_id == bindparam("session"), sessions.c.last_used_at < bindparam("at")
        )
        .values(last_used_at=bindparam("at")),
        # In one order, so that replicas do not wait in a ring.
        [{"session": each, "at": used[each]} for each in sorted(used)],
    )


async def end_session(queries: Queries, account_id: int, session_id: str, at: datetime) -> bool:
    """End one session of this account; False when there is no such open one."""
    touched = await queries.execute(
        update(sessions)
        .where(
            sessions.c.session_id == session_id,
            sessions.c.account_id == account_id,
            sessions.c.ended_at.is_(None),
        )
        .values(ended_at=at)
    )
    return touched == 1


async def list_open_of_door(queries: Queries, account_id: int, door: Door) -> Sequence[str]:
    """The ids of the account's sessions of this door that were not ended."""
    rows = await queries.fetch_all(
        select(sessions.c.session_id)
        .where(
            sessions.c.account_id == account_id,
            sessions.c.door == door,
            sessions.c.ended_at.is_(None),
        )
        .order_by(sessions.c.session_id)
    )
    return [row["session_id"] for row in rows]


async def end_sessions(
    queries: Queries, account_id: int, at: datetime, keep: str | None = None
) -> int:
    """End all open sessions of this account but `keep`; how many."""
    wanted = [sessions.c.account_id == account_id, sessions.c.ended_at.is_(None)]
    if keep is not None:
        wanted.append(sessions.c.session_id != keep)
    # In one order, as all that touch several rows do: nobody then waits in a ring.
    ordered = select(sessions.c.session_id).where(*wanted).order_by(sessions.c.session_id)
    await queries.lock(ordered, Lock.OWN)
    return await queries.execute(update(sessions).where(*wanted).values(ended_at=at))


async def remove_sessions(queries: Queries, account_id: int) -> int:
    """Forget every session of this account; how many were open or ended."""
    return await queries.execute(delete(sessions).where(sessions.c.account_id == account_id))
