"""Shows what loading and planning a large graph costs beside libyaml's compose of the same text."""

import time
from collections.abc import Callable

import yaml

from agentrelay.config.load import parse_graph
from agentrelay.graph.plan import plan_of


def large_graph(tasks: int) -> str:
    """Return a graph of ``tasks`` tasks in lanes of ten, each task after the one before it."""
    lines = ["schema_version: 1", "name: large", "defaults: {agent: claude}", "workstreams:"]
    lines += [f"  - {{id: lane{number}}}" for number in range(-(-tasks // 10))]
    lines += ["tasks:"]
    for number in range(tasks):
        below = f"t{number - 1}" if number else ""
        lines += [
            f"  - id: t{number}",
            f"    workstream_id: lane{number // 10}",
            f"    description: Write module {number} and its tests.",
            f"    dependencies: [{below}]",
            f"    gates: [{{name: unit, run: python -m pytest -q tests/test_{number}.py}}]",
        ]
    return "\n".join(lines) + "\n"


def print_ratio(tasks: int = 5000) -> None:
    """Print the CPU time of reading, validating and planning, and its ratio to compose."""
    text = large_graph(tasks)
    compose = _best(lambda: yaml.compose(text, Loader=yaml.CSafeLoader))
    plan = _best(lambda: plan_of(parse_graph(text, "large.yaml").graph))
    print(f"plan of {tasks}: {plan:.3f} s = {plan / compose:.2f} x compose ({compose:.3f} s)")


def _best(act: Callable[[], object]) -> float:
    spent = []
    for _ in range(5):
        begun = time.process_time()
        act()
        spent.append(time.process_time() - begun)
    return min(spent)


if __name__ == "__main__":
    print_ratio()
