"""A forge for tests: speaks the APIs of GitHub, GitLab and Gitea over real bare repositories.

    with running() as forge:
        forge.hub.add_token("secret", "octo")
        forge.hub.add_repository("octo/shop", Path("origin.git"))  # tests push to that path
        ask("GET", f"{forge.url}/repos/octo/shop/pulls", {"Authorization": "Bearer secret"})
        forge.plant(Cut(after=True), method="POST", path="/pulls$")  # done, but not told

``forge.url`` is github.com's API; below it are ``/api/v3`` and ``/api/graphql``, as on GitHub
Enterprise Server, GitLab's ``/api/v4`` and Gitea's ``/api/v1``. The unix socket ``forge.socket``
answers for any host. What people and CI do is done by functions of ``core``, as in
``comment(forge.hub.actor("octo/shop", "alice"), request, "hm")``, by who holds ``forge.hub.lock``.
``forge.requests`` and ``forge.count()`` tell what was asked for.
"""

from tests.emulator.forge import Emulator, running

__all__ = ["Emulator", "running"]
