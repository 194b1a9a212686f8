"""Wiring of the function that erases."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from shared.identity.erasures import Erasure, Subject
from shared.identity.erasures import run as run_erasure
from shared.ids import ErasureId, UserId, default_calendar
from shared.observability import security_event
from shared.runtime import current
from shared.store.account_erasing import AccountEraser
from shared.store.erasing import CalendarEraser
from shared.store.item_kinds import Region
from shared.store.membership_erasing import MembershipEraser
from shared.store.unreadable_erasing import UnreadableEraser
from shared.wiring.erasures import erasures
from shared.wiring.maintenance import deadline

# How many erasures one run takes on.
DUE_AT_ONCE: Final = 100
# Changes before what follows from them, and the account last.
REGIONS: Final[tuple[Region, ...]] = ("calendar", "versions", "bucket", "sharing", "account")


def due() -> list[ErasureId]:
    """Returns erasures that are due, longest due first."""
    now = current().now()
    return deadline().retry(lambda: erasures().due(now, DUE_AT_ONCE))


def run(erasure_id: ErasureId, stop: Callable[[], bool]) -> Erasure | None:
    """Runs the erasure until `stop` returns True. Returns it as it is afterwards; None if there is none."""
    store = erasures()
    erasure = deadline().retry(lambda: store.get(erasure_id))
    if erasure is None:
        return None

    def save(before: Erasure, after: Erasure) -> bool:
        return deadline().retry(lambda: store.save(before, after))

    return run_erasure(erasure, save=save, report=_report, erase=erase, now=current().now, stop=stop)


def _report(user_id: UserId) -> None:
    security_event("AccountErased", user_id=user_id)


def erase(subject: Subject) -> Iterator[Counter[str]]:
    """Erases what there is of the subject, in each place where the list of kinds of items has some."""
    runtime = current()
    settings, clients = runtime.settings, runtime.clients
    calendar_id = default_calendar(subject.user_id)
    calendar = CalendarEraser(clients, settings.events_table, settings.history_table, deadline)
    erasers: dict[Region, Callable[[], Iterator[Counter[str]]]] = {
        "calendar": lambda: calendar.erase_calendar(calendar_id, subject.user_id, runtime.now()),
        "versions": lambda: calendar.erase_versions(calendar_id),
        "bucket": lambda: UnreadableEraser(clients, settings.unreadable_bucket).erase(calendar_id),
        "sharing": lambda: MembershipEraser(
            clients, (settings.access_table, settings.directory_table), deadline, runtime.now
        ).erase(subject),
        "account": lambda: AccountEraser(clients, settings.users_table, deadline).erase(subject),
    }
    for region in REGIONS:
        yield from erasers[region]()
