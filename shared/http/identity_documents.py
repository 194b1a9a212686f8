"""The response document of tokens."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from shared.identity.tokens import TokenPair


class TokensDocument(TypedDict):
    """What a session needs (RFC 6749, section 5.1)."""

    access_token: Annotated[str, Field(description="For the header `Authorization: Bearer <access_token>`.")]
    refresh_token: Annotated[str, Field(description="Good for one exchange at /auth/refresh.")]
    token_type: Annotated[Literal["Bearer"], Field(description="How the access token is sent.")]
    expires_in: Annotated[
        int, Field(description="How long the access token is valid, in seconds.", ge=1, examples=[900])
    ]


def tokens_document(pair: "TokenPair") -> TokensDocument:
    """Returns the document of a pair of tokens."""
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "token_type": "Bearer",
        "expires_in": pair.expires_in,
    }
