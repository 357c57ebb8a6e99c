"""Options that several commands share, so that they are spelt and described alike."""

from __future__ import annotations

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
yes = click.option("-y", "--yes", is_flag=True, help="Do it without asking.")
no_input = click.option("--no-input", is_flag=True, help="Never ask anything.")
wait = click.option("--wait", is_flag=True, help="Stay while all that remains waits for a person.")
detach = click.option("--detach", is_flag=True, help="Go on in the background.")
max_agents = click.option(
    "--max-agents", type=int, metavar="N", help="Agents at once, in this run from now on."
)
message = click.option("-m", "--message", "text", default="", metavar="TEXT", help="Say why.")
