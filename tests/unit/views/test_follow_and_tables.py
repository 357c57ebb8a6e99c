"""Files that grow are read to their end, tables fit the screen."""

from __future__ import annotations

import threading
from pathlib import Path

from agentrelay.interfaces.cli.follow import lines_of
from agentrelay.interfaces.cli.tables import aligned, columns_of, cut


def test_a_file_is_followed_until_its_writer_has_ended(tmp_path: Path) -> None:
    path, ended = tmp_path / "log", threading.Event()
    lines = lines_of(path, until=ended.is_set)

    def write() -> None:
        with path.open("w") as file:
            file.write("one\ntw")
            file.flush()
            file.write("o\nlast")
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert list(lines) == [b"one", b"two", b"last"]
    writer.join()


def test_a_torn_last_line_is_left_out_where_only_whole_ones_count(tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b'{"a":1}\n{"b"')
    assert list(lines_of(tmp_path / "journal", whole_only=True)) == [b'{"a":1}']


def test_a_file_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert list(lines_of(tmp_path / "none")) == []
    assert list(lines_of(tmp_path / "none", until=lambda: True)) == []


def test_a_line_without_an_end_is_given_in_parts(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * 300_000)
    parts = list(lines_of(tmp_path / "log"))
    assert len(parts) > 1
    assert b"".join(parts) == b"x" * 300_000


def test_columns_are_aligned_by_what_is_seen() -> None:
    assert aligned([("a", "", "1"), ("漢字", "", "2")]) == ["a     1", "漢字  2"]
    assert columns_of("\x1b[1mbold\x1b[0m") == 4


def test_the_last_column_is_cut_to_the_screen() -> None:
    assert aligned([("a", "x" * 50)], width=20) == ["a  " + "x" * 14 + "..."]
    assert cut("short", 10) == "short"
    assert aligned([]) == []
