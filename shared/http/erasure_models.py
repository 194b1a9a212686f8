"""What a request to erase a user contains."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.http.base_models import RequestBody
from shared.http.identity_models import Credential
from shared.ids import ErasureId

ErasureIdField = Annotated[ErasureId, StringConstraints(pattern=r"^[-A-Za-z0-9_]{43}$")]


class ErasureRequest(RequestBody):
    """The confirmation that it is the user who asks."""

    password: Annotated[
        Credential,
        Field(description="The user's password.", examples=["correct horse battery"]),
    ]
