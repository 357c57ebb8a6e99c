"""One reading of a document: collects its problems, and refuses what graphs do not use of YAML."""

from __future__ import annotations

from collections.abc import Collection

from yaml.nodes import Node, ScalarNode

from agentrelay._shared.text import Spelling, quoted
from agentrelay.config.document import Document
from agentrelay.graph import codes
from agentrelay.graph.problem import Problem


class Reading:
    """Collects the problems of one document while its values are read."""

    def __init__(self, document: Document) -> None:
        """Begin with the problems that ``document`` has by itself."""
        self.problems: list[Problem] = [*document.problems]
        self._document = document
        self._seen: set[int] = set()
        self._hints = 20

    def wrong(self, code: str, message: str, node: Node, label: str, help_text: str = "") -> None:
        """Note a problem at ``node``."""
        position = self._document.position_of(node)
        self.problems.append(Problem(code, message, position, label, help_text))

    def admits(self, node: Node) -> bool:
        """Return whether ``node`` is a plain value; note a tag or an alias as a problem."""
        if node.tag:
            self.wrong(
                codes.YAML_FEATURE,
                f"the tag {quoted(node.tag)} is not used in graphs",
                node,
                "has a tag",
                "remove the tag, and quote the value where it is text",
            )
            return False
        identity = id(node)
        if identity in self._seen:
            self.wrong(
                codes.YAML_FEATURE,
                "aliases are not used in graphs",
                node,
                "used again through an alias (*)",
                "write the value out, or put what all tasks share under `defaults`",
            )
            return False
        self._seen.add(identity)
        return True

    def key(self, node: Node, taken: Collection[str]) -> str | None:
        """Return the text of a key, or None after noting why it can't be one."""
        if not isinstance(node, ScalarNode) or node.tag:
            self.wrong(codes.YAML_FEATURE, "a key is not plain text", node, "not a key")
            return None
        text: str = node.value
        if text in taken:
            self.wrong(
                codes.DUPLICATE_KEY,
                f"the key {quoted(text)} is given twice",
                node,
                "given before",
                "remove one of them",
            )
            return None
        return text

    def unknown_key(self, node: Node, what: str, known: Collection[str]) -> None:
        """Note that ``what`` has no key such as the one at ``node``."""
        name = str(node.value)
        message = f"{what} has no key {quoted(name)}"
        if name == "<<":
            self.wrong(codes.YAML_FEATURE, "merge keys are not used in graphs", node, "merge key")
            return
        self._hints -= 1
        hint = Spelling(known, tries=max(0, self._hints)).hint(name)
        hint = hint or f"there are {', '.join(known)}"
        self.wrong(codes.UNKNOWN_KEY, message, node, "unknown key", hint)
