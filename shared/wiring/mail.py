"""Wiring of the function that sends mails."""

from shared.identity.outbox import Outbox
from shared.runtime import current
from shared.store.mailer import SesNotifier
from shared.store.outbox import DynamoOutboxStore


def outbox() -> Outbox:
    """Returns what sends the mails that wait in the users table."""
    runtime = current()
    settings = runtime.settings
    notifier = SesNotifier(runtime.clients, settings.mail_from) if settings.mail_from else None
    return Outbox(DynamoOutboxStore(runtime.clients, settings.users_table), notifier, runtime.random_bytes)
