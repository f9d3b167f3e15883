"""Addresses of servers, and the key that is shown to them."""

import ipaddress
import os
from urllib.parse import urlsplit

from embodied_mem.errors import ConfigError


def checked_url(base_url: str) -> str:
    """Returns an address without a slash at its end.

    Raises:
        ConfigError: If it is none, or carries a password or a query.
    """
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"a model server's address cannot be read: {error}") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError(
            f"the address of the model server at {host!r} carries a user, a query or a fragment; "
            "expected http://host:port/v1, and the key in an environment variable"
        )
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError(f"{base_url!r} is no server's address; expected http://host:port/v1")
    return base_url.rstrip("/")


def is_loopback(base_url: str) -> bool:
    """Whether an address is this machine's own, so that what is sent never leaves it."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_key(variable: str, base_url: str) -> str:
    """Returns the key from the environment; empty where there is none.

    Raises:
        ConfigError: If it would be sent in the clear, or cannot be sent at all. Neither the message
            nor a local variable on its way has the key: tracebacks are printed with those.
    """
    if flaw := _flaw_of(variable, base_url):
        raise ConfigError(flaw)
    return _stripped(variable)


def without_key(body: bytes, variable: str) -> bytes:
    """Returns what a server said without the key: some repeat what they were shown."""
    key = _stripped(variable).encode()
    return body.replace(key, b"***") if key else body


def _stripped(variable: str) -> str:
    return os.environ.get(variable, "").strip() if variable else ""


def _flaw_of(variable: str, base_url: str) -> str:
    """Returns why the key must not be sent; empty where it may."""
    key = _stripped(variable)
    if not key:
        return ""
    if not (key.isascii() and key.isprintable()) or " " in key:
        return f"the key in {variable} has letters that no header takes"
    if urlsplit(base_url).scheme != "https" and not is_loopback(base_url):
        return (
            f"the key in {variable} would go to {base_url} in the clear: use https, or name "
            "another variable (key_variable) for a server that needs no key"
        )
    return ""
