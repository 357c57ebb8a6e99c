"""Which act does which kind of effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentrelay.engine.acts import (
    adopting,
    answering,
    attempts,
    collecting,
    landing,
    lanes,
    launching,
    merging,
    resetting,
    reverting,
    under_way,
)
from agentrelay.engine.effect import EffectKind
from agentrelay.engine.world import World
from agentrelay.journal.event import Data, Event

Act = Callable[[World, Event], Data]

ACTS: Mapping[EffectKind, Act] = {
    EffectKind.LANE_PREPARE: lanes.prepare_lane,
    EffectKind.LANE_OPEN: lanes.open_lane,
    EffectKind.LANE_PUBLISH: lanes.publish_lane,
    EffectKind.LANE_REOPEN: lanes.reopen_lane,
    EffectKind.LANE_CLOSE: lanes.close_lane,
    EffectKind.LANE_RESET: resetting.reset_lanes,
    EffectKind.LANE_TEARDOWN: lanes.teardown_lane,
    EffectKind.LANE_CANDIDATE: landing.make_candidate,
    EffectKind.LANE_APPROVE: landing.approve_lane,
    EffectKind.LANE_LAND: landing.land_lane,
    EffectKind.LANE_ADOPT: adopting.adopt_lane,
    EffectKind.REVERT_MAKE: reverting.make_revert,
    EffectKind.REVERT_LAND: reverting.land_revert,
    EffectKind.ATTEMPT_START: attempts.start_attempt,
    EffectKind.SETUP_START: launching.start_setup,
    EffectKind.TURN_START: launching.start_turn,
    EffectKind.TURN_KEEP: under_way.keep_turn,
    EffectKind.TURN_ANSWER: answering.answer_turn,
    EffectKind.TURN_STOP: launching.stop_program,
    EffectKind.TURN_COLLECT: collecting.collect_turn,
    EffectKind.GATE_START: launching.start_gate,
    EffectKind.TASK_OPEN: merging.open_task,
    EffectKind.TASK_MERGE: merging.merge_task,
}
