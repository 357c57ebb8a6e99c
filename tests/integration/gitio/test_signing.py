"""``sign: true``: what we commit is signed by the user's own signing program."""

from __future__ import annotations

from pathlib import Path

from tests.gitrepo import TestRepo

from agentrelay.gitio.command import Git
from agentrelay.gitio.leftovers import commit_leftovers
from agentrelay.gitio.merge import Signature, commit_tree
from agentrelay.gitio.repository import Identity, discover
from agentrelay.gitio.worktree import prepare

SIGNER = """#!/bin/sh
cat > /dev/null
echo '[GNUPG:] SIG_CREATED ' >&2
printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nsigned\\n-----END PGP SIGNATURE-----\\n'
"""


def _with_signer(repo: TestRepo, folder: Path) -> Git:
    signer = folder / "signer"
    signer.write_text(SIGNER)
    signer.chmod(0o755)
    repo.git("config", "gpg.program", str(signer))
    repo.git("config", "user.signingKey", "ann")
    return Git(repo.path)


def _is_signed(git: Git, commit: str) -> bool:
    return "\ngpgsig " in git.text("cat-file", "commit", commit)


def test_a_merge_is_signed_only_if_asked(repo: TestRepo, tmp_path: Path) -> None:
    git = _with_signer(repo, tmp_path)
    head = repo.commit({"a.txt": "1\n"})
    tree = git.text("rev-parse", f"{head}^{{tree}}")
    for sign in (True, False):
        who = Signature("Ann", "ann@example.org", 1_800_000_000, sign=sign)
        commit = commit_tree(git, tree, [head], "merge", author=who, committer=who)
        assert _is_signed(git, commit) is sign


def test_leftovers_are_signed_only_if_asked(repo: TestRepo, tmp_path: Path) -> None:
    git = _with_signer(repo, tmp_path)
    head = repo.commit({"a.txt": "1\n"})
    for sign in (True, False):
        lane = tmp_path / f"lane-{sign}"
        prepare(discover(repo.path), lane, f"lane-{sign}", head)
        (lane / "a.txt").write_text("2\n")
        who = Identity("Ann", "ann@example.org", sign=sign)
        left = commit_leftovers(lane, "left", who, 1_800_000_000)
        assert left.committed
        assert _is_signed(git, left.head) is sign
