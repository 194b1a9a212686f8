"""The bodies of requests about users and their sessions, and the constrained types of their fields."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.http.base_models import NAME_FORM, Line, RequestBody, without
from shared.http.text import MAX_ADDRESS_BYTES, address_fault
from shared.identity.reserved_names import is_reserved
from shared.ids import is_id


def _reserved(name: str) -> str | None:
    # Where users are named, an id of the form of a UUID is one as well, and means whoever has it.
    return "is reserved" if is_reserved(name) or is_id(name.lower()) else None


Email = Annotated[
    str,
    StringConstraints(max_length=MAX_ADDRESS_BYTES),
    without(address_fault),
    Field(
        description=f"An address of at most {MAX_ADDRESS_BYTES} bytes in UTF-8.",
        json_schema_extra={"format": "idn-email"},
        examples=["ada@example.com"],
    ),
]
Username = Annotated[
    str,
    NAME_FORM,
    without(_reserved),
    Field(
        description="A name of 3 to 64 characters that nobody else has, in any case of letters. Names that could be "
        "taken for the service's own, such as `admin` or `support`, are refused.",
        examples=["ada"],
    ),
]
# NIST SP 800-63B: at least 8 characters, long ones allowed, no rules of composition. The limit keeps hashing cheap.
Password = Annotated[
    str,
    StringConstraints(min_length=8, max_length=256),
    Line,
    Field(description="One line of 8 to 256 characters.", examples=["correct horse battery"]),
]
Token = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4096),
    Line,
    Field(
        description="The latest refresh token of the session.", examples=["eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCJ9…"]
    ),
]
Code = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    Line,
    Field(
        description="The code in the mail, in any case of letters, with or without its hyphen.",
        examples=["7Q3MD-X0V5K"],
    ),
]
# At login only lengths are checked: what cannot be a user name is a wrong user name.
Credential = Annotated[str, StringConstraints(min_length=1, max_length=256), Line]


class Registration(RequestBody):
    """A new user."""

    username: Username
    password: Password
    email: Email


class Login(RequestBody):
    """The credentials of a user."""

    username: Annotated[Credential, Field(description="The user's name, in any case of letters.", examples=["ada"])]
    password: Annotated[Credential, Field(description="The user's password.", examples=["correct horse battery"])]


class PasswordChange(RequestBody):
    """A new password, and the one that it replaces."""

    current_password: Annotated[
        Credential, Field(description="The user's password so far.", examples=["correct horse battery"])
    ]
    new_password: Password


class RefreshToken(RequestBody):
    """A refresh token, to be exchanged or ended."""

    refresh_token: Token


class AddressPatch(RequestBody):
    """A JSON merge patch (RFC 7396) of your user: the address, which is all that can change, and your password."""

    email: Email
    current_password: Annotated[
        Credential, Field(description="The password that you have.", examples=["correct horse battery"])
    ]


class VerificationCode(RequestBody):
    """The code that was sent to your address."""

    code: Code


class ResetRequest(RequestBody):
    """The address of a user whose password is forgotten."""

    email: Email


class ResetConfirmation(RequestBody):
    """A new password, and the code that was sent to the address of the user."""

    email: Email
    code: Code
    new_password: Password
