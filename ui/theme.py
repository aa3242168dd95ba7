"""How the page looks: Gradio's theme, and the style sheets for the document's head."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import gradio as gr

from inspection.detector import DetectorInfo
from inspection.evaluation.joint import JOINT_INFO
from inspection.joint import JOINT
from ui.parts.components import read


def make_theme() -> gr.themes.Base:
    """Return the theme; its fonts come with Gradio, so nothing is loaded from outside."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.sky,
        neutral_hue=gr.themes.colors.slate,
        radius_size="md",
        spacing_size="sm",
        text_size="md",
        font=[
            gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)),
            "system-ui",
            "sans-serif",
        ],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "monospace"],
    ).set(
        body_background_fill="#f3f5f8",
        body_background_fill_dark="#0c1117",
        block_background_fill="#ffffff",
        block_background_fill_dark="#151c24",
        body_text_color="#16202b",
        body_text_color_dark="#e6edf3",
        body_text_color_subdued="#4d5b69",
        body_text_color_subdued_dark="#9fb0c0",
        border_color_primary="#dde3ea",
        border_color_primary_dark="#27323e",
        button_primary_background_fill="#16202b",
        button_primary_background_fill_hover="#2b3a4a",
        button_primary_text_color="#ffffff",
        button_primary_background_fill_dark="#e6edf3",
        button_primary_background_fill_hover_dark="#ffffff",
        button_primary_text_color_dark="#0d1218",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#151c24",
        button_secondary_border_color="#c6d0da",
        button_secondary_border_color_dark="#3a4856",
    )


def page_head(styles: Iterable[Path], detectors: Mapping[str, DetectorInfo]) -> str:
    """Return the style sheets for `launch(head=...)`; `launch(css=...)` loses some rules."""
    rules = "\n".join([*map(read, styles), mark_colours(detectors)])
    return f"<style>{rules}</style>"


def mark_colours(detectors: Mapping[str, DetectorInfo]) -> str:
    """Return the style sheet that gives what belongs to a detector its colour."""
    return "\n".join(
        f"[data-detector={name}] {{ --mark: {info.appearance.light}; }} "
        f".dark [data-detector={name}] {{ --mark: {info.appearance.dark}; }}"
        for name, info in {**detectors, JOINT: JOINT_INFO}.items()
    )
