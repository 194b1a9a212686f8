"""The response documents of tokens and of the keys that verify them."""

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


class KeyDocument(TypedDict):
    """A public key (RFC 7517, section 4; RFC 7518, section 6.2)."""

    kty: Annotated[Literal["EC"], Field(description="The kind of key: an elliptic curve.")]
    crv: Annotated[Literal["P-256"], Field(description="The curve.")]
    x: Annotated[str, Field(description="A coordinate, in base64url.")]
    y: Annotated[str, Field(description="The other coordinate.")]
    kid: Annotated[str, Field(description="The id of the key, which the header of a token names.")]
    use: Annotated[Literal["sig"], Field(description="What the key is for: signatures.")]
    alg: Annotated[Literal["ES256"], Field(description="The algorithm.")]


class KeySetDocument(TypedDict):
    """The public keys of all tokens that may still be valid (RFC 7517, section 5)."""

    keys: Annotated[list[KeyDocument], Field(description="In no order.")]


def tokens_document(pair: "TokenPair") -> TokensDocument:
    """Returns the document of a pair of tokens."""
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "token_type": "Bearer",
        "expires_in": pair.expires_in,
    }
