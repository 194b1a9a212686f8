"""The response document of an erasure: its certificate."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.http.document_types import InstantValue
from shared.identity.erasures import ErasureStatus
from shared.scheduling.instants import of_seconds

if TYPE_CHECKING:
    from shared.identity.erasures import Erasure

ERASURE_ID = "q2Xr5kYwUjO0b3l9mN7pQvT1sZ8dH4aGcE6fW-iJ_xA"


class ErasureDocument(TypedDict):
    """The erasure of a user, and the certificate of it. It has no data about the user."""

    erasure_id: Annotated[
        str, Field(description="Names the erasure. Nobody can guess it: keep it.", examples=[ERASURE_ID])
    ]
    status: Annotated[
        ErasureStatus,
        Field(
            description="`erasing`: at work. `erased`: all that there was is gone. `verified`: so is what came late, "
            "and nothing more can come.",
            examples=["erased"],
        ),
    ]
    requested_at: Annotated[InstantValue, Field(description="When it was asked for, in UTC.")]
    erased_at: Annotated[InstantValue | None, Field(description="When all that there was was gone, in UTC.")]
    verify_at: Annotated[
        InstantValue,
        Field(description="From then on, in UTC, nothing can come late: it is looked for what has, and erased."),
    ]
    verified_at: Annotated[InstantValue | None, Field(description="When that was done, in UTC.")]
    counts: Annotated[
        dict[str, int],
        Field(
            description="How many items were erased, by their kind: at least, since an interruption can leave some "
            "uncounted.",
            examples=[{"profiles": 1, "events": 12, "versions": 31}],
        ),
    ]


def erasure_document(erasure: "Erasure") -> ErasureDocument:
    """Returns the certificate of an erasure."""
    return {
        "erasure_id": erasure.id,
        "status": erasure.status,
        "requested_at": of_seconds(erasure.requested_at),
        "erased_at": None if erasure.erased_at is None else of_seconds(erasure.erased_at),
        "verify_at": of_seconds(erasure.verify_at),
        "verified_at": None if erasure.verified_at is None else of_seconds(erasure.verified_at),
        "counts": dict(erasure.counts),
    }
