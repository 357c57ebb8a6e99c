"""The addresses that answers name: of the API, and of pages for people."""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulator.core.model import ChangeRequest, Issue, Repository

ENTERPRISE = "/api/v3"


@dataclass(frozen=True)
class Links:
    """Addresses below ``root`` (the API is there at ``prefix``), and pages below ``html``."""

    root: str
    prefix: str
    html: str

    @property
    def api(self) -> str:
        """Return the address of the API."""
        return self.root + self.prefix

    def repository(self, repository: Repository) -> str:
        """Return a repository's address in the API."""
        return f"{self.api}/repos/{repository.slug}"

    def page(self, repository: Repository) -> str:
        """Return a repository's page."""
        return f"{self.html}/{repository.slug}"

    def item(self, repository: Repository, item: Issue) -> str:
        """Return the page of an issue or change request."""
        kind = "pull" if isinstance(item, ChangeRequest) else "issues"
        return f"{self.page(repository)}/{kind}/{item.number}"


def links_for(host: str, prefix: str) -> Links:
    """Return the addresses for who asks ``host``; github.com has a host for its API alone."""
    if host in ("api.github.com", "github.com"):
        return Links("https://api.github.com", "", "https://github.com")
    return Links(f"http://{host}", prefix, f"http://{host}")
