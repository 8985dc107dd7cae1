"""The sites of head and neck, by their vocabulary key."""

from training.phantoms.anatomy import SiteView
from training.phantoms.anatomy.close_ups import (
    draw_beard_near,
    draw_chin_near,
    draw_eye_near,
    draw_jaw_near,
    draw_lips_near,
    draw_nose_near,
)
from training.phantoms.anatomy.ear import draw_ear
from training.phantoms.anatomy.neck import draw_neck
from training.phantoms.anatomy.scalp import draw_nape, draw_scalp
from training.phantoms.anatomy.skull import draw_cheek, draw_face, draw_forehead

HEAD_SITES: dict[str, SiteView] = {
    "face": SiteView(draw_face, 23.0, 8.0, 0.04, reach=1.4),
    "cheek": SiteView(draw_cheek, 8.8, 10.0, 0.04),
    "forehead": SiteView(draw_forehead, 11.0, 8.0, 0.04),
    "ear": SiteView(draw_ear, 9.0, 12.0, reach=1.4),
    "neck": SiteView(draw_neck, 16.5, 8.0, 0.04, reach=1.65),
    "nose": SiteView(draw_nose_near, 6.6, 10.0, 0.04),
    "lip": SiteView(draw_lips_near, 6.8, 10.0, 0.04),
    "eye": SiteView(draw_eye_near, 6.0, 10.0, 0.04),
    "chin": SiteView(draw_chin_near, 8.5, 10.0, 0.04, reach=1.7),
    "jaw": SiteView(draw_jaw_near, 10.0, 10.0, 0.04),
    "beard": SiteView(draw_beard_near, 14.0, 10.0, 0.04, reach=1.75),
    "scalp": SiteView(draw_scalp, 11.0, 40.0, 0.05),
    "nape": SiteView(draw_nape, 16.0, 8.0, 0.04, reach=1.85),
}
