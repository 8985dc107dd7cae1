"""The skin over a joint: wrinkles on its back, a flexion crease on its palmar side."""

import numpy as np

from training.phantoms.anatomy.digits import Placed
from training.phantoms.body import Body, Frame
from training.phantoms.shapes import bump, inside


def knuckle_wrinkles(
    body: Body, whole: Placed, joint: float, rng: np.random.Generator, strength: float, reach: float = 0.42
) -> None:
    """Oval wrinkles over the back of a joint: three to five transverse folds bowed away from it."""
    digit = whole.digit
    spacing = rng.uniform(0.17, 0.23) * digit.half_width / 0.85
    shift, phase = rng.uniform(-0.05, 0.05), rng.uniform(0, 6)
    middle, far = joint * digit.length, 2.2 * reach * digit.half_width
    placed = whole.part(middle - far, middle + far)
    if placed is None:
        return
    w, u, across = placed.window, placed.from_joint(joint), placed.side * placed.side
    bowed = u * (1 + 0.35 * across) + np.float32(shift)
    wave = np.cos(
        bowed * np.float32(2 * np.pi / spacing) + 0.8 * np.sin(5 * placed.across + np.float32(phase))
    )
    near = u * np.float32(1 / (reach * digit.half_width))
    patch = np.exp(-near * near - 1.75 * across * across)
    furrow = np.square(np.maximum(wave, 0)) * patch * np.float32(strength)
    body.height[w] += 0.05 * patch * np.float32(digit.half_width) - 0.03 * furrow
    body.shade[w] *= 1 - 0.3 * furrow
    body.melanin[w] *= 1 + 0.22 * patch


def flexion_crease(
    body: Body, placed: Placed, joint: float, frame: Frame, strength: float, bow: float = 0.05
) -> None:
    """One crease across the palmar side of a joint, from silhouette to silhouette."""
    w = placed.window
    line = bump(placed.from_joint(joint) + bow * placed.side**2, max(0.04, 0.75 / frame.px_per_cm))
    line = line * inside(placed.distance, frame.px_per_cm) * np.float32(strength)
    body.height[w] -= 0.05 * line
    body.shade[w] *= 1 - 0.42 * line
    body.melanin[w] *= 1 + 0.45 * line
    body.blood[w] += 0.12 * line
