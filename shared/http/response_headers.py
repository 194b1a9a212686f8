"""The headers that every response has, whatever became of the request. The gateway's own are in template.yaml."""

from typing import Any, Final

# The response headers that web pages may read, in addition to those that are always readable.
EXPOSED: Final = ("Device-Token", "ETag", "Idempotent-Replay", "Location", "Retry-After", "WWW-Authenticate")

# What a response has unless its handler says otherwise: only public documents may be stored by caches (RFC 9111,
# section 5.2.2.5), browsers use HTTPS for two years from now on (RFC 6797; without the subdomains of a custom domain,
# which are not this API's), and believe the media type (Fetch Standard, section 3.6).
ALWAYS: Final = {
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
}


def complete(response: dict[str, Any], cors_origin: str) -> None:
    """Adds the headers of every response to `response`, in the format of a Lambda proxy integration.

    Args:
        response: The response. A header that it has stays as it is.
        cors_origin: Which web origin may read responses (CORS, Fetch Standard, section 3.2); empty for none.
    """
    headers: dict[str, str] = response.setdefault("headers", {})
    own = headers.keys() | (response.get("multiValueHeaders") or {}).keys()
    headers.update({name: value for name, value in ALWAYS.items() if name not in own})
    if cors_origin:
        headers["Access-Control-Allow-Origin"] = cors_origin
        headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
