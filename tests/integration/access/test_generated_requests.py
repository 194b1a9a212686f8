"""Requests generated from the OpenAPI document: no 5xx, and every response is as the document says.

`make fuzz` runs longer, with another seed.
"""

import os
import time
from collections.abc import Callable
from typing import Final

from tests.harness.deployment import Deployment
from tests.harness.generated_requests import run
from tests.harness.openapi_document import operations

# Without a time to fill, the number of requests does not depend on the machine.
SECONDS: Final = float(os.environ["FUZZ_SECONDS"]) if "FUZZ_SECONDS" in os.environ else None
SEED: Final = int(os.environ.get("FUZZ_SEED", "11"))


# What succeeds by chance only. Operations of identity need a token, a code or a session that only one response has, and
# these another user, or an invitation.
CHANCE: Final = {
    "DELETE /calendars/{calendar_id}/members/me",
    "GET /calendars/{calendar_id}/invitations/{invitation_id}",
    "POST /calendars/{calendar_id}/transfer",
    "POST /invitations/accept",
}


def test_the_api_is_as_its_document_says(whole_deployment: Deployment, tell: Callable[[str], None]) -> None:
    # schemathesis reads the document itself, and asks for nothing else there.
    documented = {f"{method} {path}" for method, path in operations()} - {"GET /openapi.json"}
    identity = {f"{method} {path}" for (method, path), each in operations().items() if "Identity" in each["tags"]}
    wanted = documented - identity - CHANCE
    started = time.monotonic()
    found = run(whole_deployment, SEED, SECONDS, wanted)
    seconds = time.monotonic() - started
    tell(
        f"schemathesis: {len(found.operations)} operations, {found.cases} cases in {seconds:.0f} s, "
        f"{len(found.failures)} failures, seed {found.seed}"
    )
    assert found.failures == []
    assert found.operations == documented
    # Not only refusals: each operation has also done what it is for.
    assert sorted(wanted - found.succeeded()) == [], sorted(found.statuses.items())
