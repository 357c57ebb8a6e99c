"""What recorded turns of the real programs tell as transcripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentrelay.agent.core.transcript import Entry, Part
from agentrelay.app.transcripts import reader_of, reopening
from agentrelay.config.given import Given
from agentrelay.config.load import load_graph
from agentrelay.graph.model import TaskGraph

STREAMS = Path(__file__).parent / "streams"


AGENTS = (
    "agents: {acp: {adapter: acp, run: [gemini, --acp]}, claude: {adapter: claude},"
    " apart: {adapter: claude, isolated: true}, codex: {adapter: codex},"
    " cat: {adapter: command, run: cat}}"
)


def _graph(folder: Path, agent: str) -> TaskGraph:
    file = folder / "g.yaml"
    task = f"tasks: [{{id: t, description: do it, agent: {agent}}}]"
    file.write_text(f"schema_version: 1\nname: g\n{AGENTS}\n{task}\n")
    return load_graph(file, Given()).graph


def _told(folder: Path, agent: str, recorded: str) -> list[Entry]:
    read = reader_of(_graph(folder, agent), "t")
    assert read is not None
    lines = (STREAMS / agent / f"{recorded}.jsonl").read_bytes().splitlines()
    return [entry for line in lines for entry in read(line)]


@pytest.mark.parametrize(
    ("agent", "recorded", "parts"),
    [
        ("acp", "gemini-denied", [Part.CALLED, Part.FAILED, Part.SAID, *[Part.PRINTED] * 3]),
        ("acp", "opencode-done", [Part.CALLED, Part.ANSWERED, Part.SAID]),
        ("claude", "done", [Part.CALLED, Part.ANSWERED, Part.SAID]),
        ("claude", "denied", [Part.CALLED, Part.FAILED, Part.SAID]),
        ("codex", "done", [Part.PRINTED, Part.CALLED, Part.SAID]),
        ("codex", "overloaded", [Part.PRINTED, Part.FAILED]),
        ("copilot", "denied", [Part.CALLED, Part.FAILED, Part.CALLED, Part.FAILED, Part.SAID]),
        ("opencode", "denied", [Part.CALLED, Part.FAILED, Part.CALLED, Part.FAILED, Part.SAID]),
        ("opencode", "overloaded", [Part.CALLED, Part.ANSWERED, Part.FAILED]),
        ("qwen", "overloaded", [Part.PRINTED, Part.CALLED, Part.ANSWERED, Part.SAID]),
    ],
)
def test_a_turn_is_told_in_order(
    tmp_path: Path, agent: str, recorded: str, parts: list[Part]
) -> None:
    told = _told(tmp_path, agent, recorded)
    assert [entry.part for entry in told] == parts
    assert all(entry.text for entry in told)


def test_a_call_is_told_by_what_it_is_about(tmp_path: Path) -> None:
    told = _told(tmp_path, "claude", "denied")
    assert told[0] == Entry(Part.CALLED, "curl http://127.0.0.1:1", "Bash")
    changed = _told(tmp_path, "codex", "done")[1]
    assert changed == Entry(Part.CALLED, "add /repo/wt/a.txt", "edit")


def test_what_gemini_prints_beside_its_events_is_told_as_printed(tmp_path: Path) -> None:
    told = [entry for entry in _told(tmp_path, "gemini", "denied") if entry.part != Part.PRINTED]
    parts = [Part.CALLED, Part.FAILED, Part.CALLED, Part.FAILED, Part.SAID]
    assert [entry.part for entry in told] == parts
    assert told[1].text == "Tool execution denied by policy."


def test_the_output_of_a_command_speaks_for_itself(tmp_path: Path) -> None:
    assert reader_of(_graph(tmp_path, "cat"), "t") is None


@pytest.mark.parametrize(
    ("agent", "command"),
    [
        ("claude", "claude --resume s-1"),
        ("codex", "codex resume s-1"),
        ("apart", "CLAUDE_CONFIG_DIR='/an attempt/home' claude --resume s-1"),
        ("cat", None),
    ],
)
def test_a_person_goes_on_in_a_session_by_the_program_s_own_command(
    tmp_path: Path, agent: str, command: str | None
) -> None:
    home = Path("/an attempt/home")
    assert reopening(_graph(tmp_path, agent), "t", "s-1", home) == command
