"""Telling "out of memory" from other failures, and saying the way out."""


def ran_out_of_memory(error: BaseException) -> bool:
    """True for what Python, torch's CPU allocator and torch's accelerators raise when memory is short."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("can't allocate memory" in text or "out of memory" in text)


def out_of_memory_message(doing: str) -> str:
    """A whole sentence: what did not fit, and what to do."""
    return (
        f"There is not enough memory to {doing}. Choose a smaller width and height or a smaller model, or "
        "close other programs, and try again."
    )
