"""What an operator does about users: list, unlock, disable, enable, erase. Invoked by IAM alone: it has no route."""

from typing import TYPE_CHECKING, Any, Final

from shared import cursors, payloads
from shared.http.admin_models import ListUsers, OfUser, asked_for
from shared.http.erasure_documents import erasure_document
from shared.identity.administration import Administration, ListedUser
from shared.ids import ItemKey
from shared.observability import logger, security_event, serving
from shared.runtime import current
from shared.scheduling.instants import of_seconds
from shared.wiring.administration import administration
from shared.wiring.erasures import erasure_requests

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# For retries; the function has 28.
SECONDS: Final = 20.0


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Does what `event` says: `{"action": "list", "cursor"?}`, or an action about `{"username"}` or `{"user_id"}`.

    Returns:
        For `list`: `users`, without addresses, and `next_cursor`. For an action: the user, and what was done.

    Raises:
        MalformedEvent: `event` has none of these forms.
        NotFound: There is no such user. Whatever is left of one can be erased by the id.
        BeingErased: A user who is being erased cannot be enabled.
        StoreFault: The database was too busy: invoke it again.
    """
    serving(context.function_name, context.aws_request_id)
    payloads.text(payloads.check_object(event), "action")
    asked = asked_for(event)
    deadline = current().deadline(SECONDS)
    admin = administration(deadline)
    response = _list(admin, asked.cursor) if isinstance(asked, ListUsers) else _about(admin, asked)
    logger.info("admin", extra={"action": asked.action, "user_id": response.get("user_id")})
    return response


def _list(admin: Administration, cursor: str | None) -> dict[str, Any]:
    after: ItemKey | None = None
    if cursor is not None:
        facts = cursors.decode("users", cursor, ("pk", "sk"))
        after = facts["pk"], facts["sk"]
    users, following = admin.page(after)
    next_cursor = (
        None if following is None else cursors.encode("users", dict(zip(("pk", "sk"), following, strict=True)))
    )
    return {"users": [_user(each) for each in users], "next_cursor": next_cursor}


def _user(user: ListedUser) -> dict[str, Any]:
    return {
        "user_id": user.user_id,
        "username": user.username,
        "created_at": of_seconds(user.created_at),
        "disabled_at": None if user.disabled_at is None else of_seconds(user.disabled_at),
        "locked": user.locked,
    }


def _about(admin: Administration, asked: OfUser) -> dict[str, Any]:
    if asked.action == "erase":
        return _erase(admin, asked)
    account = admin.account(asked.username, asked.user_id)
    response: dict[str, Any] = {"user_id": account.user_id, "username": account.username}
    if asked.action == "unlock":
        return {**response, "counters_deleted": admin.unlock(account)}
    if asked.action == "enable":
        admin.enable(account)
        return {**response, "disabled": False}
    ended = admin.disable(account)
    security_event("AccountDisabled", user_id=account.user_id)
    return {**response, "disabled": True, "sessions_ended": ended}


def _erase(admin: Administration, asked: OfUser) -> dict[str, Any]:
    """Begins an erasure. By the id also of a user who is not there: something may be left, as after a restore."""
    user_id = admin.account(asked.username, None).user_id if asked.user_id is None else asked.user_id
    begun = erasure_requests(admin.deadline, admin.now).begin(user_id, lambda _: None)
    security_event("AccountDisabled", user_id=user_id)
    return {"user_id": user_id, **erasure_document(begun)}
