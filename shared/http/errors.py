"""What can be wrong with a request before its handler sees it."""

from shared.errors import FieldError, InvalidRequest


class MalformedBody(InvalidRequest):
    """The body is not the JSON object that it has to be, or one that no sane client sends."""

    def __init__(self, message: str) -> None:
        super().__init__([FieldError("body", message)])


class BodyTooLarge(InvalidRequest):
    """The body has more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__([FieldError("body", f"at most {limit} bytes")])
        self.limit = limit


class UnsupportedMediaType(InvalidRequest):
    """The body is declared, by the header `field`, to be something else than what the route accepts."""

    def __init__(self, accepted: str, field: str = "Content-Type") -> None:
        super().__init__([FieldError(field, f"must be {accepted}")])
