import random

from agentrelay.graph.cycles import disjoint_cycles


def ring(size: int, step: int = 1) -> dict[str, list[str]]:
    return {str(index): [str((index + step) % size)] for index in range(size)}


def test_no_cycle_is_found_in_a_graph_without_one() -> None:
    assert disjoint_cycles({"a": [], "b": ["a"], "c": ["a", "b", "elsewhere"]}) == []


def test_the_shortest_cycle_comes_first_and_begins_with_what_stands_first() -> None:
    edges = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "e": ["d"], "d": ["e"], "f": ["a"]}
    assert disjoint_cycles(edges) == [("e", "d"), ("a", "b", "c")]


def test_a_long_cycle_needs_no_recursion_and_little_time() -> None:
    (cycle,) = disjoint_cycles(ring(20_000))
    assert len(cycle) == 20_000
    assert cycle[:3] == ("0", "1", "2")


def test_every_cycle_found_is_one() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        size = chance.randint(1, 12)
        edges = {
            str(key): [str(chance.randrange(size)) for _ in range(chance.randint(0, 3))]
            for key in range(size)
        }
        for cycle in disjoint_cycles(edges):
            assert len(set(cycle)) == len(cycle)
            assert all(b in edges[a] for a, b in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
        first = disjoint_cycles(edges)[:1]
        assert [len(cycle) for cycle in first] == shortest_by_brute_force(edges)


def shortest_by_brute_force(edges: dict[str, list[str]]) -> list[int]:
    lengths = []
    for start in edges:
        reached, layer, length = set(), {start}, 0
        while layer:
            length += 1
            layer = {below for key in layer for below in edges[key]}
            if start in layer:
                lengths.append(length)
                break
            layer -= reached
            reached |= layer
    return [min(lengths)] if lengths else []
