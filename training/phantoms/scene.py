"""A scene is everything random about one phantom, drawn from its seed before a pixel is touched."""

from dataclasses import dataclass, replace

import numpy as np

from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.phantoms.anatomy import SiteView
from training.phantoms.body import Frame
from training.phantoms.camera import USUAL, Camera, sample_camera
from training.phantoms.noise import octaves
from training.phantoms.shading import Light
from training.phantoms.skin import RGB, Complexion

DRAPES = (
    (0.10, 0.22, 0.16),
    (0.07, 0.13, 0.30),
    (0.16, 0.24, 0.32),
    (0.030, 0.034, 0.036),
    (0.30, 0.31, 0.33),
    (0.42, 0.40, 0.36),
)
"""Backgrounds in linear RGB: surgical green, blue, pale blue, black velvet, grey card, linen."""


@dataclass(frozen=True)
class Scene:
    """What is photographed, by whom it is worn, and how the camera and the lamp stand."""

    attributes: Attributes
    seed: tuple[int, ...]
    complexion: Complexion
    light: Light
    background: tuple[float, float, float]
    zoom: float
    turn: float
    shift: tuple[float, float]
    mirrored: bool
    camera_noise: float
    vignette: float
    camera: Camera = USUAL


def sample_scene(attributes: Attributes, view: SiteView, seed: tuple[int, ...]) -> Scene:
    """Draws a scene for these attributes; ``seed`` alone decides everything else.

    Raises:
        VocabularyError: the tone is unknown.
    """
    rng = np.random.default_rng((*seed, 1))
    low, high = load_vocabulary().tone(attributes.tone or "").monk
    scene = Scene(
        attributes=attributes,
        seed=seed,
        complexion=_sample_complexion(rng, low, high),
        light=_sample_light(rng, dark=float(np.clip((high - 6) / 4, 0, 1))),
        background=_sample_background(rng),
        zoom=float(rng.uniform(0.88, 1.14)),
        turn=float(np.deg2rad(rng.uniform(-view.turn, view.turn))),
        shift=(float(rng.uniform(-1, 1) * view.shift), float(rng.uniform(-1, 1) * view.shift)),
        mirrored=bool(rng.random() < 0.5),
        camera_noise=float(rng.uniform(0.002, 0.005)),
        vignette=float(rng.uniform(0.0, 0.22)),
    )
    eye = sample_camera(attributes.view, view.reach * scene.zoom, np.random.default_rng((*seed, 3)))
    return replace(scene, camera=eye)


def _sample_complexion(rng: np.random.Generator, low: int, high: int) -> Complexion:
    """A Monk step inside the tone's range, a little short of its borders so that neighbours stay apart."""
    monk = float(rng.uniform(low - 0.3, high + 0.3)) if low > 1 else float(rng.uniform(1, high + 0.3))
    pale = np.clip((6 - monk) / 5, 0, 1)
    return Complexion(
        monk=min(monk, 9.8),  # no skin is as neutral a grey as the last swatch
        warmth=float(rng.normal(np.interp(monk, (6, 9), (0.01, 0.10)), 0.012)),
        ruddiness=float(rng.uniform(0.03, 0.14) * (0.5 + 0.5 * pale)),
        mottle=float(rng.uniform(0.02, 0.055)),
        freckles=float(rng.random() ** 4),
    )


def _sample_light(rng: np.random.Generator, dark: float) -> Light:
    """A lamp mostly from above; exposure and white balance vary as little as a careful clinic's do.

    Dark skin is given a little more light, as a photographer would."""
    kelvin = rng.normal(0, 0.015)
    return Light(
        azimuth=float(np.deg2rad(rng.uniform(-165, -15) if rng.random() < 0.85 else rng.uniform(15, 165))),
        elevation=float(np.deg2rad(rng.uniform(38, 68))),
        ambient=float(rng.uniform(0.30, 0.50)),
        exposure=float(np.exp(rng.normal(0.15 * dark, 0.035))),
        gloss=float(rng.uniform(0.010, 0.055)),
        sharpness=float(rng.uniform(10, 34)),
        colour=(float(1 + kelvin), 1.0, float(1 - kelvin)),
    )


def _sample_background(rng: np.random.Generator) -> tuple[float, float, float]:
    colour = (
        np.asarray(DRAPES[rng.integers(len(DRAPES))])
        * np.exp(rng.normal(0, 0.15))
        * np.exp(rng.normal(0, 0.06, 3))
    )
    return (float(colour[0]), float(colour[1]), float(colour[2]))


def frame_of(scene: Scene, view: SiteView, size: int) -> Frame:
    """The canvas's pixel grid in centimetres on the body: zoomed, shifted, turned and mirrored.

    ``size`` is the picture's; a camera that stands far or leans has a larger canvas."""
    camera = scene.camera
    width, pixels = view.width_cm / scene.zoom / camera.nearness, camera.canvas(size)
    step = ((np.arange(pixels, dtype=np.float32) + 0.5) / pixels - 0.5) * camera.reach
    u, v = np.meshgrid(step * width, step * width)
    u, v = u + scene.shift[0] * width, v + scene.shift[1] * width
    c, s = np.float32(np.cos(scene.turn)), np.float32(np.sin(scene.turn))
    x, y = u * c - v * s, u * s + v * c
    x = -x if scene.mirrored else x
    return Frame(x.astype(np.float32), y.astype(np.float32), size / width, camera.nearness, camera.reach)


def drape(scene: Scene, frame: Frame, rng: np.random.Generator) -> RGB:
    """The background cloth (size, size, 3): soft folds, no detail that would compete with the skin."""
    folds = 1 + 0.10 * octaves(rng, frame.size, 2.0, 2)
    return np.asarray(folds[..., None] * np.asarray(scene.background, np.float32), np.float32)
