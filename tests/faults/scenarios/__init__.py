"""The scenarios of the crash tests, by name; each has a module of its own.

Together they make every kind of effect happen, in the ways in which runs of real graphs do.
"""

from __future__ import annotations

from tests.faults.scenarios.attended import ATTENDED
from tests.faults.scenarios.conflict import CONFLICT
from tests.faults.scenarios.diverged import DIVERGED
from tests.faults.scenarios.forged import FORGED
from tests.faults.scenarios.given_up import GIVEN_UP
from tests.faults.scenarios.kept import KEPT
from tests.faults.scenarios.landed import LANDED
from tests.faults.scenarios.only import ONLY
from tests.faults.scenarios.taken_over import TAKEN_OVER

SCENARIOS = {
    "landed": LANDED,
    "given up": GIVEN_UP,
    "conflict": CONFLICT,
    "taken over": TAKEN_OVER,
    "only": ONLY,
    "kept": KEPT,
    "attended": ATTENDED,
    "diverged": DIVERGED,
    "forged": FORGED,
}
