"""Which repository a remote's URL names."""

from __future__ import annotations

import pytest

from agentrelay.forge.implementations.remote_url import repository_of


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/shop",
        "https://github.com/acme/shop.git",
        "https://user:secret@github.com/acme/shop.git/",
        "git@github.com:acme/shop.git",
        "github.com:acme/shop",
        "ssh://git@github.com:22/acme/shop.git",
        "ssh://git@ssh.github.com:443/acme/shop.git",
        "git@GitHub.com:acme/shop.git",
    ],
)
def test_a_url_of_a_forge_names_host_and_repository(url: str) -> None:
    assert repository_of(url) == ("github.com", "acme/shop")


@pytest.mark.parametrize(
    "url",
    ["", "/srv/git/shop.git", "../shop", "C:/shop/shop", "file:///srv/a/b", "https://github.com/a"],
)
def test_what_is_on_no_host_names_none(url: str) -> None:
    assert repository_of(url) is None


@pytest.mark.parametrize("after", ["?", "#", "\\", "%2f"])
def test_a_host_that_could_be_read_in_two_ways_is_none(after: str) -> None:
    assert repository_of(f"https://evil.example{after}.ghe.com/acme/shop") is None


def test_names_with_dots_and_dashes_stay_whole() -> None:
    assert repository_of("git@ghe.test:a-b/c.d_e.git") == ("ghe.test", "a-b/c.d_e")
