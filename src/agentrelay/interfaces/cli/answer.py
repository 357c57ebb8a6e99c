"""Answers for programs: one JSON document on stdout, safe to look at on a terminal too."""

from __future__ import annotations

import json

import click

from agentrelay.interfaces.cli.text import redacted


def echo_json(content: object) -> None:
    """Print ``content`` as JSON in ASCII, keys redacted; dataclasses become objects."""
    click.echo(redacted(json.dumps(content, default=_plain)))


def _plain(value: object) -> object:
    return vars(value) if hasattr(value, "__dict__") else str(value)
