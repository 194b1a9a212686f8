"""The errors of a request that are found before its handler is called."""

from shared.errors import FieldError, InvalidRequest


class MalformedBody(InvalidRequest):
    """The body is not a JSON object, or has a structure that no reasonable client sends."""

    def __init__(self, message: str) -> None:
        super().__init__([FieldError("body", message)])


class BodyTooLarge(InvalidRequest):
    """The body has more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__([FieldError("body", f"at most {limit} bytes")])
        self.limit = limit


class UnsupportedMediaType(InvalidRequest):
    """The header `field` declares the body to be something that the route does not accept."""

    def __init__(self, accepted: str, field: str = "Content-Type") -> None:
        super().__init__([FieldError(field, f"must be {accepted}")])
