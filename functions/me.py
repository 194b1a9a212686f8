"""GET /me: the caller's own user."""

from shared.http.api import Response, answer, app, current_request, handler
from shared.http.responses import returns
from shared.http.user_documents import UserDocument, stranger_document, user_document
from shared.wiring.addresses import addresses

__all__ = ["handler"]


@app.get(
    "/me",
    operation_id="get_me",
    tags=["Identity"],
    summary="Read your user",
    description="An address that is not verified within a day is not shown any more. A user of another identity "
    "provider has an id and a name here, and nothing else.",
    responses={200: returns("Your user.", UserDocument)},
)
def get_me() -> Response[str]:
    """Returns the caller's user."""
    request = current_request()
    profile = request.deadline.retry(lambda: addresses().profile(request.actor))
    return answer(stranger_document(request) if profile is None else user_document(profile, request.now))
