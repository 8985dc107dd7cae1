"""Light on a body: bump-mapped diffuse light with a soft terminator, and a highlight from the skin's oil."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.phantoms.body import Body, Field, Frame, Marks
from training.phantoms.noise import octaves, white_noise
from training.phantoms.skin import RGB


@dataclass(frozen=True)
class Light:
    """One lamp and the room's ambient light. Angles in radians; intensities relative to a facing surface."""

    azimuth: float
    elevation: float
    ambient: float
    exposure: float
    gloss: float
    sharpness: float
    colour: tuple[float, float, float]

    def direction(self) -> tuple[float, float, float]:
        """Unit vector to the lamp; x right, y down, z to the camera."""
        flat = np.cos(self.elevation)
        return (
            float(flat * np.cos(self.azimuth)),
            float(flat * np.sin(self.azimuth)),
            float(np.sin(self.elevation)),
        )


def lit(frame: Frame, body: Body, marks: Marks, colour: RGB, light: Light, rng: np.random.Generator) -> RGB:
    """Returns the light (size, size, 3) that leaves the body towards the camera."""
    relief = body.height + marks.height + _fine_relief(frame, body, rng)
    nx, ny, nz = _normals(relief, frame.px_per_cm)
    lx, ly, lz = light.direction()
    diffuse = _diffuse(nx * lx + ny * ly + nz * lz, lz, light) * body.shade
    tinted = np.stack(
        [diffuse**0.88, diffuse, diffuse**1.06], axis=-1
    )  # light scattered under the skin is red
    highlight = _specular(nx, ny, nz, (lx, ly, lz), light) * body.gloss * marks.gloss * (1 + 2.5 * marks.wet)
    highlight = highlight * body.shade * (1 - 0.7 * body.paint_alpha) * (1 - 0.8 * marks.scale)
    lamp = np.asarray(light.colour, np.float32) * light.exposure
    return np.asarray((colour * tinted + highlight[..., None]) * lamp, np.float32)


def _fine_relief(frame: Frame, body: Body, rng: np.random.Generator) -> Field:
    """Skin lines and pores (cm). What is finer than a pixel is left out rather than turned into noise."""
    lines = octaves(rng, frame.size, frame.cells(0.45), 3, 0.62) * 0.0040 * body.lines
    pores = np.clip(octaves(rng, frame.size, frame.cells(0.12), 1) - 1.1, 0, 2) * 0.006 * body.pores
    return np.asarray((lines - pores) * (1 - body.nail) * (1 - body.paint_alpha), np.float32)


def _normals(relief: Field, px_per_cm: float) -> tuple[Field, Field, Field]:
    gy, gx = np.gradient(relief)
    gx, gy = gx * px_per_cm, gy * px_per_cm
    steep = np.sqrt(gx * gx + gy * gy)
    limit = np.minimum(1, 3.0 / np.maximum(steep, 1e-6))  # silhouettes are infinitely steep
    gx, gy = gx * limit, gy * limit
    nz = 1 / np.sqrt(1 + gx * gx + gy * gy)
    return -gx * nz, -gy * nz, nz


def _diffuse(cosine: Field, facing: float, light: Light) -> Field:
    """Wrapped Lambert, scaled so that a surface facing the camera reflects its albedo."""
    wrap = 0.3
    key = np.maximum(cosine + wrap, 0) / (facing + wrap)
    return np.asarray(light.ambient + (1 - light.ambient) * key, np.float32)


def _specular(nx: Field, ny: Field, nz: Field, lamp: tuple[float, float, float], light: Light) -> Field:
    hx, hy, hz = lamp[0], lamp[1], lamp[2] + 1
    norm = np.sqrt(hx * hx + hy * hy + hz * hz)
    cosine = np.clip((nx * hx + ny * hy + nz * hz) / norm, 0, 1)
    return np.asarray(light.gloss * cosine**light.sharpness, np.float32)


def photograph(
    light_out: RGB, camera_noise: float, vignette: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Linear light to an 8-bit sRGB picture (size, size, 3): vignette, sRGB curve, sensor noise."""
    size = light_out.shape[0]
    corner = (np.linspace(-1, 1, size, dtype=np.float32) ** 2) / 2
    falloff = 1 - vignette * (corner[:, None] + corner[None, :])
    linear = np.clip(light_out * falloff[..., None], 0, None)
    rolled = np.where(linear > 0.8, 0.8 + 0.2 * np.tanh((linear - 0.8) / 0.2), linear)  # film-like shoulder
    encoded = np.where(
        rolled <= 0.0031308, rolled * 12.92, 1.055 * np.maximum(rolled, 1e-6) ** (1 / 2.4) - 0.055
    )
    encoded = encoded + camera_noise * white_noise(rng, size)[..., None]
    return np.asarray(np.clip(encoded * 255 + 0.5, 0, 255), np.uint8)
