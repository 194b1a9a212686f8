"""What an operator may ask the function `admin` for."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from shared.errors import FieldError, MalformedEvent
from shared.http.base_models import RequestBody, without
from shared.ids import UserId, is_id


def _id_fault(text: str) -> str | None:
    return None if is_id(text) else "must be the id of a user: a UUID in lower case"


_Name = Annotated[str, Field(min_length=1, max_length=256)]
# A slip is refused: an erasure also begins for an id that nobody has, and would certify that it is done.
_UserId = Annotated[UserId, without(_id_fault)]


class ListUsers(RequestBody):
    """Lists users, a page at a time."""

    action: Literal["list"]
    cursor: Annotated[str, Field(max_length=2000)] | None = None


class OfUser(RequestBody):
    """Does something about the user with a name, or with an id."""

    action: Literal["unlock", "disable", "enable", "erase"]
    username: _Name | None = None
    user_id: _UserId | None = None


def asked_for(event: Any) -> ListUsers | OfUser:
    """Returns what an event asks for. Raises MalformedEvent, which names what is wrong."""
    form: TypeAdapter[ListUsers | OfUser] = TypeAdapter(Annotated[ListUsers | OfUser, Field(discriminator="action")])
    try:
        asked = form.validate_python(event)
    except ValidationError as error:
        faults = [FieldError(".".join(map(str, each["loc"])) or "event", each["msg"]) for each in error.errors()]
        raise MalformedEvent(faults) from None
    if isinstance(asked, OfUser) and (asked.username is None) is (asked.user_id is None):
        raise MalformedEvent([FieldError("username", "one of username and user_id is needed")])
    return asked
