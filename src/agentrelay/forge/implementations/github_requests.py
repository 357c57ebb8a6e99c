"""How a change request is written as a pull request of GitHub, and read back.

Only an HTML comment at the end of a body or a comment is ours: by it we know again what we wrote.
Facts: GitHub's REST reference, "Pulls" and "Issue comments".
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from agentrelay.forge.core.change_request import Approval, ChangeRequest, ChangeRequestStatus

BODY_LIMIT = 65_536
"""The longest body, in characters, that GitHub takes."""

_MARK = re.compile(r"<!-- agentrelay:(\S+) -->\s*\Z")
_APPROVAL = re.compile(r"<!-- agentrelay:approval (\{.*\}) -->\s*\Z")
_CUT = "\n\n… the rest is left out: it is longer than GitHub takes"
_MARK_ROOM = 100


def request_of(pull: Mapping[str, Any], approvals: tuple[Approval, ...] = ()) -> ChangeRequest:
    """Return the change request that a pull request is, from a listing or by itself."""
    body = str(pull.get("body") or "").replace("\r\n", "\n")
    mark = _MARK.search(body)
    is_merged = pull.get("merged_at") is not None
    return ChangeRequest(
        number=pull["number"],
        id=mark[1] if mark else "",
        url=pull["html_url"],
        title=pull["title"],
        body=body[: mark.start()].rstrip() if mark else body,
        head_branch=pull["head"]["ref"],
        base_branch=pull["base"]["ref"],
        head=pull["head"]["sha"],
        status=_status(pull, is_merged=is_merged),
        created=pull["created_at"],
        updated=pull["updated_at"],
        author=pull["user"]["login"] if pull.get("user") else "",
        # While it is open this names a trial merge, which is on no branch.
        merge_commit=pull.get("merge_commit_sha") if is_merged else None,
        approvals=approvals,
    )


def _status(pull: Mapping[str, Any], *, is_merged: bool) -> ChangeRequestStatus:
    if is_merged:
        return ChangeRequestStatus.MERGED
    is_open = pull["state"] == "open"
    return ChangeRequestStatus.OPEN if is_open else ChangeRequestStatus.CLOSED


def fitting(text: str) -> str:
    """Return a text as it is kept in a body: without space at its end, cut where it is too long."""
    stripped = text.rstrip()
    if len(stripped) <= BODY_LIMIT - _MARK_ROOM:
        return stripped
    return stripped[: BODY_LIMIT - _MARK_ROOM - len(_CUT)] + _CUT


def marked(text: str, mark: str) -> str:
    """Return a text with our mark at its end, by which it is known again."""
    return f"{text}\n\n<!-- agentrelay:{mark} -->"


def approval_text(approval: Approval) -> str:
    """Return the comment that tells of an approval in agentrelay."""
    told = json.dumps(dataclasses.asdict(approval), sort_keys=True).replace("--", "-\\u002d")
    return (
        f"Approved in agentrelay by {_plain(approval.by)} ({approval.time}): "
        f"{approval.head[:10]} merged into {approval.target_tip[:10]}.\n\n"
        f"<!-- agentrelay:approval {told} -->"
    )


def approvals_in(comments: Iterable[str]) -> tuple[Approval, ...]:
    """Return the approvals that comments tell of, oldest first."""
    return tuple(filter(None, map(_approval_in, comments)))


def _approval_in(comment: str) -> Approval | None:
    match = _APPROVAL.search(comment.replace("\r\n", "\n"))
    if match is None:
        return None
    try:
        return Approval(**json.loads(match[1]))
    except (ValueError, TypeError, RecursionError):
        # Anybody may write a comment that ends like one of ours.
        return None


def remark_text(text: str, by: str) -> str:
    """Return the comment for a remark, with a mark by which the same one is known again."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    who = f" ({_plain(by)})" if by else ""
    return marked(f"{text}{who}", f"remark-{digest}")


def mark_in(comment: str) -> str:
    """Return the mark that a comment of ours ends with, empty where it has none."""
    match = _MARK.search(comment)
    return match[1] if match else ""


def _plain(name: str) -> str:
    """Return a name that mentions nobody on GitHub."""
    return name.replace("@", "@\u200b")
