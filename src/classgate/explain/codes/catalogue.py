"""The catalogue of codes: what the cloud and classgate say when they refuse, as data.

The files are in `catalogue/`, one for each service. `docs/reference/cloud-codes.md` and its Chinese
page are made of them by `tools/cloud_codes.py`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from classgate.explain.models import CauseCode

FILES: Final = ("im", "trtc", "sts", "cos", "cloud_api", "legacy")
LEGACY: Final = "classgate, legacy API"


@dataclass(frozen=True)
class CodeEntry:
    """One code. Pairs are in English and in Chinese."""

    code: str
    service: str
    title: tuple[str, str]
    meaning: tuple[str, str]
    causes: tuple[CauseCode, ...]
    """The likeliest first."""
    source: str
    fix: tuple[str, str] | None = None
    """Where that of the first cause is too general."""
    aliases: tuple[str, ...] = ()


@cache
def load_codes() -> tuple[CodeEntry, ...]:
    """Return every entry, in the order of the files."""
    folder = files("classgate.explain").joinpath("catalogue")
    entries: list[CodeEntry] = []
    for name in FILES:
        tree = tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
        for code, row in tree["codes"].items():
            entries.append(
                CodeEntry(
                    code=code,
                    service=tree["service"],
                    title=_pair(row["title"]),
                    meaning=_pair(row["meaning"]),
                    causes=tuple(CauseCode(each) for each in row["causes"]),
                    source=row.get("source", tree["source"]),
                    fix=_pair(row["fix"]) if "fix" in row else None,
                    aliases=tuple(row.get("aliases", ())),
                )
            )
    return tuple(entries)


@cache
def _by_code() -> Mapping[str, tuple[CodeEntry, ...]]:
    found: dict[str, tuple[CodeEntry, ...]] = {}
    for entry in load_codes():
        for code in (entry.code, *entry.aliases):
            found[code] = (*found.get(code, ()), entry)
    return found


def find_code(code: str, service: str | None = None) -> tuple[CodeEntry, ...]:
    """Return the entries of a code, of one service or of all.

    A code with parts, such as `AuthFailure.Other`, that is not listed has the entry of its parent.
    """
    while code:
        found = _by_code().get(code, ())
        chosen = tuple(each for each in found if service in {None, each.service})
        if chosen:
            return chosen
        code = code.rpartition(".")[0]
    return ()


def is_listed(code: str) -> bool:
    """Return whether exactly this code, or this spelling, is in the catalogue."""
    return code in _by_code()


def _pair(texts: list[str]) -> tuple[str, str]:
    english, chinese = texts
    return english, chinese
