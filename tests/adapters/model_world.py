"""What acts do, on a model of git, forge and executor: each looks first, as the real ones do.

The model knows what is true outside. It refuses what must never be asked for (a program beside
another one in a lane, a merge without green gates), so that a run which asks fails there and then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.adapters.model_git import ModelGit
from tests.adapters.model_slots import ModelSlots

from agentrelay.engine.effect import EffectKind as K
from agentrelay.graph.model import TaskGraph
from agentrelay.journal.event import Event

Facts = Mapping[str, Any]
Result = dict[str, Any]

TOKENS = 10
"""What each turn takes that is not lost."""

PROGRAMS: Mapping[str, str] = {
    K.TURN_START: "agents",
    K.GATE_START: "gates",
    K.SETUP_START: "gates",
}
"""What starts a program, with the kind of slot that it needs."""


@dataclass
class Request:
    """A change request of the modelled forge."""

    number: int
    head: str
    base: str
    status: str = "open"


@dataclass
class Live:
    """A program that was started and has not ended."""

    intent: Event
    stopped: bool = False


@dataclass
class ModelWorld:
    """The outside of one run. ``waived`` has the gates of tasks that a person let pass.

    ``landings`` has what lanes landed with the target's tip before, ``reverts`` what took one back.
    """

    graph: TaskGraph
    git: ModelGit = field(default_factory=ModelGit)
    requests: list[Request] = field(default_factory=list)
    live: dict[str, Live] = field(default_factory=dict)
    ended: dict[str, Facts] = field(default_factory=dict)
    starts: Counter[str] = field(default_factory=Counter)
    green: set[tuple[str, str]] = field(default_factory=set)
    waived: set[tuple[str, str]] = field(default_factory=set)
    merges: Counter[str] = field(default_factory=Counter)
    landings: dict[str, str] = field(default_factory=dict)
    reverts: dict[str, str] = field(default_factory=dict)
    work: dict[str, set[str]] = field(default_factory=dict)
    resets: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        root = self.git.commit((), (), "root")
        limits = {"agents": self.graph.max_agents, "gates": self.graph.max_gates}
        self.slots = ModelSlots(limits)
        for lane in self.graph.lanes:
            self.git.refs[lane.spec.merge_target_branch] = root
            self.git.refs[lane.spec.base_branch] = root
        self._acts: dict[str, Callable[[Event], Result]] = {
            K.LANE_PREPARE: self._prepare,
            K.LANE_OPEN: self._open_lane,
            K.LANE_PUBLISH: lambda _: {},
            K.LANE_REOPEN: lambda _: {},
            K.LANE_CLOSE: self._close,
            K.LANE_RESET: self._reset,
            K.LANE_TEARDOWN: self._teardown,
            K.LANE_CANDIDATE: self._candidate,
            K.LANE_APPROVE: lambda _: {},
            K.LANE_LAND: self._land,
            K.LANE_ADOPT: self._adopt,
            K.REVERT_MAKE: self._make_revert,
            K.REVERT_LAND: self._land_revert,
            K.ATTEMPT_START: self._attempt,
            K.SETUP_START: self._program,
            K.TURN_START: self._program,
            K.TURN_KEEP: lambda _: {},
            K.TURN_ANSWER: self._answer,
            K.TURN_STOP: self._stop,
            K.TURN_COLLECT: self._collect,
            K.GATE_START: self._program,
            K.TASK_OPEN: self._open_task,
            K.TASK_MERGE: self._merge_task,
        }

    def act(self, intent: Event) -> Result:
        """Do what an intent announces, and return its result."""
        return self._acts[intent.data["kind"]](intent)

    def branch(self, lane: str) -> str:
        return f"lane/{lane}"

    def target(self, lane: str) -> str:
        return self.graph.lane_by_id[lane].spec.merge_target_branch

    def commit_of_a_person(self, ref: str, name: str) -> None:
        """Let a person commit on a branch."""
        tip = self.git.refs[ref]
        self.git.move(ref, self.git.commit((tip,), (name,), name), tip)

    def merge_by_a_person(self, lane: str, name: str) -> None:
        """Let a person merge the target into a lane, as a conflict's report asks for."""
        tip, target = self.git.refs[self.branch(lane)], self.git.refs[self.target(lane)]
        self.git.move(self.branch(lane), self.git.commit((tip, target), (name,), name), tip)

    def end(self, key: str, facts: Facts) -> None:
        """Let a program end; a turn leaves its change in the lane's worktree."""
        program = self.live.pop(key)
        self.slots.end(key)
        intent = program.intent
        self.ended[key] = facts
        if intent.data["kind"] == K.TURN_START:
            mark = f"{intent.task}/{intent.attempt}/{intent.turn}"
            self.work.setdefault(f"{intent.task}/{intent.attempt}", set()).add(mark)
        elif intent.data["kind"] == K.GATE_START and facts.get("passed"):
            self.green.add((intent.data["gate"], self.git.tree(intent.data["commit"])))

    def open_requests(self) -> Counter[str]:
        return Counter(each.head for each in self.requests if each.status == "open")

    def _prepare(self, intent: Event) -> Result:
        lane = intent.workstream or ""
        ref, tip = self.branch(lane), self.git.refs[self._base(lane)]
        if ref not in self.git.refs:
            self.git.refs[ref] = intent.data["start"] or tip
        return {"head": self.git.refs[ref], "base": tip, "worktree": f"/w/{lane}"}

    def _base(self, lane: str) -> str:
        return self.graph.lane_by_id[lane].spec.base_branch

    def _attempt(self, intent: Event) -> Result:
        start = self.git.refs[self.branch(intent.workstream or "")]
        requires = list(intent.data["requires"])
        for commit in requires:
            if not self.git.contains(start, commit):
                start = self.git.commit((start, commit), (), f"needs {commit}")
        self.git.put(f"task/{intent.task}", start)
        return {"start": start, "requires": requires}

    def _program(self, intent: Event) -> Result:
        key, lane = intent.data["key"], intent.workstream
        if key not in self.live and key not in self.ended:
            beside = [one.intent.data["key"] for one in self.live.values()]
            mine = [k for k in beside if self.live[k].intent.workstream == lane]
            assert not mine, f"{key} is started beside {mine}"
            if not self.slots.take(key, PROGRAMS[intent.data["kind"]]):
                return {"needed": True, "no_slot": True}
            self.live[key] = Live(intent)
            self.starts[key] += 1
        return {"needed": True} if intent.data["kind"] == K.SETUP_START else {}

    def _stop(self, intent: Event) -> Result:
        if (program := self.live.get(intent.data["program"])) is not None:
            program.stopped = True
        return {}

    def _answer(self, intent: Event) -> Result:
        waits = intent.data["program"] in self.live
        return {"counts": waits, "text": "run x", "about": f"x{intent.data['question']}"}

    def _collect(self, intent: Event) -> Result:
        name, lane = f"{intent.task}/{intent.attempt}", intent.workstream or ""
        turn = f"turn.start/1/{lane}/{intent.data['key'].split('/')[3]}/{name}/{intent.turn}"
        ending = self.ended.get(turn, {}).get("ending")
        if intent.data.get("by"):
            ending = None
            self.work.setdefault(name, set()).add(f"{name}/{intent.turn} by a person")
        if ending in ("stopped", "lost"):
            return {"result": ending, "reason": f"it was {ending}"}
        start, tip = intent.data["start"], self.git.refs[self.branch(lane)]
        head = self.git.commit((start,), self.work.get(name, ()), name)
        self.git.put(f"task/{intent.task}", head)
        made = self.git.commit((tip, head), (), f"merge {name}")
        result: Result = {"result": "done", "reason": "", "commit": head, "lane_tip": tip}
        result["usage"] = {"output": TOKENS}
        return result | {"candidate": made, "tree": self.git.tree(made), "empty": False}

    def _open_task(self, intent: Event) -> Result:
        number = self._ensure(f"task/{intent.task}", self.branch(intent.workstream or ""))
        return {"number": number, "url": f"local#{number}"}

    def _merge_task(self, intent: Event) -> Result:
        data, task = intent.data, intent.task or ""
        candidate, ref = data["candidate"], self.branch(intent.workstream or "")
        if candidate == data["base_tip"] or data["number"] is None:
            return {"commit": data["base_tip"]}
        if self.git.contains(self.git.refs[ref], candidate):
            return {"commit": candidate}
        if self.git.refs[ref] != data["base_tip"]:
            return {"moved": self.git.refs[ref]}
        for gate in self.graph.task_by_id[task].gates:
            is_green = (gate.name, self.git.tree(candidate)) in self.green
            assert is_green or (task, gate.name) in self.waived, f"{task} merged without {gate}"
        self.git.move(ref, candidate, data["base_tip"])
        self.merges[task] += 1
        self._set(data["number"], "merged")
        return {"commit": candidate}

    def _open_lane(self, intent: Event) -> Result:
        lane = intent.workstream or ""
        head = self.git.refs[self.branch(lane)]
        if self.git.contains(intent.data["base"], head):
            return {"unchanged": True}
        number = self._ensure(self.branch(lane), self.target(lane))
        return {"number": number, "url": f"local#{number}", "head": head}

    def _candidate(self, intent: Event) -> Result:
        lane, head = intent.workstream or "", intent.data["head"]
        tip = self.git.refs[self.target(lane)]
        facts = {"head": head, "target_tip": tip}
        if self.git.contains(tip, head):
            return {"already": True, "commit": tip} | facts
        made = self.git.commit((tip, head), (), f"land {lane}")
        return facts | {"merge_base": "b", "commit": made, "tree": self.git.tree(made)}

    def _land(self, intent: Event) -> Result:
        data, lane = intent.data, intent.workstream or ""
        commit, ref = data["commit"], self.target(lane)
        if data.get("already") or self.git.contains(self.git.refs[ref], commit):
            return {"commit": commit}
        if self.git.refs[self.branch(lane)] != data["head"]:
            return {"head_moved": self.git.refs[self.branch(lane)]}
        if self.git.refs[ref] != data["target_tip"]:
            return {"moved": self.git.refs[ref]}
        for gate in self.graph.lane_by_id[lane].gates:
            is_green = (gate.name, self.git.tree(commit)) in self.green
            assert is_green, f"{lane} landed without {gate.name} on {commit}"
        self.git.move(ref, commit, data["target_tip"])
        self.landings[commit] = data["target_tip"]
        self.merges[f"lane {lane}"] += 1
        self._set(data["number"], "merged")
        return {"commit": commit}

    def _make_revert(self, intent: Event) -> Result:
        landed, lane = intent.data["landed"], intent.workstream or ""
        tip = self.git.refs[self.target(lane)]
        if landed not in self.landings:
            return {"refused": "its target contained it already"}
        if landed in self.reverts:
            return {"already": True, "commit": self.reverts[landed]}
        made = self.git.revert(tip, landed, self.landings[landed])
        self.git.kept.add(made)
        self.git.refs.setdefault(self.branch(lane), landed)
        facts = {"commit": made, "tree": self.git.tree(made), "target_tip": tip}
        return facts | {"worktree": f"/w/{lane}"}

    def _land_revert(self, intent: Event) -> Result:
        data, lane, landed = intent.data, intent.workstream or "", intent.data["landed"]
        number = self._ensure(f"revert/{lane}", self.target(lane))
        if landed not in self.reverts:
            tip = self.git.refs[self.target(lane)]
            if tip != data["target_tip"]:
                self._set(number, "closed")
                return {"moved": tip}
            for gate in self.graph.lane_by_id[lane].gates:
                is_green = (gate.name, self.git.tree(data["commit"])) in self.green
                assert is_green, f"{lane} reverted without {gate.name}"
            self.git.move(self.target(lane), data["commit"], tip)
            self.reverts[landed] = data["commit"]
            self.merges[f"revert {lane}"] += 1
        self._set(number, "merged")
        url = f"local#{number}"
        return {"commit": self.reverts[landed], "number": number, "url": url, "note": ""}

    def _adopt(self, intent: Event) -> Result:
        tip = self.git.refs[self.branch(intent.workstream or "")]
        if tip != intent.data["head"]:
            return {"head": tip}
        if intent.data["hold"] == "conflict":
            return {"refused": f"{intent.data['reason']}; not yet: no new commit was found there"}
        return {"nothing": True}

    def _close(self, intent: Event) -> Result:
        self._set(intent.data["number"], "closed")
        return {}

    def _teardown(self, intent: Event) -> Result:
        lane = intent.workstream or ""
        living = [k for k, one in self.live.items() if one.intent.workstream == lane]
        assert not living, f"{lane} is torn down under {living}"
        self.git.drop(self.branch(lane))
        for task in self.graph.tasks_of[lane]:
            self.git.drop(f"task/{task.id}")
        return {}

    def _reset(self, intent: Event) -> Result:
        data = intent.data
        if data["asked"] not in self.resets:
            if self._has_landed(data):
                return {"refused": "its target has it"}
            for task in data["tasks"]:
                self.git.drop(f"task/{task['id']}")
            for lane in data["lanes"]:
                self._take_back(lane)
            self.resets.add(data["asked"])
        heads = {f"task/{task['id']}" for task in data["tasks"]}
        heads |= {self.branch(one["id"]) for one in data["lanes"] if "is_other" not in one}
        for request in self.requests:
            if request.head in heads and request.status == "open":
                request.status = "closed"
        return {"kept": [], "notes": []}

    def _take_back(self, lane: Facts) -> None:
        branch = self.branch(lane["id"])
        if lane["whole"]:
            self.git.drop(branch)
        elif lane["to"] is not None and branch in self.git.refs:
            tip = self.git.refs[branch]
            assert self.git.contains(tip, lane["to"]), f"{branch} was never at {lane['to']}"
            self.git.put(branch, lane["to"])

    def _has_landed(self, data: Facts) -> bool:
        tasks = {task["id"] for task in data["tasks"]}
        living = [k for k, one in self.live.items() if one.intent.task in tasks]
        assert not living, f"{tasks} are taken back under {living}"
        tips = {lane["id"]: self.git.refs[self.target(lane["id"])] for lane in data["lanes"]}
        return any(
            self.git.contains(tips[lane["id"]], commit)
            for lane in data["lanes"]
            for commit in lane["merged"]
        )

    def _ensure(self, head: str, base: str) -> int:
        """Return the number of the open request of these branches, opened if there is none."""
        for each in self.requests:
            if (each.head, each.base, each.status) == (head, base, "open"):
                return each.number
        self.requests.append(Request(len(self.requests) + 1, head, base))
        return len(self.requests)

    def _set(self, number: int, status: str) -> None:
        request = self.requests[number - 1]
        if request.status == "open":
            request.status = status
