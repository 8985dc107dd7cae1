"""From a scene to a picture and its masks."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import VocabularyError
from core.language.attributes import Attributes
from training.phantoms.anatomy.sites import SITES
from training.phantoms.body import Body, Field, Frame, Marks
from training.phantoms.camera import Camera, usual_field
from training.phantoms.lesions import RASHES, draw_rash, sites_of_rash
from training.phantoms.lesions.degrees import sample_degree
from training.phantoms.noise import blur
from training.phantoms.scene import Scene, drape, frame_of, sample_scene
from training.phantoms.shading import lit, photograph
from training.phantoms.skin import RGB, albedo

SKIN, LESION = 128, 255
"""Values of the mask picture; 0 is background, hair, eyes and nails."""


@dataclass(frozen=True)
class Phantom:
    """A drawn photograph: ``image`` (size, size, 3) and ``mask`` (size, size), both uint8."""

    attributes: Attributes
    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def render_phantom(attributes: Attributes, seed: tuple[int, ...], size: int = 256) -> Phantom:
    """Draws one phantom. The same attributes, seed and size give the same bytes.

    Raises:
        VocabularyError: no drawing for this rash or site, or the rash does not occur there.
    """
    view = SITES.get(attributes.site or "")
    if view is None or attributes.rash not in RASHES:
        raise VocabularyError(
            f"No phantom of rash '{attributes.rash}' at site '{attributes.site}'. "
            f"Rashes drawn: {', '.join(RASHES)}; sites drawn: {', '.join(SITES)}."
        )
    if attributes.site not in RASHES[attributes.rash]:
        raise VocabularyError(
            f"The rash '{attributes.rash}' does not occur at the site '{attributes.site}'. "
            f"Its sites: {', '.join(sites_of_rash(attributes.rash))}."
        )
    return render(sample_scene(attributes, view, seed), size)


def render(scene: Scene, size: int = 256) -> Phantom:
    """Draws one scene; its attributes must be among those drawn."""
    view = SITES[scene.attributes.site or ""]
    frame = frame_of(scene, view, size)
    rng = np.random.default_rng((*scene.seed, 2))
    body = view.draw(frame, rng)
    marks = _kept_on_skin(body, _marks(scene, frame, body, rng))
    colour = albedo(frame, body, marks, scene.complexion, rng)
    skin_light = lit(frame, body, marks, colour, scene.light, rng)
    linear = _composed(frame, body, skin_light, drape(scene, frame, rng), scene)
    image = photograph(scene.camera.look(linear, size), scene.camera_noise, scene.vignette, rng)
    return Phantom(scene.attributes, image, _seen_mask(_mask(body, marks), scene.camera, size))


def _marks(scene: Scene, frame: Frame, body: Body, rng: np.random.Generator) -> Marks:
    """What the rash adds, as pronounced as it was asked for."""
    asked = scene.attributes
    degree = sample_degree(asked.severity, np.random.default_rng((*scene.seed, 4)))
    everywhere = body.lesion_area
    if not scene.camera.is_usual:
        body.lesion_area = everywhere * usual_field(frame)
    marks = draw_rash(asked.rash or "", asked.site or "", frame, body, rng, degree)
    if not scene.camera.is_usual:
        body.lesion_area = np.maximum(everywhere, body.lesion_area)  # with what the rash has bared
    degree.strengthen(marks)
    return marks


def _kept_on_skin(body: Body, marks: Marks) -> Marks:
    """Lesions do not lie on nails, lips, eyes or the background."""
    return Marks(**{name: _limited(name, field, body) for name, field in vars(marks).items()})


def _limited(name: str, field: Field, body: Body) -> Field:
    allowed = np.clip(body.lesion_area * 3, 0, 1)
    return 1 + (field - 1) * allowed if name == "gloss" else field * allowed


def _composed(frame: Frame, body: Body, skin_light: RGB, cloth: RGB, scene: Scene) -> RGB:
    """Skin over cloth, with the body's soft shadow beside it."""
    reach = 0.05 * frame.size
    away = np.array(
        [[1, 0, -np.cos(scene.light.azimuth) * reach], [0, 1, -np.sin(scene.light.azimuth) * reach]]
    )
    shadow = blur(body.coverage, reach)
    shadow = cv2.warpAffine(shadow, away, shadow.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    cloth = cloth * (1 - 0.55 * shadow)[..., None]
    alpha = body.coverage[..., None]
    return np.asarray(cloth * (1 - alpha) + skin_light * alpha, np.float32)


def _seen_mask(mask: NDArray[np.uint8], camera: Camera, size: int) -> NDArray[np.uint8]:
    """The canvas's mask as the camera sees it; a lesion that fills much of a pixel keeps it."""
    if camera.is_usual:
        return mask
    skin, lesion = (camera.look((mask >= value).astype(np.float32), size) for value in (SKIN, LESION))
    return np.where(skin > 0.5, np.where(lesion > 0.4, LESION, SKIN), 0).astype(np.uint8)


def _mask(body: Body, marks: Marks) -> NDArray[np.uint8]:
    skin = (body.coverage > 0.5) & (body.paint_alpha < 0.4) & (body.nail < 0.4)
    mask = np.where(skin, SKIN, 0).astype(np.uint8)
    mask[skin & (marks.mask > 0.3)] = LESION
    mask[(body.nail >= 0.4) & (marks.nail > 0.3)] = LESION
    return mask
