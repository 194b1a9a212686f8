"""User names that nobody can register, since they could be taken for the service's own."""

from typing import Final

# The role names of RFC 2142, names of the system's own accounts, and words that have a meaning in routes and programs.
# Without dots, underscores and hyphens, which are ignored: `ad-min` is reserved as well.
RESERVED: Final = frozenset(
    {
        "abuse",
        "admin",
        "administrator",
        "all",
        "anonymous",
        "api",
        "auth",
        "billing",
        "contact",
        "everybody",
        "everyone",
        "external",
        "false",
        "guest",
        "help",
        "helpdesk",
        "hostmaster",
        "info",
        "localhost",
        "mailerdaemon",
        "marketing",
        "me",  # a user name has at least three characters, but `m-e` is one
        "moderator",
        "myself",
        "nobody",
        "none",
        "noreply",
        "null",
        "official",
        "operator",
        "owner",
        "postmaster",
        "privacy",
        "public",
        "root",
        "sales",
        "security",
        "self",
        "service",
        "staff",
        "superuser",
        "support",
        "sysadmin",
        "system",
        "true",
        "undefined",
        "webmaster",
    }
)
_IGNORED: Final = str.maketrans("", "", "._-")


def is_reserved(name: str) -> bool:
    """Returns whether the user name `name` is reserved, in any case of letters and however it is divided."""
    return name.lower().translate(_IGNORED) in RESERVED
