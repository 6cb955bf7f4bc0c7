"""Tables for people and for programs, and the pages with the results."""

import json
from pathlib import Path

import pytest
from bench import documentation
from bench.measured import Measured
from bench.tables import Table, aligned, read, show, text_of, write

TABLE = Table(
    title="Calls",
    note="median",
    columns=("call", "answers/s", "goal"),
    rows=[("entry", Measured(1234.0, 1000.0, 1500.0), "–"), ("me", None, "missed")],
    goals={"entry, SQLite": Measured(0.1, 0.1, 0.1)},
)


def test_columns_are_aligned_by_what_a_terminal_shows() -> None:
    assert aligned([["call", "n"], ["数学", "10"], ["me", "5"]], 1) == [
        "call   n",
        "────  ──",
        "数学  10",
        "me     5",
    ]


def test_table_is_shown_with_title_and_note(capsys: pytest.CaptureFixture[str]) -> None:
    show(TABLE.document("calls", 1.2))
    assert capsys.readouterr().out.splitlines() == [
        "Calls",
        "call             answers/s    goal",
        "─────  ───────────────────  ──────",
        "entry  1,234 (1,000–1,500)       –",
        "me                       –  missed",
        "median",
    ]


def test_results_are_read_back_from_file_and_folder(tmp_path: Path) -> None:
    document = TABLE.document("calls", 1.2)
    path = write("calls", document, tmp_path / "results")
    assert json.loads(path.read_text("utf-8"))["rows"][0]["answers/s"]["low"] == 1000.0
    assert read(path) == read(path.parent) == {"calls": document}


def test_folder_without_results_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no results"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("cell", "text"), [(None, "–"), (1000, "1,000"), (0.5, "0.50"), ("me", "me")]
)
def test_cells_for_people(cell: object, text: str) -> None:
    assert text_of(cell) == text


def page(content: str) -> str:
    return f"# Page\n\n{documentation.BEGIN}\n{content}\n{documentation.END}\n\nMore.\n"


def test_results_replace_what_is_between_the_markers() -> None:
    results = {"calls": TABLE.document("calls", 1.0)}
    found = documentation.with_results(page("old"), results, "On {machine}.")
    assert found.startswith(f"# Page\n\n{documentation.BEGIN}\n\nOn ")
    assert found.endswith(f"\n\n{documentation.END}\n\nMore.\n")
    assert "old" not in found
    assert "| entry | 1,234 (1,000–1,500) | – |" in found
    assert "| entry, SQLite | 0.10 |" in found
    assert documentation.with_results(found, results, "On {machine}.") == found


def test_page_without_markers_is_an_error() -> None:
    results = {"calls": TABLE.document("calls", 1.0)}
    with pytest.raises(ValueError, match="no markers"):
        documentation.with_results("# Page\n", results, "")


def test_every_page_has_the_markers() -> None:
    for path in documentation.PAGES:
        content = path.read_text("utf-8")
        assert content.count(documentation.BEGIN) == content.count(documentation.END) == 1
