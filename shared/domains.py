"""Domains of e-mail addresses: one form for each, the one that mails are sent to."""

import unicodedata


def in_ascii(domain: str) -> str:
    """Returns `domain` in lower case and ASCII, with Punycode for what is not (RFC 3492).

    Raises:
        ValueError: It has no such form, or one that stands for another domain. Python's codec is that of IDNA 2003,
            which maps fullwidth letters, and replaces "\u00df" by "ss" where RFC 5891 does not.
    """
    if domain.isascii():
        return domain.lower()
    encoded = domain.encode("idna")
    if encoded.decode("idna") != unicodedata.normalize("NFC", domain.lower()):
        raise ValueError("stands for another domain")
    return encoded.decode().lower()
