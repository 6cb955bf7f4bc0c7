"""Names in the bucket: whatever a file is called, its key is safe and in its place."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classgate.courseware.object_keys import (
    for_upload,
    lease_id_of_folder,
    prefix_for_lease,
    read_direct_path,
    safe_name,
)
from classgate.errors import InvalidObjectPath

SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


@pytest.mark.parametrize(
    ("file_name", "safe"),
    [
        ("slides.pdf", "slides.pdf"),
        ("函数.pdf", "HanShu.pdf"),
        ("第1课 函数.PDF", "Di1Ke_HanShu.PDF"),
        ("期末复习.pdf", "QiMoFuXi.pdf"),
        ("语文 第三单元 (1).docx", "YuWen_DiSanDanYuan_1.docx"),
        ("Café.pptx", "Cafe.pptx"),
        ("a b&c%20d.pdf", "a_b_c_20d.pdf"),
        ("ｆｕｌｌ．ｐｄｆ", "full.pdf"),
        (".htaccess", "file.htaccess"),
        ("..", "file"),
        ("...", "file"),
        ("..pdf", "file.pdf"),
        ("a..b...c.pdf", "a.b.c.pdf"),
        ("-rf", "rf"),
        ("archive.tar.gz", "archive.tar.gz"),
        ("README", "README"),
        ("name.", "name"),
        ("name.函数", "name.HanShu"),
        ("a.b c", "a.bc"),
        ("../../etc/passwd", "file.etcpasswd"),
        ("a/b\\c.txt", "a_b_c.txt"),
        ("x" * 300 + ".pdf", "x" * 64 + ".pdf"),
        ("a." + "x" * 300, "a." + "x" * 12),
        ("\x00\n.pdf", "file.pdf"),
        ("😀.png", "grinning.png"),
        ("", "file"),
    ],
)
def test_safe_name_keeps_what_it_can(file_name: str, safe: str) -> None:
    assert safe_name(file_name) == safe


@given(st.text(st.characters(), max_size=300))
@example("İ" * 100 + ".pdf")
@example("._-._-")
@example("a.\u0345")
def test_key_of_any_file_is_safe_and_never_leaves_its_folder(file_name: str) -> None:
    key = for_upload(7, "u1", file_name)
    folder, _, name = key.rpartition("/")
    assert folder == "classes/7/u1"
    assert name
    assert set(name) <= SAFE
    assert ".." not in name
    assert name[0] not in ".-"
    assert len(key) < 120


def test_folder_of_a_lease_is_its_own() -> None:
    assert prefix_for_lease(7, "l1") == "classes/7/l1/"


@pytest.mark.parametrize(
    ("file_path", "number", "key"),
    [
        ("/classes/7/direct/a.pdf", 7, "classes/7/direct/a.pdf"),
        ("/classes/4294967295/direct/A-b_c.1", 4294967295, "classes/4294967295/direct/A-b_c.1"),
        ("/classes/7/direct/a/b/c", 7, "classes/7/direct/a/b/c"),
        ("/classes/7/direct/.hidden", 7, "classes/7/direct/.hidden"),
        ("/classes/7/direct/a..b", 7, "classes/7/direct/a..b"),
    ],
)
def test_path_of_a_seed_call_names_class_and_key(file_path: str, number: int, key: str) -> None:
    assert read_direct_path(file_path) == (number, key)


@given(st.text(max_size=60))
@example("../x")
@example("a/")
@example("a//b")
@example("a&b")
@example("%2e%2e")
@example("１")
@example("a\n")
def test_anything_below_direct_is_one_clean_name_or_refused(name: str) -> None:
    path = f"/classes/7/direct/{name}"
    try:
        number, key = read_direct_path(path)
    except InvalidObjectPath:
        return
    assert number == 7
    assert f"/{key}" == path
    segments = name.split("/")
    assert all(segment and set(segment) <= SAFE for segment in segments)
    assert not {".", ".."} & set(segments)


@given(st.text(max_size=60))
def test_any_path_is_read_or_refused_and_nothing_else(file_path: str) -> None:
    try:
        number, key = read_direct_path(file_path)
    except InvalidObjectPath:
        return
    assert key.startswith(f"classes/{number}/direct/")


@pytest.mark.parametrize(
    ("key", "lease_id"),
    [
        (f"classes/7/l{'0a' * 12}/a.pdf", f"l{'0a' * 12}"),
        (f"classes/7/l{'0a' * 12}/sub/课件\n.pdf", f"l{'0a' * 12}"),
        (f"classes/7/l{'0a' * 12}/", None),
        (f"classes/7/l{'0A' * 12}/a.pdf", None),
        (f"classes/7/u{'0a' * 12}/a.pdf", None),
        (f"classes/07/l{'0a' * 12}/a.pdf", None),
        (f"x/classes/7/l{'0a' * 12}/a.pdf", None),
        ("classes/7/direct/a.pdf", None),
        ("classes/", None),
    ],
)
def test_key_below_a_folder_names_its_lease(key: str, lease_id: str | None) -> None:
    assert lease_id_of_folder(key) == lease_id
