"""Each payload of calendars, members, invitations and moves is served as the reference says."""

import pytest

from tests.harness.gateway import payload
from tests.harness.openapi_document import check
from tests.harness.payloads import send
from tests.integration.sharing.people import People

# The responses on an empty stack, as docs/functions.md tells them.
PAYLOADS = {
    "create_calendar": 201,
    "list_calendars": 200,
    "get_calendar": 200,
    "patch_calendar": 200,
    "list_members": 200,
    "get_membership": 200,
    "patch_membership": 200,
    "leave_calendar": 404,
    "put_member": 422,
    "remove_member": 204,
    "delete_calendar": 404,
    "restore_calendar": 404,
    "transfer_calendar": 404,
    "list_role_changes": 200,
    "create_invitation": 201,
    "list_invitations": 200,
    "get_invitation": 404,
    "withdraw_invitation": 204,
    "accept_invitation": 404,
    "find_time": 200,
    "move_event": 404,
}


@pytest.mark.parametrize(("name", "status"), PAYLOADS.items())
def test_a_payload_is_served_as_documented(people: People, name: str, status: int) -> None:
    del people
    answered = send(name)
    assert answered.status == status, answered
    sent = payload(name)
    check(sent["httpMethod"], sent["resource"], answered)
