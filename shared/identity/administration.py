"""What an operator does about users. Times are whole seconds since 1970 (UTC)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import NotFound, SchedulingError
from shared.identity.users import Account
from shared.ids import ItemKey, UserId
from shared.retries import Deadline


class BeingErased(SchedulingError):
    """The user is being erased: there is no way back."""


@dataclass(frozen=True, slots=True)
class ListedUser:
    """A user in an operator's list. `locked`: whether a counter of guesses at the name refuses attempts now."""

    user_id: UserId
    username: str
    created_at: int
    disabled_at: int | None
    locked: bool


class AdministrationStore(Protocol):
    """Storage of users, for an operator. All methods raise Contended, Throttled and AnswerLost."""

    def named(self, username: str) -> Account | None:
        """Returns the account called `username`, in any case; None if there is none."""

    def of(self, user_id: UserId) -> Account | None:
        """Returns the account of a user; None if there is none."""

    def page(self, after: ItemKey | None, now: int) -> tuple[Sequence[ListedUser], ItemKey | None]:
        """Returns a page of users behind a position, in no particular order, and the position of the next page."""

    def disable(self, account: Account, now: int) -> None:
        """Disables the login of a user. Raises Contended if there is none any more."""

    def enable(self, account: Account) -> bool:
        """Enables the login of a user. Returns whether it did: not if the user is being erased, or is gone."""

    def unlock(self, username: str) -> int:
        """Deletes the counters of guesses at a name. Returns how many there were."""


@dataclass(frozen=True, slots=True)
class Administration:
    """Disables, enables and unlocks users, for one invocation at `now`."""

    store: AdministrationStore
    end_sessions: Callable[[UserId], int]
    deadline: Deadline
    now: int

    def page(self, after: ItemKey | None) -> tuple[Sequence[ListedUser], ItemKey | None]:
        """Returns a page of users, in no particular order, and the position of the next page."""
        return self.deadline.retry(lambda: self.store.page(after, self.now))

    def account(self, username: str | None, user_id: UserId | None) -> Account:
        """Returns the account with this name or id. Raises NotFound."""
        found = None
        if username is not None:
            found = self.deadline.retry(lambda: self.store.named(username))
        elif user_id is not None:
            found = self.deadline.retry(lambda: self.store.of(user_id))
        if found is None:
            raise NotFound("user")
        return found

    def disable(self, account: Account) -> int:
        """Disables the login of a user, and ends all sessions. Returns how many there were.

        In this order: a login that is under way stores its session on condition that the user is not disabled.
        """
        self.deadline.retry(lambda: self.store.disable(account, self.now))
        return self.deadline.retry(lambda: self.end_sessions(account.user_id))

    def enable(self, account: Account) -> None:
        """Enables the login of a user. Raises BeingErased."""
        if not self.deadline.retry(lambda: self.store.enable(account)):
            raise BeingErased("the user is being erased, or is gone")

    def unlock(self, account: Account) -> int:
        """Deletes the counters of guesses at the user's name, of all sources. Returns how many there were."""
        return self.deadline.retry(lambda: self.store.unlock(account.username))
