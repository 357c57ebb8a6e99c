"""The reading commands on real runs: while an agent works, after a kill, and on hostile output."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.gitrepo import TestRepo

DEADLINE = 60.0

SLOW = r"""
schema_version: 1
name: slow
agents:
  waiter:
    adapter: command
    run: |
      echo begun; echo half > half.txt
      until test -e GO; do sleep 0.05; done
      echo over
defaults: {agent: waiter}
workstreams: [{id: api, auto_merge: true}]
tasks:
  - {id: first, workstream_id: api, description: Wait.}
  - {id: second, workstream_id: api, description: Go on., dependencies: [first], allow_empty: true}
"""

HOSTILE = r"""
schema_version: 1
name: hostile
agents:
  liar:
    adapter: command
    run: |
      printf "\033[2Jgone \342\200\256evil ghp_abcdefghijklmnopqrstuvwxyz012345\n"
      exit 1
defaults: {agent: liar, max_attempts: 1}
workstreams: [{id: api}]
tasks: [{id: first, workstream_id: api, description: Lie.}]
"""


class Cli:
    """The command line in one repository; what it starts is ended with the test."""

    def __init__(self, repo: TestRepo) -> None:
        self.repo = repo
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *args: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "agentrelay", *args],
            cwd=self.repo.path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def __call__(self, *args: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*args)
        out, err = process.communicate(timeout=DEADLINE)
        return subprocess.CompletedProcess(args, process.returncode, out, err)

    def status(self, graph: str) -> Any:
        return json.loads(self("status", graph, "--json").stdout)

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def cli(repo: TestRepo, tmp_path: Path) -> Iterator[Cli]:
    go = tmp_path / "go"
    repo.commit({"slow.yaml": SLOW.replace("GO", str(go)), "hostile.yaml": HOSTILE})
    cli = Cli(repo)
    yield cli
    go.touch()
    if (repo.path / ".workflow" / "slow").is_dir():
        cli("resume", "slow")
    cli.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def at_work(cli: Cli) -> subprocess.Popen[str]:
    """Start the slow graph; return its process once its agent has begun."""
    run = cli.start("run", "slow.yaml", "--yes")
    until(lambda: "begun" in cli("logs", "first").stdout)
    return run


def test_a_run_is_seen_while_it_works(cli: Cli, tmp_path: Path) -> None:
    run = at_work(cli)
    state = cli.status("slow")
    first, second = state["lanes"][0]["tasks"]
    assert (state["state"], first["status"], first["waits_for"]) == ("running", "running", None)
    assert second["waits_for"] == "waits for task first"
    assert [program["task"] for program in state["programs"]] == ["first"]
    assert "+half" in cli("diff", "first").stdout
    logs, events = cli.start("logs", "-f", "first"), cli.start("events", "slow", "-f", "--json")
    history = cli.start("logs", "-f", "slow")
    (tmp_path / "go").touch()
    assert logs.communicate(timeout=DEADLINE)[0] == "begun\nover\n"
    run.communicate(timeout=DEADLINE)
    journal = cli.repo.path / ".workflow" / "slow" / "runs" / "1" / "journal.jsonl"
    assert events.communicate(timeout=DEADLINE)[0] == journal.read_text()
    assert "the run finished with code 0" in history.communicate(timeout=DEADLINE)[0]
    assert cli.status("slow")["state"] == "finished"


def test_a_killed_run_is_interrupted_and_names_what_still_runs(cli: Cli, tmp_path: Path) -> None:
    run = at_work(cli)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    state = cli.status("slow")
    assert state["state"] == "interrupted"
    assert state["needs_you"][0]["command"] == "agentrelay resume slow"
    shown = cli("status").stdout
    assert "still running, under its limits: first" in shown
    assert "interrupted: agentrelay resume --all" in shown
    (tmp_path / "go").touch()
    assert cli("resume", "slow").returncode == 0
    assert cli.status("slow")["state"] == "finished"


def test_what_an_agent_prints_steers_no_terminal_and_shows_no_key(cli: Cli) -> None:
    assert cli("run", "hostile.yaml", "--yes").returncode == 1
    shown = cli("logs", "first")
    assert shown.stdout == "\\x1b[2Jgone \\u202eevil [redacted]\n"


def test_names_are_resolved_over_all_graphs_from_any_folder(cli: Cli, tmp_path: Path) -> None:
    at_work(cli)
    cli("run", "hostile.yaml", "--yes")
    assert "(slow run 1" in cli("show", "first").stdout, "its run is not finished"
    assert cli("show", "slow/first").returncode == 0
    assert cli("show", "lane:slow/api").returncode == 0
    assert "names a lane; this command takes a graph" in cli("status", "lane:api").stderr
    assert 'did you mean "second"?' in cli("show", "secnd").stderr
    for name in ("../x", "a:b", "task:", "/", "slow/"):
        assert cli("show", name).returncode == 2
    listed = json.loads(cli("-C", ".worktrees/slow/api", "list", "--json").stdout)
    assert [(one["graph"], one["state"]) for one in listed["graphs"]] == [
        ("hostile", "failed"),
        ("slow", "running"),
    ]
    (tmp_path / "go").touch()


def test_a_torn_journal_and_unreadable_notes_are_read_over(cli: Cli) -> None:
    cli("run", "hostile.yaml", "--yes")
    journal = cli.repo.path / ".workflow" / "hostile" / "runs" / "1" / "journal.jsonl"
    count = len(journal.read_text().splitlines())
    with journal.open("a") as file:
        file.write('{"seq": 99, "ti')
    (cli.repo.path / ".git" / "agentrelay" / "hostile.seen.json").write_text("[]")
    assert len(cli("events", "hostile", "--json").stdout.splitlines()) == count
    assert cli("status").returncode == 0
    assert cli("events", "hostile").returncode == 0


def test_readers_get_on_without_the_built_graph_and_with_bad_settings(cli: Cli) -> None:
    cli("run", "hostile.yaml", "--yes")
    before = cli.status("hostile")
    built = cli.repo.path / ".workflow" / "hostile" / "runs" / "1" / "graph.json"
    built.write_text("{")
    (cli.repo.path / ".agentrelay.toml").write_text("publish = 7\n")
    assert cli.status("hostile") == before
    assert cli.status("hostile") == before
    assert built.stat().st_size > 1
    for verb in ("list", "status", "events"):
        assert cli(verb).returncode == 0
    refused = cli("retry", "hostile/first")
    assert refused.returncode == 2
    assert "publish" in refused.stderr
