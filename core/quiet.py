"""Muting what the libraries print when they are imported: hints for developers, noise for a clinician."""

import os


def mute_libraries() -> None:
    """To be called before diffusers or transformers are first imported; the user's own settings win."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
