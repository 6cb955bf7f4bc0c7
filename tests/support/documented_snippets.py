"""The snippets of the documentation, cut out of its pages as a reader copies them."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r" *// .*")


def module(page: str, name: str) -> str:
    """Return the JavaScript block of a page that begins with its file name: `// classgate.js`."""
    text = (DOCS / page).read_text("utf-8")
    blocks = [found["code"] for found in _BLOCK.finditer(text) if found["language"] == "js"]
    (code,) = (block for block in blocks if block.startswith(f"// {name}\n"))
    return code


def without_comments(code: str) -> list[str]:
    """Return the lines of code without their comments, which each language has in its own words."""
    lines = (_COMMENT.sub("", line).rstrip() for line in code.splitlines())
    return [line for line in lines if line]


def helper(api: str) -> str:
    """Return `classgate.js` for an API at this address."""
    code = module("how-to/upload-from-a-client.md", "classgate.js")
    assert code.count("'https://gate.school.example'") == 1
    return code.replace("https://gate.school.example", api)
