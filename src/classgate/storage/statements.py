"""Statements that are compiled once and then handed to the driver.

A repository says what it wants in SQLAlchemy Core, with a `bindparam` for each value that differs
between calls, and wraps it in a `Statement` at import; a function that builds one for each
combination of conditions is cached. Each database compiles it at its first use. A call then only
converts the values and runs the driver.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ClauseElement,
    ColumnElement,
    Dialect,
    Executable,
    Insert,
    Integer,
    Select,
    String,
    Table,
    TextClause,
    TypeDecorator,
    bindparam,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import NullType, TypeEngine

Values = Mapping[str, Any]
Row = Any
"""A named tuple of the statement's columns, in their order."""

NO_VALUES: Values = {}

LIMIT = bindparam("limit", type_=Integer)
"""The parameter of a page's length; a limit has no column to take its type from."""

T = TypeVar("T")
_Convert = Callable[[Any], Any]


class Statement:
    """One statement of a repository. `values` of a call are those of its `bindparam`s by name."""

    def __init__(self, expression: Executable) -> None:
        if isinstance(expression, Insert) and not expression.exported_columns:
            expression = expression.inline()  # else SQLAlchemy adds RETURNING for a generated key
        self.expression = expression
        self._compiled: dict[str, CompiledStatement] = {}
        self._locking: dict[bool, Statement] = {}

    @property
    def changed_table(self) -> str | None:
        """The name of the table that it changes; None: it reads, or is not built by SQLAlchemy."""
        if isinstance(self.expression, UpdateBase) and isinstance(self.expression.table, Table):
            return self.expression.table.name
        return None

    def compiled(self, dialect: Dialect) -> "CompiledStatement":
        """Return the statement as this database takes it."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = CompiledStatement(self.expression, dialect)
        return compiled

    def locking(self, *, shared: bool) -> "Statement":
        """Return the same query with a lock on the rows that it returns."""
        statement = self._locking.get(shared)
        if statement is None:
            if not isinstance(self.expression, Select):
                raise TypeError("only the rows of a SELECT can be locked")
            # Not FOR UPDATE: rows that refer to this one by its key may still be inserted.
            locking = self.expression.with_for_update(read=shared, key_share=not shared)
            statement = self._locking[shared] = Statement(locking)
        return statement


class CompiledStatement:
    """The text for one database, with the conversions of its parameters and its columns."""

    def __init__(self, expression: Executable, dialect: Dialect) -> None:
        if not isinstance(expression, ClauseElement):
            raise TypeError("not a statement of SQLAlchemy Core")
        compiled = expression.compile(dialect=dialect)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError(f"no statement with parameters and rows: {compiled}")
        self.text = compiled.string
        parameters = [compiled.binds[name] for name in compiled.positiontup or ()]
        if not isinstance(expression, TextClause):  # its parameters have the driver's types
            _require_types(parameters)
        self.bind = _Binding([_parameter(each, dialect) for each in parameters]).to_parameters
        columns = list(getattr(expression, "exported_columns", ()))
        self._converters = [
            (place, convert)
            for place, column in enumerate(columns)
            if (convert := _result_conversion(column.type, dialect)) is not None
        ]
        self._make_row = _row_type([column.key for column in columns]) if columns else None

    @property
    def has_columns(self) -> bool:
        """Return whether the columns are known; those of a text without types are not."""
        return self._make_row is not None

    def name_columns(self, names: Iterable[str]) -> None:
        """Name the columns as the driver's first answer does."""
        self._make_row = _row_type(names)

    def row(self, raw: Iterable[Any]) -> Row:
        """Return the driver's row with converted values. The columns must be known."""
        if self._make_row is None:
            raise RuntimeError("the columns of this statement are not known")
        if not self._converters:
            return self._make_row(raw)
        values = list(raw)
        for place, convert in self._converters:
            if values[place] is not None:
                values[place] = convert(values[place])
        return self._make_row(values)

    def rows(self, raw: Sequence[Iterable[Any]]) -> Sequence[Row]:
        """Return the driver's rows as `row` does, column by column, which takes half the time."""
        if not raw:
            return []
        if self._make_row is None:
            raise RuntimeError("the columns of this statement are not known")
        if not self._converters:
            return list(map(self._make_row, raw))
        columns: list[Any] = list(zip(*raw, strict=True))
        for place, convert in self._converters:
            columns[place] = [None if value is None else convert(value) for value in columns[place]]
        return list(map(self._make_row, zip(*columns, strict=True)))


class _Parameter(NamedTuple):
    """A value by its name and its conversion; without a name one that is always the same."""

    name: str | None
    convert: _Convert | None
    fixed: Any


class _Binding:
    """Puts the values of a call in the order of a statement's parameters."""

    def __init__(self, parameters: Sequence[_Parameter]) -> None:
        names = [each.name for each in parameters if each.name is not None]
        # `itemgetter` of one name returns no tuple.
        self._pick = itemgetter(*names) if len(names) > 1 else None
        self._names = names
        self._conversions = [
            (place, each.convert)
            for place, each in enumerate(parameters)
            if each.name is not None and each.convert is not None
        ]
        self._fixed = [
            (place, each.fixed) for place, each in enumerate(parameters) if each.name is None
        ]

    def to_parameters(self, values: Values) -> Sequence[Any]:
        """Return the parameters in their order. KeyError: one is missing."""
        found = [values[name] for name in self._names] if self._pick is None else self._pick(values)
        if not self._conversions and not self._fixed:
            return found
        bound = list(found)
        for place, value in self._fixed:  # in their order, so the places are right
            bound.insert(place, value)
        for place, convert in self._conversions:
            if (value := bound[place]) is not None:
                bound[place] = convert(value)
        return bound


def _require_types(parameters: Iterable[BindParameter[Any]]) -> None:
    for each in parameters:
        if isinstance(each.type, NullType):
            raise TypeError(f"the type of the parameter {each.key} is not known: give type_")


def _parameter(parameter: BindParameter[Any], dialect: Dialect) -> _Parameter:
    if parameter.expanding:
        raise TypeError("a list of any length is written with in_list, a fixed one with one_of")
    convert = _implementation(parameter.type, dialect).bind_processor(dialect)
    if parameter.required:
        return _Parameter(parameter.key, convert, None)
    fixed = parameter.effective_value
    return _Parameter(None, None, fixed if fixed is None or convert is None else convert(fixed))


def _result_conversion(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return _implementation(kind, dialect).result_processor(dialect, None)


def _implementation(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return kind if isinstance(kind, TypeDecorator) else kind.dialect_impl(dialect)


def _row_type(names: Iterable[str]) -> Callable[[Iterable[Any]], Row]:
    kind: Any = namedtuple("Row", list(names), rename=True)  # type: ignore[misc]
    return partial(tuple.__new__, kind)  # what `_make` does, without a call of Python


def to_dataclass(kind: type[T], values: Sequence[Any]) -> T:
    """Return the dataclass with these values, in the order in which its fields are declared.

    Values behind those of its fields are left over, as in a row of several tables. IndexError:
    there are fewer values than fields.
    """
    names = _fields_of(kind)  # type: ignore[arg-type]
    if len(values) < len(names):
        raise IndexError(f"{len(values)} values for the {len(names)} fields of {kind.__name__}")
    # A third of the time of `__init__`, which sets each field of a frozen dataclass by a call.
    # `strict=False` would take a quarter of it.
    made = object.__new__(kind)
    made.__dict__.update(zip(names, values))  # noqa: B905
    return made


@cache
def _fields_of(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of a dataclass's fields. TypeError: its instances are not only these."""
    if hasattr(kind, "__post_init__") or hasattr(kind, "__slots__"):
        raise TypeError(f"{kind.__name__} cannot be made of a row: it has more than plain fields")
    return tuple(each.name for each in fields(kind))


class _Members(dict[str, StrEnum]):
    """The members of an enumeration by their value. ValueError: it has no such member."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__({member.value: member for member in kind})
        self._kind = kind

    def __missing__(self, value: str) -> StrEnum:
        return self._kind(value)


class EnumText(TypeDecorator[StrEnum]):
    """A text that is one of the values of an enumeration."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[StrEnum], length: int) -> None:
        super().__init__(length)
        self._members = _Members(kind)

    def bind_processor(self, _dialect: Dialect) -> _Convert:
        return str

    def result_processor(self, _dialect: Dialect, _coltype: object) -> _Convert:
        return self._members.__getitem__


# ── lists ───────────────────────────────────────────────────────────────────────────────────────


def one_of(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Return the condition that the column has one of these values, which are part of the text."""
    return column.in_([literal(value, column.type) for value in values])


class _List(TypeDecorator[Sequence[Any]]):
    """A list as one parameter: an array for PostgreSQL, JSON for SQLite."""

    impl = String
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = ARRAY(self.item) if dialect.name == "postgresql" else String()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        values = list(value or ())
        return values if dialect.name == "postgresql" else json.dumps(values)


class _InList(ColumnElement[bool]):
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], parameter: BindParameter[Any]) -> None:
        self.column = column
        self.parameter = parameter


def in_list(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that the column has one of the values of the parameter `name`.

    The parameter is a list of any length, so that the text does not depend on it. The values are
    numbers or texts.
    """
    return _InList(column, bindparam(name, type_=_List(column.type)))


@compiles(_InList, "postgresql")
def _in_array(element: _InList, compiler: SQLCompiler, **words: Any) -> str:
    column = compiler.process(element.column, **words)
    return f"{column} = ANY ({compiler.process(element.parameter, **words)})"


@compiles(_InList, "sqlite")
def _in_json(element: _InList, compiler: SQLCompiler, **words: Any) -> str:
    column = compiler.process(element.column, **words)
    parameter = compiler.process(element.parameter, **words)
    return f"{column} IN (SELECT value FROM json_each({parameter}))"  # noqa: S608 - names only
