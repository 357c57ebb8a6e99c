"""Spec, status and result of a workstream, as any process sees them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from agentrelay.workstream.core.runner import StandardWorkstreamRunner, WorkstreamRunResult
from agentrelay.workstream.core.runtime import (
    TaskSummary,
    WorkstreamArtifacts,
    WorkstreamRuntime,
    WorkstreamState,
    WorkstreamStatus,
)
from agentrelay.workstream.core.workstream import WorkstreamSpec

ORDER = ["pending", "active", "merge_ready", "pr_created", "merged"]


@pytest.fixture
def runtime(tmp_path: Path) -> WorkstreamRuntime:
    return WorkstreamRuntime(WorkstreamSpec("A.1"), WorkstreamState(tmp_path / "new" / "signals"))


def test_spec_is_frozen_and_has_the_contracts_defaults() -> None:
    spec = WorkstreamSpec("A.1", "A")
    assert dataclasses.astuple(spec) == ("A.1", "A", "main", "main")
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.id = "B"


def test_defaults_are_fresh() -> None:
    one, other = WorkstreamRuntime(WorkstreamSpec("a")), WorkstreamRuntime(WorkstreamSpec("b"))
    one.artifacts.concerns.append("x")
    one.state.error = "y"
    assert other.artifacts == WorkstreamArtifacts(None, [], [])
    assert other.state == WorkstreamState(None, None, None, None)
    assert TaskSummary("t") == TaskSummary("t", None, None, ())


def test_without_a_directory_it_is_pending_or_failed() -> None:
    runtime = WorkstreamRuntime(WorkstreamSpec("a"))
    assert runtime.status is WorkstreamStatus.PENDING
    runtime.mark_failed("no disk")
    assert runtime.status is WorkstreamStatus.FAILED
    for mark in (runtime.mark_pending, runtime.mark_active, runtime.mark_merge_ready):
        with pytest.raises(RuntimeError, match="signal_dir"):
            mark()
    with pytest.raises(RuntimeError):
        runtime.mark_pr_created("url")
    assert runtime.artifacts.merge_pr_url is None


def test_every_mark_writes_its_file_and_the_furthest_counts(runtime: WorkstreamRuntime) -> None:
    folder = runtime.state.signal_dir
    assert folder is not None
    assert runtime.status is WorkstreamStatus.PENDING
    runtime.mark_merged()
    runtime.mark_pr_created("https://forge.invalid/1")
    runtime.mark_merge_ready()
    runtime.mark_active()
    runtime.mark_pending()
    assert runtime.status is WorkstreamStatus.MERGED
    assert sorted(path.name for path in folder.iterdir()) == sorted(ORDER)
    contents = {name: (folder / name).read_text() for name in ORDER}
    assert contents == dict.fromkeys(ORDER, "") | {"pr_created": "https://forge.invalid/1"}
    assert runtime.artifacts.merge_pr_url == "https://forge.invalid/1"
    runtime.mark_failed("Why: ü\n")
    assert runtime.status is WorkstreamStatus.FAILED
    assert (folder / "failed").read_text() == "Why: ü\n"
    assert WorkstreamRunResult.from_runtime(runtime) == WorkstreamRunResult(
        "A.1", WorkstreamStatus.FAILED, "Why: ü\n"
    )


@pytest.mark.parametrize("name", [*ORDER, "failed"])
def test_another_process_may_write_the_signal(runtime: WorkstreamRuntime, name: str) -> None:
    folder = runtime.state.signal_dir
    assert folder is not None
    folder.mkdir(parents=True)
    (folder / name).touch()
    (folder / f".{name}.tmp").touch()
    assert runtime.status is WorkstreamStatus(name)


class Breaks:
    """Implements all three protocols by failing."""

    def prepare_workstream(self, workstream_runtime: WorkstreamRuntime) -> None:
        raise KeyError(workstream_runtime.spec.id)

    def create_integration_pr(self, workstream_runtime: WorkstreamRuntime) -> None:
        raise OSError(workstream_runtime.spec.id)

    def teardown_workstream(self, workstream_runtime: WorkstreamRuntime) -> None:
        raise ValueError(workstream_runtime.spec.id)


def test_the_runner_turns_errors_into_status_result_and_concern(
    runtime: WorkstreamRuntime,
) -> None:
    runner = StandardWorkstreamRunner(Breaks(), Breaks(), Breaks())
    with pytest.raises(KeyError):
        runner.prepare(runtime)
    assert runtime.state.error == "KeyError: 'A.1'"
    result = runner.integrate(runtime)
    assert result == WorkstreamRunResult("A.1", WorkstreamStatus.FAILED, "OSError: A.1")
    runner.teardown(runtime)
    assert runtime.artifacts.concerns == ["teardown_failed: A.1"]
    assert runtime.status is WorkstreamStatus.FAILED
