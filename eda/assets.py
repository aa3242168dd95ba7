"""Where the markup, style and scripts lie that the page and the report share."""

from pathlib import Path

WEB = Path(__file__).parent / "web"
