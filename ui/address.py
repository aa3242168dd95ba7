"""Whether the page can listen at an address, and who can reach it; checked before any loading."""

import ipaddress
import os
import socket

from inspection.errors import SettingsError, first_line

MAX_PORT = 65535
THIS_MACHINE = "127.0.0.1"


def check_address(host: str | None, port: int | None) -> None:
    """Listen at the address for a moment.

    Raises:
        SettingsError: the port is taken or impossible, or this machine has no such address.
    """
    if port is not None and not 1 <= port <= MAX_PORT:
        raise SettingsError(
            f"There is no port {port}.", f"Choose one from 1 to {MAX_PORT} with --port."
        )
    name = _bare(host or THIS_MACHINE)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            name, port or 0, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name != "nt":  # there, it would share a port that is taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        where = name if port is None else f"{name}, port {port}"
        raise SettingsError(
            f"The page cannot be served at {where} ({first_line(error)}).",
            "Choose another address with --host and --port.",
        ) from error


def is_loopback(host: str | None) -> bool:
    """Return whether this machine alone can reach an address; without one, Gradio's own counts."""
    chosen = os.environ.get("GRADIO_SERVER_NAME", THIS_MACHINE) if host is None else host
    try:
        found = socket.getaddrinfo(_bare(chosen), None)
    except (OSError, UnicodeError):
        return False
    return all(ipaddress.ip_address(str(address[0])).is_loopback for *_, address in found)


def _bare(host: str) -> str:
    """Return an address without the brackets of IPv6."""
    return host.removeprefix("[").removesuffix("]")
