"""How many DynamoDB calls each kind of request may make: one budget for each route of `tests.harness.requests`."""

from math import ceil
from typing import Final, NamedTuple

from shared.history.time_travel import LOOK_UPS
from shared.scheduling.range_reader import ROUNDS
from tests.harness.ledger import Ledger


class Budget(NamedTuple):
    """The maximum number of calls of a request, and of calls in a chain in which each waits for the previous one."""

    calls: int
    depth: int

    def exceeded_by(self, ledger: Ledger) -> bool:
        """Returns whether `ledger` has more calls, or a longer chain of them, than allowed."""
        return len(ledger.calls) > self.calls or ledger.depth > self.depth


BULK: Final = 1000
RECORDS: Final = 100
PER_BATCH_WRITE: Final = 25
PER_BATCH_GET: Final = 100
PER_TRANSACTION: Final = 98
# The count of a bulk request, and the read of what its calendar holds.
ADMISSION: Final = 2
# The Queries of the events of a window, one for each length class, and beside them the one of its series.
WINDOW: Final = 4 + 1
# The calls of all rounds if only one class has more than one page.
CROWDED: Final = WINDOW + ROUNDS - 1

BUDGETS: Final[dict[str, Budget]] = {
    "authorize": Budget(0, 0),
    "register": Budget(1, 1),
    # Two counters beside the user; the third one, if these let it pass; the session; the counters again beside the keys
    # of all sessions.
    "login": Budget(3 + 1 + 1 + 4, 4),
    # The user, one counter, the session, and that counter again beside the keys of all sessions.
    "login on a known device": Budget(1 + 1 + 1 + 2, 4),
    "refresh": Budget(1, 1),
    "logout": Budget(1, 1),
    "read me": Budget(1, 1),
    # The profile; as a login up to the password, and the counters again; the profile again, and the change.
    "change the address": Budget(1 + 4 + 3 + 2, 7),
    "ask for a code": Budget(2, 2),
    "verify the address": Budget(3, 3),
    # The counter and the mail, whatever the address is.
    "forget the password": Budget(2, 2),
    # The counter, the try, the profile, the password, the sessions before and after the change, the change, and the
    # two counters that it clears.
    "reset the password": Budget(9, 9),
    # Whether it waits, the counts of the user and the network, the profile, whose address it is, the count of the
    # address, the code, and its removal.
    "send a mail": Budget(9, 9),
    "list sessions": Budget(1, 1),
    # The user, the sessions, the events and the versions; more for each page of them.
    "export": Budget(4, 4),
    # Who it is; the password as for a login; the erasure; the sessions.
    "erase": Budget(2 + 4 + 3 + 1 + 2, 8),
    "end a session": Budget(1, 1),
    # The keys of all, and a write for each 25.
    "end all other sessions": Budget(1 + 1, 2),
    # As a login up to the password, which is then stored; the counters again; and the other sessions end.
    # The profile before, for the rules.
    "change the password": Budget(1 + 4 + 1 + 3 + 2, 7),
    "create": Budget(7, 3),
    # By a process that has read within the last minute what the calendar holds, or else after that read.
    "create, conflicts allowed": Budget(1, 1),
    "create, conflicts allowed, the first of a process": Budget(2, 2),
    # The usual seven without the write, and five to find the next free start.
    "create, refused (409)": Budget(1 + WINDOW + WINDOW, 3),
    "list a window": Budget(WINDOW, 1),
    "free and busy": Budget(WINDOW, 1),
    "get": Budget(1, 1),
    "replace": Budget(7, 3),
    "patch no time": Budget(1, 1),
    "patch one time": Budget(8, 4),
    "patch both times": Budget(7, 3),
    # Fences of time that it keeps are read with it.
    "patch both times, conflicts allowed": Budget(2, 2),
    "delete": Budget(1, 1),
    "get an occurrence": Budget(1, 1),
    "list occurrences": Budget(1, 1),
    # The fences of its weeks, and what overlaps it. With one time alone it is read before.
    "move an occurrence": Budget(7, 3),
    "end an occurrence later": Budget(8, 4),
    "retitle an occurrence": Budget(2, 2),
    "cancel an occurrence": Budget(2, 2),
    # Both parts in one transaction, which moves all fences. Only other time than before is looked at.
    "move the following occurrences": Budget(7, 3),
    "retitle the following occurrences": Budget(2, 2),
    "end a series": Budget(2, 2),
    "move a series": Budget(7, 3),
    "create under a key": Budget(7, 3),
    "create under a key, repeated": Budget(1, 1),
    "find by uid": Budget(1, 1),
    # Before its writes, a bulk counts the request, and reads concurrently what the calendar holds unless that is known.
    "bulk of 1,000": Budget(ADMISSION + ceil(BULK / PER_BATCH_WRITE), 2),
    # One more for the claim on the key.
    "bulk of 1,000 under a key": Budget(ADMISSION + 1 + ceil(BULK / PER_BATCH_WRITE), 3),
    # The count, one for the existing claim, and the reads of the events that it created.
    "bulk of 1,000 under a key, repeated": Budget(2 + ceil(BULK / PER_BATCH_GET), 3),
    # One read of the existing events, and a write for each, since a batch cannot have conditions.
    "bulk of 50 with uids": Budget(ADMISSION + 1 + 50, 3),
    # A Query for each length class of each of at most eight windows, and one for the series in all of them.
    "bulk of 1,000 with a report of conflicts": Budget(ADMISSION + 4 * 8 + 1 + ceil(BULK / PER_BATCH_WRITE), 3),
    "list versions": Budget(2, 1),
    "one version": Budget(2, 1),
    "diff": Budget(2, 1),
    "rollback": Budget(8, 4),
    "restore": Budget(8, 4),
    "make a calendar": Budget(1, 1),
    # The list, and the calendars in it.
    "list calendars": Budget(2, 2),
    "get a calendar": Budget(1, 1),
    "patch a calendar": Budget(2, 2),
    # The caller's right beside the page.
    "list members": Budget(2, 1),
    "get a membership": Budget(1, 1),
    "patch a membership": Budget(2, 2),
    "grant": Budget(2, 2),
    "share the default calendar": Budget(2, 2),
    # Of an editor by id. By name: who that is, before.
    "revoke": Budget(1, 1),
    "revoke by name": Budget(2, 2),
    "leave": Budget(1, 1),
    "transfer": Budget(2, 2),
    "delete a calendar": Budget(1, 1),
    "restore a calendar": Budget(1, 1),
    "list changes of roles": Budget(2, 1),
    "invite": Budget(1, 1),
    "list invitations": Budget(2, 1),
    "get an invitation": Budget(1, 1),
    "withdraw an invitation": Budget(1, 1),
    "accept an invitation": Budget(2, 2),
    # Nothing is looked up for the caller's default calendar. Else the rights of all in one call, and then five Queries
    # for each.
    "find a time of one's own": Budget(WINDOW, 1),
    "find a time in 5 calendars": Budget(1 + WINDOW * 5, 2),
    "find a time in 20 calendars": Budget(1 + WINDOW * 20, 2),
    # All calendars in one call, five Queries in each, and one write.
    "book 3 calendars": Budget(2 + WINDOW * 3, 3),
    "book one of 3": Budget(2 + WINDOW * (1 + 3), 3),
    # That the event is on several is known only when it is read.
    "reschedule on 3 calendars": Budget(3 + WINDOW * 3, 4),
    "retitle on 3 calendars": Budget(3, 3),
    "cancel on 3 calendars": Budget(3, 3),
    "take off a calendar": Budget(3, 3),
    "move to another calendar": Budget(7, 3),
    "list deleted": Budget(1, 1),
    "get as of": Budget(2, 1),
    # Four for the page and one for the series, and one for the stored versions of its ten events.
    "list a window as of": Budget(5 + 1, 2),
    # The index, the events, and a write for each of the ten.
    "undo of 10": Budget(2 + 10, 3),
    # And for each of the ten the previous version, a read and a write, since their times do not change.
    "undo of 10 changes": Budget(2 + 10 * 3, 5),
    # And for each of the ten seven calls, as for every change that takes time. Those of one week are made in sequence.
    "undo of 10 deletions": Budget(2 + 10 * 7, 2 + 10 * 3),
    "undo of 10 deletions, conflicts allowed": Budget(2 + 10 * 2, 4),
    # One more for each calendar among them, whose events are counted concurrently.
    "record 100 changes": Budget(ceil(RECORDS / PER_BATCH_WRITE) + 1, 1),
    # Upper limits for any calendar: one of the four classes is crowded, and each further round reads a page of it.
    # The fences, a round that finds the conflict, and the limit of the search for a free time.
    "create, refused in a crowded hour (409)": Budget(1 + WINDOW + CROWDED, 2 + ROUNDS),
    # The fences, the rounds of the conflict check, and those of the search for a free time.
    "create, refused behind a crowd (409)": Budget(1 + 2 * CROWDED, 1 + 2 * ROUNDS),
    "free and busy of a crowded hour": Budget(CROWDED, ROUNDS),
    "list a window behind 1,000 long stays": Budget(CROWDED, ROUNDS),
    # The rounds, and the stored versions of each hundred events: those of one round concurrently. Events at the end of
    # a page are looked up, with two concurrent calls.
    "list a window as of, behind an undone bulk": Budget(
        5 + ROUNDS - 1 + 2 + BULK // 100 + 2 * (ROUNDS - 1), 3 * ROUNDS
    ),
    # Three rounds, the stored versions in four steps, and LOOK_UPS events that were different at that time.
    "list a window as of, behind a restored bulk": Budget(4 + 1 + 2 + 4 + 2 * LOOK_UPS, 3 + 2 * 4),
}

# In a calendar that is not the caller's own, with the same names. The others cost what they cost in one's own: what a
# calendar grants is read in a call that is made anyway, and held to in a transaction.
SHARED_BUDGETS: Final[dict[str, Budget]] = {
    # The grant is read beside the Queries.
    "list a window": Budget(WINDOW + 1, 1),
    "free and busy": Budget(WINDOW + 1, 1),
    "list deleted": Budget(1 + 1, 1),
    "list a window as of": Budget(5 + 1 + 2, 2),
    # A transaction returns nothing of what it writes: the event is read before.
    "patch no time": Budget(2, 2),
    "one version": Budget(1, 1),
    "diff": Budget(1, 1),
    # The grant beside the admission; then transactions one after another.
    "bulk of 1,000": Budget(ADMISSION + 1 + ceil(BULK / PER_TRANSACTION), 1 + ceil(BULK / PER_TRANSACTION)),
    "bulk of 1,000 under a key": Budget(ADMISSION + 2 + ceil(BULK / PER_TRANSACTION), 2 + ceil(BULK / PER_TRANSACTION)),
    "bulk of 1,000 under a key, repeated": Budget(3 + ceil(BULK / PER_TRANSACTION), 3),
    "bulk of 50 with uids": Budget(ADMISSION + 1 + 1 + 1, 3),
    "bulk of 1,000 with a report of conflicts": Budget(
        ADMISSION + 1 + 4 * 8 + 1 + ceil(BULK / PER_TRANSACTION), 2 + ceil(BULK / PER_TRANSACTION)
    ),
    # The grant beside the index, the events, and all deletions in one transaction. Each other change has its own.
    "undo of 10": Budget(3 + 1, 3),
    "undo of 10 changes": Budget(3 + 10 * 3, 5),
    "undo of 10 deletions": Budget(3 + 10 * 7, 2 + 10 * 3),
    "undo of 10 deletions, conflicts allowed": Budget(3 + 10 * 2, 4),
}
# Whether the event is one that a booker has created has to be read, after an attempt without a read.
BOOKER_BUDGETS: Final[dict[str, Budget]] = {**SHARED_BUDGETS, "delete": Budget(3, 3)}
