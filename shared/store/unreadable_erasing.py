"""Erasure of a calendar's stream records from the bucket of unreadable records, in all versions of its objects."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import AnswerLost
from shared.history.changes import UnreadableRecordError
from shared.ids import CalendarId
from shared.store import keys
from shared.store.client import Clients
from shared.store.codec import text
from shared.store.erasing import UNLISTED, Erased
from shared.store.item_kinds import kind_of
from shared.store.stream import records_in
from shared.store.unreadable import PREFIX

# Of an object that is not one of several versions.
_ONLY: Final = "null"
_GONE: Final = {"NoSuchKey", "NoSuchVersion", "404"}


class UnreadableEraser:
    """Erasure from the bucket. An object may hold records of several calendars: those of others stay."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        """Uses the S3 bucket of name `bucket`."""
        self._clients = clients
        self._bucket = bucket

    def erase(self, calendar_id: CalendarId) -> Erased:
        """Erases the records of the calendar. Yields after each page, of up to 1,000 objects, how many were concerned.

        Every object is read: usually there are few, since a record that can be read again does not stay.

        Raises:
            AnswerLost: S3 did not respond.
        """
        for page in self._pages():
            own = [each for each in page if each["Key"].startswith(PREFIX)]
            # Those of Lambda hold a whole batch each, up to 12 MB: one in memory at a time.
            others = [each for each in page if not each["Key"].startswith(PREFIX)]
            concerned = [*self._clients.pool.map(lambda each: self._erase(calendar_id, each), own)]
            concerned += [self._erase(calendar_id, each) for each in others]
            yield Counter(_name(each["Key"]) for each, was in zip([*own, *others], concerned, strict=True) if was)

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        """Yields pages of all versions of all objects. A bucket without versioning has one of each.

        The next page is read before a page is yielded, since it begins behind an object that is then still there.
        """
        page = self._call(self._clients.s3.list_object_versions)
        while page.get("IsTruncated"):
            following = self._call(
                self._clients.s3.list_object_versions,
                KeyMarker=page["NextKeyMarker"],
                VersionIdMarker=page["NextVersionIdMarker"],
            )
            yield page.get("Versions", [])
            page = following
        yield page.get("Versions", [])

    def _erase(self, calendar_id: CalendarId, version: dict[str, Any]) -> bool:
        """Erases the calendar's records from one version of an object. Returns whether it had any."""
        where = {"Key": version["Key"], "VersionId": version["VersionId"]}
        body = self._read(where)
        if body is None:
            return False
        left = _of_others(calendar_id, body)
        if left is None:
            return False
        if left and version.get("IsLatest"):
            document = json.dumps({"Records": left}).encode()
            put = self._call(self._clients.s3.put_object, Key=version["Key"], Body=document)
            if put.get("VersionId", _ONLY) == version["VersionId"]:
                return True  # without versioning, it has taken the place of what was read
        self._call(self._clients.s3.delete_object, **where)
        return True

    def _read(self, where: dict[str, str]) -> bytes | None:
        """Returns the content of a version of an object; None if it is gone."""
        try:
            response = self._call(self._clients.s3.get_object, **where)
            content: bytes = response["Body"].read()
        except ClientError as fault:
            if fault.response["Error"]["Code"] in _GONE:
                return None
            raise
        except BotoCoreError as fault:
            raise AnswerLost(type(fault).__name__) from fault
        return content

    def _call(self, call: Callable[..., Any], **arguments: Any) -> Any:
        try:
            return call(Bucket=self._bucket, **arguments)
        except BotoCoreError as fault:
            raise AnswerLost(type(fault).__name__) from fault


def _of_others(calendar_id: CalendarId, body: bytes) -> list[Any] | None:
    """Returns the records of other calendars in an object; None if it has none of this calendar.

    An object that cannot be read is of no use to others: none are left of it if it names the calendar.
    """
    # The ids, however the object escapes the characters around them.
    if calendar_id.encode() not in body:
        return None
    try:
        records = records_in(body)
    except UnreadableRecordError:
        return [] if keys.calendar(calendar_id).encode() in body else None
    left = [record for record in records if not _is_of(calendar_id, record)]
    return left if len(left) < len(records) else None


def _is_of(calendar_id: CalendarId, record: Any) -> bool:
    """Returns whether a stream record is of the calendar, or of a copy of one of its events in another calendar.

    One whose key cannot be read is, if it names the calendar.
    """
    try:
        change = record["dynamodb"]
        images = [change[name] for name in ("OldImage", "NewImage") if change.get(name)]
        # What a move has left, or has taken along, is of the calendar that it is in.
        copy = bool(images) and all(image.get("home") == text(calendar_id) for image in images)
        return copy or bool(change["Keys"]["pk"]["S"] == keys.calendar(calendar_id))
    except (KeyError, TypeError, AttributeError):
        return keys.calendar(calendar_id) in json.dumps(record, ensure_ascii=False)


def _name(key: str) -> str:
    kind = kind_of("bucket", key)
    return UNLISTED if kind is None else kind.name
