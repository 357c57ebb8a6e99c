"""What the name of a pin tells."""

from __future__ import annotations

import pytest

from agentrelay.engine.kept import KeptName, kept_name


@pytest.mark.parametrize(
    ("name", "told", "branch"),
    [
        ("g/3/l/t/2/1-rest", KeptName("g", 3, "l", "t", 2, "1-rest"), "recovered/g/t-2"),
        ("g/3/l/t/branch", KeptName("g", 3, "l", "t", None, "branch"), "recovered/g/t"),
        ("g/3/l/_lane/start", KeptName("g", 3, "l", what="start"), "recovered/g/l"),
        ("g/_lanes/l/salvaged", KeptName("g", lane="l", what="salvaged"), "recovered/g/l"),
        ("g/mine", KeptName("g", what="mine"), "recovered/g/mine"),
        ("mine", KeptName("mine"), "recovered/mine/pin"),
        ("g/1/l/1/1/1", KeptName("g", 1, "l", "1", 1, "1"), "recovered/g/1-1"),
        ("g/x/l/t/2/1-rest", KeptName("g", what="x/l/t/2/1-rest"), "recovered/g/x/l/t/2/1-rest"),
    ],
)
def test_a_name_tells_whose_state_it_is(name: str, told: KeptName, branch: str) -> None:
    assert kept_name(name) == told
    assert told.branch == branch


def test_a_state_of_a_task_is_one_of_its_lane_too() -> None:
    assert kept_name("g/3/l/t/2/1-rest").names == ("lane:g/l", "task:g/t")
    assert kept_name("g/3/l/_lane/start").names == ("lane:g/l",)
    assert kept_name("g/mine").names == ()
