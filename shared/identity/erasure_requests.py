"""Requests to erase a user, by the user or by an operator. Times are whole seconds since 1970 (UTC)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from shared.errors import InvalidRequest, StoreFault
from shared.identity.erasures import Erasure, Known, new_erasure_id
from shared.identity.users import Account
from shared.ids import ErasureId, UserId
from shared.retries import Deadline


class ErasureRequestStore(Protocol):
    """Storage of erasures. All methods raise Contended, Throttled and AnswerLost."""

    def known(self, user_id: UserId) -> Known:
        """Returns what is known of a user."""

    def get(self, erasure_id: ErasureId) -> Erasure | None:
        """Returns the erasure."""

    def begin(self, erasure: Erasure, *, has_login: bool) -> ErasureId:
        """Stores an erasure, and disables the login; an earlier one stays. Returns the id of the user's erasure."""


@dataclass(frozen=True, slots=True)
class ErasureRequests:
    """Begins erasures, for one request at `now`.

    Attributes:
        store: Stores them.
        end_sessions: Ends all sessions of a user.
        random_bytes: Returns so many bytes that nobody can predict.
        access_seconds: How long an access token is valid.
        deadline: Until when calls are retried.
        now: The time of the request.
    """

    store: ErasureRequestStore
    end_sessions: Callable[[UserId], object]
    random_bytes: Callable[[int], bytes]
    access_seconds: int
    deadline: Deadline
    now: int

    def begin(self, user_id: UserId, confirm: Callable[[Account | None], None]) -> Erasure:
        """Begins the erasure of a user: from now on nobody can log in as the user, and the sessions are ended.

        If the user is being erased already, that erasure is returned. So a request can be repeated: the response to an
        earlier one may have been lost.

        Args:
            user_id: Whom to erase. There need be no such user: what there may be of one is erased.
            confirm: Is called with the account of the user, if there is one. Raises an error to refuse the erasure.

        Raises:
            StoreFault: The database was too busy, or the response was lost: repeat the request.
        """
        known = self.deadline.retry(lambda: self.store.known(user_id))
        if known.erasure_id is not None:
            return self._stored(known.erasure_id)
        try:
            confirm(known.account)
        except InvalidRequest:
            # The same request may have begun the erasure meanwhile, which disables the login.
            erasure_id = self.deadline.retry(lambda: self.store.known(user_id)).erasure_id
            if erasure_id is None:
                raise
            return self._stored(erasure_id)
        erasure = Erasure.of(known.subject, new_erasure_id(self.random_bytes), self.now, self.access_seconds)
        has_login = known.account is not None
        # Also after a lost response: what it then finds is this erasure.
        erasure_id = self.deadline.retry(lambda: self.store.begin(erasure, has_login=has_login))
        # If this fails, the erasure does it.
        with suppress(StoreFault):
            self.deadline.retry(lambda: self.end_sessions(user_id))
        return erasure if erasure_id == erasure.id else self._stored(erasure_id)

    def _stored(self, erasure_id: ErasureId) -> Erasure:
        found = self.deadline.retry(lambda: self.store.get(erasure_id))
        if found is None:
            raise LookupError("an erasure is never deleted")
        return found
