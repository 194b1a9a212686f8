"""The errors of calendars that are shared, beside those of `shared.errors`."""

from shared.errors import SchedulingError


class LastOwner(SchedulingError):
    """The change would leave the calendar without an owner; nothing was written."""

    def __init__(self) -> None:
        super().__init__("a calendar has an owner: make somebody else an owner first")


class DefaultCalendar(SchedulingError):
    """A user's default calendar belongs to its user: it cannot be given away, deleted or left."""

    def __init__(self) -> None:
        super().__init__("this is a user's default calendar: it cannot be given away, deleted or left")


class ManagedElsewhere(SchedulingError):
    """The event is in this calendar for its time alone: it is changed in its home, which is another calendar."""

    def __init__(self) -> None:
        super().__init__(
            "the event is managed from another calendar: here it can only be deleted, with the right to write, and a "
            "series only as a whole, by its own id"
        )
