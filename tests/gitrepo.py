"""Real git repositories for tests, made in the test's own folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

IDENTITY = "[user]\n\tname = Test User\n\temail = test@example.invalid\n"
SETTINGS = "[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n"
DATE = "2026-01-02T03:04:05+00:00"


def pinned_environment(home: Path, path: str) -> dict[str, str]:
    """Return an environment in which git and our own code behave the same on every machine."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "gitconfig"
    config.write_text(IDENTITY + SETTINGS)
    return {
        "PATH": path,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".state"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "LANG": "C",
        "TZ": "UTC",
    }


@dataclass(frozen=True)
class TestRepo:
    """A folder in which git runs: a repository, a worktree or a bare origin."""

    __test__ = False

    path: Path

    def git(
        self,
        *args: str,
        check: bool = True,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Run git here and return its output without the last line end."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**os.environ, "GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE, **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(args)}: {done.stderr}{done.stdout}")
        return done.stdout.rstrip("\n")

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files, by path from here; None removes one."""
        for name, content in files.items():
            target = self.path / name
            if content is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "change") -> str:
        """Write the files, commit exactly them (an empty commit is allowed), return its id."""
        self.write(files)
        if files:
            self.git("add", "--all", "--force", "--", *files)
        self.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", message)
        return self.head()

    def head(self, rev: str = "HEAD") -> str:
        """Return the commit id of a revision."""
        return self.git("rev-parse", "--verify", f"{rev}^{{commit}}")

    def find(self, rev: str) -> str | None:
        """Return the commit id of a revision, or None where it does not exist."""
        return (
            self.git("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}", check=False) or None
        )

    def status(self) -> str:
        """Return the short status, untracked files each by name."""
        return self.git("status", "--porcelain", "--untracked-files=all")

    def files(self, rev: str = "HEAD") -> list[str]:
        """Return the paths of a commit."""
        return self.git("ls-tree", "-r", "--name-only", rev).splitlines()

    def show(self, path: str, rev: str = "HEAD") -> str:
        """Return a file's content in a commit, without the last line end."""
        return self.git("show", f"{rev}:{path}")

    def refs(self, prefix: str = "refs") -> dict[str, str]:
        """Return the refs below a prefix, with the ids that they point at."""
        listed = self.git("for-each-ref", "--format=%(refname) %(objectname)", prefix)
        return dict(line.split(" ", 1) for line in listed.splitlines())


def make_repo(path: Path) -> TestRepo:
    """Return a new repository at ``path``, branch ``main``, one commit with ``README.md``."""
    path.mkdir(parents=True)
    repo = TestRepo(path)
    repo.git("init", "--quiet")
    repo.commit({"README.md": "# test\n"}, "first")
    return repo


def make_origin(repo: TestRepo, path: Path) -> TestRepo:
    """Return a new bare repository that is ``origin`` of ``repo`` and has its ``main``."""
    path.mkdir(parents=True)
    origin = TestRepo(path)
    origin.git("init", "--quiet", "--bare")
    repo.git("remote", "add", "origin", str(path))
    repo.git("push", "--quiet", "origin", "main")
    repo.git("fetch", "--quiet", "origin")
    return origin


MakeRepo = Callable[[str], TestRepo]
