"""Opens a workstream's integration PR on GitHub through its command line, `gh`."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from agentrelay._shared import process
from agentrelay.errors import ForgeError
from agentrelay.workstream.core.integration_body import integration_body, integration_title
from agentrelay.workstream.core.runtime import WorkstreamRuntime

TIMEOUT = 300.0
"""Seconds for one call of gh, which waits for the network."""

_URL = re.compile(r"https?://\S+")


@dataclass
class GhWorkstreamIntegrator:
    """Integrates workstreams of the repository at ``repo_path``, where gh is logged in."""

    repo_path: Path

    def create_integration_pr(self, workstream_runtime: WorkstreamRuntime) -> None:
        """Have one open PR from the integration branch to the target, and mark it; merge nothing.

        ForgeError, with gh's own words, where gh fails or is missing; ValueError where the
        workstream has no branch.
        """
        branch = workstream_runtime.state.branch_name
        if branch is None:
            raise ValueError(f"workstream {workstream_runtime.spec.id!r} has no branch_name")
        target = workstream_runtime.spec.merge_target_branch
        url = self._find_open(branch, target) or self._create(workstream_runtime, branch, target)
        workstream_runtime.mark_pr_created(url)

    def _find_open(self, branch: str, target: str) -> str | None:
        """Return the URL of the open PR; None also where gh can't list, since creating tells."""
        fields = ("--state", "open", "--json", "url,isCrossRepository")
        done = self._gh("pr", "list", "--head", branch, "--base", target, *fields)
        if done.returncode:
            return None
        try:
            found = cast("list[dict[str, object]]", json.loads(done.stdout or b"[]"))
        except ValueError:
            return None
        # A fork may have a branch of the same name: its PR is not ours.
        urls = [entry["url"] for entry in found if not entry.get("isCrossRepository")]
        return str(urls[0]) if urls else None

    def _create(self, runtime: WorkstreamRuntime, branch: str, target: str) -> str:
        done = self._gh(
            *("pr", "create", "--base", target, "--head", branch),
            *("--title", integration_title(runtime), "--body-file", "-"),
            stdin=integration_body(runtime).encode("utf-8", "replace"),
        )
        stderr = done.stderr.decode("utf-8", "replace")
        answer = stderr if done.returncode else done.stdout.decode("utf-8", "replace")
        urls = _URL.findall(answer)
        if urls and (done.returncode == 0 or "already exists" in stderr):
            return urls[-1]
        last = (stderr.strip() or "gh printed no URL").splitlines()[-1]
        raise ForgeError(
            f"gh pr create: {last}",
            argv=done.argv,
            cwd=Path(self.repo_path),
            returncode=done.returncode,
            stderr=stderr,
        )

    def _gh(self, *args: str, stdin: bytes | None = None) -> process.Completed:
        argv = ("gh", *args)
        # Inside a git hook the caller's GIT_DIR would point gh at another repository.
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        env |= {"GH_PROMPT_DISABLED": "1", "NO_COLOR": "1"}
        folder = Path(self.repo_path)
        try:
            return process.run(argv, cwd=folder, env=env, stdin=stdin, timeout=TIMEOUT)
        except process.ProcessTimeoutError as error:
            raise ForgeError(str(error), argv=argv, cwd=folder, transient=True) from error
        except OSError as error:
            message = f"gh can't be started: {error.strerror}"
            hint = "install the GitHub CLI, then: gh auth login"
            raise ForgeError(message, argv=argv, cwd=folder, hint=hint) from error
