"""What the server sends to the page."""

from typing import Any

Payload = dict[str, Any]
"""One record for the browser: JSON types only."""

Updates = dict[str, Any]
"""Name of a component -> its new value; what is not named stays as it is."""
