"""Writes IMITATES.md: where the stand-in differs from the cloud, out of its docstrings.

A paragraph of a docstring that holds `Differs:` says what the cloud does otherwise; one that holds
`Unknown:` says what no document tells. Only that part of the paragraph is taken.

    python tools/imitates.py           write the page
    python tools/imitates.py --check   fail when the page is not what it would write
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "classgate" / "standin"
PAGE = ROOT / "IMITATES.md"

_HEADING = """\
# What the stand-in does not imitate

Made by `tools/imitates.py` from the docstrings of `src/classgate/standin/`; change it there.
What the stand-in does is in [its reference](docs/reference/stand-in.md).
"""
_SECTIONS = {
    "Differs": "## Where it is known to differ from the cloud",
    "Unknown": "## What nobody outside the cloud knows",
}
_SERVICES = {
    "cos": "Object storage",
    "sts": "Security token service",
    "vod": "Video service",
    "im": "Login and room checks",
    "": "All of it",
}
_MARK = re.compile(r"\b(Differs|Unknown): ")
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Statement(NamedTuple):
    """One thing that a docstring says of the cloud."""

    kind: str
    service: str
    place: str
    text: str


def page(sources: Path = SOURCES) -> str:
    """The whole page. ValueError when a docstring marks something and says nothing."""
    found = [each for file in sorted(sources.rglob("*.py")) for each in _of_file(file, sources)]
    lines = [_HEADING]
    for kind, heading in _SECTIONS.items():
        lines.append(f"{heading}\n")
        for service, title in _SERVICES.items():
            of_service = [each for each in found if (each.kind, each.service) == (kind, service)]
            if of_service:
                lines.append(f"### {title}\n")
                lines += [f"- {each.text} (`{each.place}`)" for each in of_service]
                lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _of_file(file: Path, sources: Path) -> Iterator[Statement]:
    inside = file.relative_to(sources)
    service = inside.parts[0] if len(inside.parts) > 1 else ""
    module = ".".join(inside.with_suffix("").parts)
    for name, docstring in _docstrings(ast.parse(file.read_text(encoding="utf-8"))):
        for kind, text in statements(docstring):
            yield Statement(kind, service, f"{module}.{name}".rstrip("."), text)


def _docstrings(node: _Documented, name: str = "") -> Iterator[tuple[str, str]]:
    if docstring := ast.get_docstring(node):
        yield name, docstring
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings(child, f"{name}.{child.name}".lstrip("."))


def statements(docstring: str) -> Iterator[tuple[str, str]]:
    """Each marked part of a docstring, as a sentence of its own."""
    for paragraph in docstring.split("\n\n"):
        _, *marked = _MARK.split(" ".join(paragraph.split()))
        for kind, text in zip(marked[::2], marked[1::2], strict=True):
            sentence = text.strip()
            if not sentence:
                raise ValueError(f"nothing is said after {kind}:")
            yield kind, sentence[0].upper() + sentence[1:]


def main() -> None:
    written = page()
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(written, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != written:
        sys.exit("IMITATES.md is not up to date: run tools/imitates.py")


if __name__ == "__main__":
    main()
