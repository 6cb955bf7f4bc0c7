"""Every relative link in the repository's pages leads to a file, and its anchor to a heading there.

Addresses of other hosts are not looked up: the tests need no network.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^ *(?P<fence>```+|~~~+).*?^ *(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)")
INLINE_LINK = re.compile(r"\]\(<?(?P<target>[^()\s<>]+(?:\([^()\s]*\))?)>?(?:\s+\"[^\"]*\")?\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(?P<target>[^\s<>]+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}[ \t]+(?P<text>.+?)[ \t#]*$", re.MULTILINE)
NAMED_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"(?P<name>[^\"]+)\"")
LINK_TEXT = re.compile(r"!?\[(?P<text>[^\]]*)\]\([^)]*\)")
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def pages() -> Iterator[Path]:
    """The Markdown pages of the repository; not those of what is installed in hidden folders."""
    yield from ROOT.glob("*.md")
    for folder in ROOT.iterdir():
        if folder.is_dir() and not folder.name.startswith("."):
            yield from (p for p in folder.rglob("*.md") if "node_modules" not in p.parts)


PAGES = sorted(pages())


def slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it: letters of any script, digits, "_" and "-" stay."""
    plain = LINK_TEXT.sub(r"\g<text>", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """All anchors of a page. The second heading of one name gets "-1", the third "-2"."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    found = {named["name"] for named in NAMED_ANCHOR.finditer(text)}
    seen: Counter[str] = Counter()
    for heading in HEADING.finditer(text):
        name = slug(heading["text"])
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return frozenset(found)


def targets(page: Path) -> list[str]:
    """The relative links of a page; what stands in code is no link."""
    text = CODE.sub("", FENCED.sub("", page.read_text(encoding="utf-8")))
    found = [*INLINE_LINK.finditer(text), *REFERENCE.finditer(text)]
    return [link["target"] for link in found if not ELSEWHERE.match(link["target"])]


def fault(page: Path, target: str) -> str | None:
    """What is wrong with a link, or None."""
    path, _, fragment = target.partition("#")
    aim = (page.parent / unquote(path)).resolve() if path else page
    if not aim.is_relative_to(ROOT):
        return f"{target}: outside of the repository"
    if not aim.exists():
        return f"{target}: no such file"
    if fragment and (aim.suffix != ".md" or unquote(fragment) not in anchors(aim)):
        return f"{target}: no such heading"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    faults = [found for target in targets(page) if (found := fault(page, target))]
    assert faults == []


def test_the_links_are_found() -> None:
    readme = targets(ROOT / "README.md")
    assert {"docs/glossary.md", "CONTRIBUTING.md", "LICENSE"} <= set(readme)


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Not tried against the real cloud", "not-tried-against-the-real-cloud"),
        ("GET /v1/admin/audit", "get-v1adminaudit"),
        ("`classgate audit`", "classgate-audit"),
        ("7. Back it up", "7-back-it-up"),
        ("type 取值 0 和 1：两种说法", "type-取值-0-和-1两种说法"),
    ],
)
def test_anchors_are_those_of_the_code_host(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("README.md", None),
        ("README.md#read-on", None),
        ("README.md#nowhere", "README.md#nowhere: no such heading"),
        ("nowhere.md", "nowhere.md: no such file"),
        ("../elsewhere.md", "../elsewhere.md: outside of the repository"),
        ("LICENSE#read-on", "LICENSE#read-on: no such heading"),
    ],
)
def test_a_broken_link_is_reported_from_a_whole_one(target: str, expected: str | None) -> None:
    assert fault(ROOT / "CONTRIBUTING.md", target) == expected
