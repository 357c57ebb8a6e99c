"""What agents of these tests call: VERB [TEXT], as `agentrelay task` would."""

import os
import sys
import time
from pathlib import Path

from agentrelay.executor.core.calls import Call, Verb, write_call

verb, *rest = sys.argv[1:]
text = rest[0] if rest else ""
is_output = verb == "output"
call = Call(
    Verb(verb.removesuffix("-empty")),
    time.time(),
    text="" if is_output else text,
    path=text if is_output else "",
    category=rest[1] if is_output else "",
    empty=verb == "done-empty",
)
write_call(Path(os.environ["AGENTRELAY_ATTEMPT_DIR"]), call, os.environ["AGENTRELAY_TOKEN"])
