"""Requests and answers."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Title = Annotated[str, Field(min_length=1, max_length=200)]
Description = Annotated[str, Field(max_length=8192)]
Location = Annotated[str, Field(max_length=500)]


class NewEvent(BaseModel):
    """An event as a caller sends it."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    start: AwareDatetime
    end: AwareDatetime
    description: Description = ""
    location: Location = ""
    time_zone: str = "UTC"


class EventPatch(BaseModel):
    """The fields of an event that change."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = None
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    description: Description | None = None
    location: Location | None = None
    time_zone: str | None = None


class NewEvents(BaseModel):
    """Events to create together."""

    events: Annotated[list[NewEvent], Field(min_length=1, max_length=1000)]


class Event(BaseModel):
    """An event as it is answered."""

    id: str
    title: str
    description: str
    location: str
    start: str
    end: str
    time_zone: str
    owner: str
    version: int
    history_id: str
    created_at: str
    changed_at: str
    changed_by: str


class Events(BaseModel):
    """A page of events."""

    items: list[Event]


class Created(BaseModel):
    """One of many events that were created."""

    id: str
    history_id: str


class CreatedEvents(BaseModel):
    """Events that were created together."""

    items: list[Created]


class Interval(BaseModel):
    """A time that is taken."""

    start: str
    end: str


class Busy(BaseModel):
    """When somebody is busy."""

    busy: list[Interval]


class Change(BaseModel):
    """A field that differs."""

    field: str
    old: str | int | None
    new: str | int | None


class Diff(BaseModel):
    """How one version differs from another."""

    changes: list[Change]


class Rollback(BaseModel):
    """Which version to go back to."""

    history_id: str


class Registration(BaseModel):
    """A new user."""

    username: Annotated[str, Field(min_length=3, max_length=64)]
    password: Annotated[str, Field(min_length=8, max_length=256)]
    email: Annotated[str, Field(max_length=254)]


class Credentials(BaseModel):
    """Who wants to log in."""

    username: str
    password: str


class RefreshToken(BaseModel):
    """A refresh token."""

    refresh_token: str


class Tokens(BaseModel):
    """What a login gives."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"
    expires_in: int
