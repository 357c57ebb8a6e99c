"""A forge for tests: speaks the APIs of GitHub and GitLab over real bare repositories.

    with running() as forge:
        forge.hub.add_token("secret", "octo")
        forge.hub.add_repository("octo/shop", Path("origin.git"))  # tests push to that path
        ask("GET", f"{forge.url}/repos/octo/shop/pulls", {"Authorization": "Bearer secret"})
        forge.plant(Cut(after=True), method="POST", path="/pulls$")  # done, but not told

``forge.url`` is github.com's API; ``/api/v3`` and ``/api/graphql`` below it are those of GitHub
Enterprise Server, ``/api/v4`` is GitLab's, and
``forge.socket`` a unix socket that answers for any host. What people and CI do is done by functions
of ``core``, as ``comment(forge.hub.actor("octo/shop", "alice"), request, "hm")``, by who holds
``forge.hub.lock``. ``forge.requests`` and ``forge.count()`` tell what was asked.
"""

from tests.emulator.forge import Emulator, running

__all__ = ["Emulator", "running"]
