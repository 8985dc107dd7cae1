"""What disease takes off a body: hair that has fallen out, the moon and free edge of a decayed nail."""

import numpy as np

from training.phantoms.body import Body, Field, Frame, Marks
from training.phantoms.noise import blur


def uncover(frame: Frame, body: Body, marks: Marks) -> None:
    """Removes hair where ``marks.bare`` and a nail's paint where ``marks.nail``; lesions may lie there."""
    nail = np.asarray(marks.nail * body.nail, np.float32)
    gone = np.clip(np.maximum(_strandwise(frame, body, marks.bare), 0.85 * nail), 0, 1)
    if not gone.any():
        return
    _sink(frame, body, marks.bare)
    keep = np.asarray(1 - gone, np.float32)
    body.paint *= keep[..., None]
    body.paint_alpha *= keep
    body.gloss += marks.bare * (1 - body.gloss)
    body.lesion_area = np.maximum(body.lesion_area, np.clip(gone * body.coverage, 0, 1)).astype(np.float32)


def _strandwise(frame: Frame, body: Body, bare: Field) -> Field:
    """Where hair is only thinned, the higher strands are the ones that stay."""
    strand = body.height - blur(body.height, 0.12 * frame.px_per_cm)
    strand = strand / np.float32(max(float(strand[bare > 0.05].std()) if (bare > 0.05).any() else 1.0, 1e-4))
    return np.asarray(np.clip(bare - 1.5 * bare * (1 - bare) * np.clip(strand, -2, 2), 0, 1), np.float32)


def _sink(frame: Frame, body: Body, bare: Field) -> None:
    """Skin lies lower than the hair upon it, and is smooth."""
    smooth = blur(body.height, 0.35 * frame.px_per_cm) - np.float32(0.05)
    body.height += (bare * (smooth - body.height)).astype(np.float32)
