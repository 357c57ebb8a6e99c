"""A forge for tests: speaks GitHub's APIs over real bare repositories.

    with running() as forge:
        forge.hub.add_token("secret", "octo")
        shop = forge.hub.add_repository("octo/shop", Path("origin.git"))  # tests push to that path
        ask("GET", f"{forge.url}/repos/octo/shop/pulls", {"Authorization": "Bearer secret"})

``forge.url`` is github.com's API, ``forge.url + "/api/v3"`` that of GitHub Enterprise Server, and
``forge.socket`` a unix socket that answers for any host. What a person or CI does is done by the
functions of ``core`` (``review``, ``comment``, ``add_check``, ``merge``), under ``forge.hub.lock``.
"""

from tests.emulator.forge import Emulator, running

__all__ = ["Emulator", "running"]
