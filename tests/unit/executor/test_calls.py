"""An agent's calls: what it says is heard, and nothing else is."""

from __future__ import annotations

import json
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from agentrelay.executor.core.calls import (
    MAX_CALLS,
    MAX_FILE,
    MAX_TEXT,
    Call,
    Verb,
    digest_of,
    last_id,
    last_word,
    read_calls,
    write_call,
)

TOKEN = secrets.token_hex()
DIGEST = digest_of(TOKEN)
NOON = 1_767_355_200.0


def say(folder: Path, verb: Verb, text: str = "", time: float = NOON, token: str = TOKEN) -> Call:
    return write_call(folder, Call(verb, time, text), token)


def test_calls_are_read_as_they_were_made(tmp_path: Path) -> None:
    made = [
        write_call(tmp_path, Call(Verb.DONE, NOON, "täxt \n", empty=True), TOKEN),
        write_call(tmp_path, Call(Verb.OUTPUT, NOON, path="a/b\udcff", category="spec"), TOKEN),
        write_call(tmp_path, Call(Verb.CONCERN, NOON + 1, "hm"), TOKEN),
    ]
    assert read_calls(tmp_path, DIGEST) == made
    assert (made[0].text, made[0].empty, made[1].path) == ("täxt \n", True, "a/b\udcff")
    assert read_calls(tmp_path, DIGEST, after=made[1].id) == made[2:]
    assert last_id(tmp_path) == made[2].id


def test_a_folder_without_calls_has_none(tmp_path: Path) -> None:
    assert read_calls(tmp_path / "nowhere", DIGEST) == []
    assert last_id(tmp_path / "nowhere") == ""
    assert last_word([]) is None


def test_the_last_of_done_and_fail_counts_even_if_the_clock_went_back(tmp_path: Path) -> None:
    say(tmp_path, Verb.DONE)
    say(tmp_path, Verb.FAIL, "no", time=NOON - 5_000)
    say(tmp_path, Verb.NOTE, time=NOON - 10_000)
    word = last_word(read_calls(tmp_path, DIGEST))
    assert word is not None
    assert (word.verb, word.text) == (Verb.FAIL, "no")


def test_calls_of_one_millisecond_keep_their_order(tmp_path: Path) -> None:
    made = [say(tmp_path, Verb.NOTE, str(number)) for number in range(50)]
    assert read_calls(tmp_path, DIGEST) == made


def test_calls_made_at_once_are_all_kept(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: say(tmp_path, Verb.NOTE, str(number)), range(40)))
    texts = {call.text for call in read_calls(tmp_path, DIGEST)}
    assert texts == {str(number) for number in range(40)}


def test_another_token_is_not_heard(tmp_path: Path) -> None:
    say(tmp_path, Verb.DONE, token=secrets.token_hex())
    assert read_calls(tmp_path, DIGEST) == []


def test_neither_the_token_nor_its_digest_is_in_a_call(tmp_path: Path) -> None:
    call = say(tmp_path, Verb.DONE)
    content = (tmp_path / "calls" / f"{call.id}.json").read_text()
    assert TOKEN not in content
    assert DIGEST not in content


def test_a_long_text_is_cut_and_still_heard(tmp_path: Path) -> None:
    say(tmp_path, Verb.DONE, "ä" * MAX_TEXT)
    (call,) = read_calls(tmp_path, DIGEST)
    assert len(call.text.encode()) <= MAX_TEXT
    assert call.text.endswith("[cut]")


def changed(valid: dict[str, object], **changes: object) -> bytes:
    return json.dumps({**valid, **changes}).encode()


def test_what_is_no_call_is_passed_over(tmp_path: Path) -> None:
    good = say(tmp_path, Verb.DONE)
    calls = tmp_path / "calls"
    valid = json.loads((calls / f"{good.id}.json").read_text())
    litter = [
        b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff\xfe", b"{}" + b" " * MAX_FILE,
        changed(valid, verb="merge"), changed(valid, verb=["done"]), changed(valid, version=2),
        changed(valid, proof=None), changed(valid, proof="\ud800"), changed(valid, text=1),
        changed(valid, text="\ud800"), changed(valid, text="x" * (MAX_TEXT + 1)),
        changed(valid, time="now"), changed(valid, time=float("nan")), changed(valid, time=1e300),
    ]  # fmt: skip
    for number, content in enumerate(litter):
        (calls / f"01{number:024d}.json").write_bytes(content)
    (calls / "note.json").write_bytes(changed(valid))
    os.symlink(calls / f"{good.id}.json", calls / f"02{0:024d}.json")
    os.mkfifo(calls / f"02{1:024d}.json")
    (calls / f"02{2:024d}.json").mkdir()
    (calls / f"02{3:024d}.json").touch(mode=0o000)
    assert read_calls(tmp_path, DIGEST) == [good]


def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    say(tmp_path / "other", Verb.DONE)
    (tmp_path / "agent").mkdir()
    os.symlink(tmp_path / "other" / "calls", tmp_path / "agent" / "calls")
    assert read_calls(tmp_path / "agent", DIGEST) == []


def test_an_id_at_the_end_of_time_does_not_stop_later_calls(tmp_path: Path) -> None:
    say(tmp_path, Verb.DONE)
    (tmp_path / "calls" / f"7{'Z' * 25}.json").write_text("{}")
    say(tmp_path, Verb.FAIL)
    assert {call.verb for call in read_calls(tmp_path, DIGEST)} == {Verb.DONE, Verb.FAIL}


def test_of_very_many_calls_the_newest_are_read(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    for number in range(MAX_CALLS):
        (calls / f"00{number:024d}.json").touch()
    newest = say(tmp_path, Verb.DONE)
    assert read_calls(tmp_path, DIGEST) == [newest]


@pytest.mark.parametrize("kind", ["missing", "unread", "file", "full"])
def test_a_call_never_waits_for_its_listener(tmp_path: Path, kind: str) -> None:
    wake = tmp_path / "wake"
    listener = -1
    if kind == "file":
        wake.write_text("mine")
    elif kind != "missing":
        os.mkfifo(wake)
    if kind == "full":
        listener = os.open(wake, os.O_RDWR | os.O_NONBLOCK)
        with suppress(BlockingIOError):
            while os.write(listener, b"x" * 4096):
                pass
    say(tmp_path, Verb.DONE)
    assert len(read_calls(tmp_path, DIGEST)) == 1
    if kind == "file":
        assert wake.read_text() == "mine"
    if listener >= 0:
        os.close(listener)
