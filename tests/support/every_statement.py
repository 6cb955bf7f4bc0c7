"""Every statement of the repositories of a running service, with every shape of each."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from itertools import chain, combinations, product
from typing import Any

import classgate
from classgate.accounts import list_repository as account_lists
from classgate.accounts.models import AccountRole
from classgate.audit import repository as audit
from classgate.classrooms import list_repository as class_lists
from classgate.classrooms import repository as classrooms
from classgate.classrooms.models import ClassroomState
from classgate.classrooms.presence import attendance_repository as attendance
from classgate.classrooms.presence import repository as presences
from classgate.leases import repository as leases
from classgate.legacy.classroom_list import newest_repository as newest_legacy_classrooms
from classgate.legacy.classroom_list import repository as legacy_classrooms
from classgate.legacy.file_bindings import repository as bindings
from classgate.outbox import delivery_repository as deliveries
from classgate.outbox.policy import Lane
from classgate.refusal_log import repository as refusals
from classgate.storage.statements import Statement

Shapes = Iterable[tuple[Any, ...]]


def _subsets(*names: str) -> list[frozenset[str]]:
    sizes = range(len(names) + 1)
    return [frozenset(each) for size in sizes for each in combinations(names, size)]


_FLAGS = (False, True)
_LEGACY_FILTERS = [
    each
    for each in _subsets(*legacy_classrooms._CONDITIONS)
    if not each >= {"begun_before", "begun_before_or_never"}
]
# Of a class, or of the caller.
_BINDING_FILTERS = [
    each for each in _subsets(*bindings._CONDITIONS) if each & {"classroom_id", "account_id"}
]
# Of an account or of a name, which is no account's.
_OF_CLASS = {"accounts_only", "classroom_id"}
_REFUSAL_FILTERS = [
    each
    for each in _subsets(*refusals._CONDITIONS)
    if len(each & {"account_id", "identifier_digest", "identifier_digests"}) <= 1
    and ("accounts_only" not in each or _OF_CLASS <= each <= _OF_CLASS | {"since", "before_id"})
]
# The scopes that services end.
_SCOPES = [
    ("account_id",),
    ("session_id",),
    ("classroom_id",),
    ("upload_id",),
    ("account_id", "classroom_id"),
    ("account_id", "except_session_id"),
    ("account_id", "classroom_id", "kind"),
    ("account_id", "classroom_id", "kind", "except_lease_id"),
]

# Each cached function that makes statements, with the arguments that it is called with.
SHAPES: dict[Callable[..., Any], Shapes] = {
    account_lists._list: [(each,) for each in _subsets(*account_lists._CONDITIONS)],
    audit._newest_statements: list(product(_FLAGS, repeat=4)),
    attendance._list_members: [(None,), (True,), (False,)],
    presences._end_open: [(True, True), (True, False), (False, True)],
    class_lists._list: list(product(AccountRole, _subsets(*class_lists._FILTERS), _FLAGS)),
    class_lists._list_newest_own: [(role,) for role in AccountRole],
    classrooms._change: [(each,) for each in _subsets("title", "open", "starts_at") if each],
    classrooms._transition_to: [(state,) for state in ClassroomState],
    leases._end_statements: [(each,) for each in _SCOPES],
    legacy_classrooms._list: list(product(AccountRole, _LEGACY_FILTERS, _FLAGS)),
    newest_legacy_classrooms._find_own: [(role,) for role in AccountRole],
    legacy_classrooms._list_newest: [(role,) for role in AccountRole],
    legacy_classrooms._count_all: [(each,) for each in _LEGACY_FILTERS],
    legacy_classrooms._count_open: [(each,) for each in _LEGACY_FILTERS],
    legacy_classrooms._count_own: list(product(AccountRole, _LEGACY_FILTERS)),
    legacy_classrooms._count_visible: list(product(AccountRole, filter(None, _LEGACY_FILTERS))),
    bindings._count: [(each,) for each in _BINDING_FILTERS],
    bindings._list: [(each,) for each in _BINDING_FILTERS],
    refusals._list: [(each,) for each in _REFUSAL_FILTERS],
    deliveries._in_lane: [(lane,) for lane in Lane],
    deliveries._select_ahead: [(lane,) for lane in Lane],
    deliveries._delete_waiting: [(lane,) for lane in Lane],
}


def repositories() -> Iterator[Any]:
    """Yield the modules with statements."""
    for module in pkgutil.walk_packages(classgate.__path__, "classgate."):
        if module.name.startswith("classgate.backups"):
            continue  # a restore changes every row
        if "repository" in module.name or module.name.endswith(".host_heartbeats"):
            yield importlib.import_module(module.name)


def cached_makers() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the cached functions of the repositories."""
    for module in repositories():
        for name, value in vars(module).items():
            if hasattr(value, "cache_info") and value.__module__ == module.__name__:
                yield f"{module.__name__}.{name}", value


def every_statement() -> Iterator[tuple[str, Statement]]:
    """Yield each statement with its name, and the shape in brackets."""
    for module in repositories():
        short = module.__name__.removeprefix("classgate.")
        for name, value in vars(module).items():
            for statement in _statements_of(value):
                yield f"{short}.{name}", statement
    for maker, shapes in SHAPES.items():
        short = f"{maker.__module__.removeprefix('classgate.')}.{maker.__name__}"
        for shape in shapes:
            for statement in _statements_of(_call(maker, shape)):
                yield f"{short}({', '.join(map(_shown, shape))})", statement


def _call(maker: Callable[..., Any], shape: tuple[Any, ...]) -> Any:
    if maker is audit._newest_statements:
        return maker(**dict(zip(("account", "classroom", "since", "after"), shape, strict=True)))
    return maker(*shape)


def _shown(argument: Any) -> str:
    if isinstance(argument, frozenset | tuple):
        return " ".join(sorted(argument)) or "-"
    return str(argument)


def _statements_of(value: Any) -> Iterator[Statement]:
    if isinstance(value, Statement):
        yield value
    elif isinstance(value, tuple | list):
        yield from chain.from_iterable(map(_statements_of, value))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from chain.from_iterable(
            _statements_of(getattr(value, each.name)) for each in fields(value)
        )
