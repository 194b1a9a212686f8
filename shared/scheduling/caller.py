"""Who acts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The user behind a request. `user_id` owns the events; the name is for people to read."""

    user_id: str
    username: str
