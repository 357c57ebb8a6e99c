"""Event streams are read whatever stands between, before and after their objects."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentrelay.agent.implementations import stream


def written(folder: Path, data: bytes) -> Path:
    output = folder / "output.log"
    output.write_bytes(data)
    return output


def test_objects_are_found_between_anything_else(tmp_path: Path) -> None:
    data = b'warning: x\n\n{"a": 1}\n[1]\n"text"\n{"torn": \n\xff\xfe{"b"\n  {"b": 2}\n{"c": 3'
    assert list(stream.objects(written(tmp_path, data))) == [{"a": 1}, {"b": 2}]


def test_a_missing_file_has_no_objects(tmp_path: Path) -> None:
    assert list(stream.objects(tmp_path / "none")) == []


def test_a_line_of_megabytes_is_read(tmp_path: Path) -> None:
    huge = json.dumps({"output": "x" * 3_000_000})
    found = list(stream.objects(written(tmp_path, f'{huge}\n{{"last": 1}}\n'.encode())))
    assert [len(str(each)) > 3_000_000 for each in found] == [True, False]


def test_a_line_beyond_the_limit_is_passed_over_and_not_held_in_memory(tmp_path: Path) -> None:
    output = tmp_path / "output.log"
    with output.open("wb") as file:
        file.write(b'{"x": "')
        for _ in range(3 * stream.MAX_LINE // 1_000_000 + 1):
            file.write(b"y" * 1_000_000)
        file.write(b'"}\n{"last": 1}\n')
    tracemalloc.start()
    assert list(stream.objects(output)) == [{"last": 1}]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * stream.MAX_LINE


def test_deep_nesting_is_passed_over(tmp_path: Path) -> None:
    data = b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b'\n{"last": 1}\n'
    assert list(stream.objects(written(tmp_path, data))) == [{"last": 1}]


def test_values_of_another_type_are_none_at_all() -> None:
    found = {"a": {"b": [1, {"c": 2}, "t"]}, "n": -1, "t": True, "i": float("inf"), "s": 7}
    assert stream.part(found, "a", "x", "y") == {}
    assert stream.part(found, "s") == {}
    assert stream.parts(stream.part(found, "a"), "b") == [{"c": 2}]
    assert stream.texts(stream.part(found, "a"), "b") == ["t"]
    assert stream.text(found, "s") == ""
    assert [stream.amount(found, name) for name in ("n", "t", "i", "s")] == [None, None, None, 7]


def test_what_could_be_an_option_or_a_pattern_is_no_identifier() -> None:
    for value in ("", "-r", "../x", "a*", "a b", "x" * 200, "a\n"):
        assert stream.identifier({"id": value}, "id") is None
    assert stream.identifier({"id": "0174a144-d974"}, "id") == "0174a144-d974"


@given(data=st.binary())
def test_whatever_is_printed_nothing_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("s")
    list(stream.objects(written(folder, data + b"\n" + data)))
