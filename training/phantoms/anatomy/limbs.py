"""The views of arms, hands, legs and feet, by vocabulary key."""

from training.phantoms.anatomy import SiteView
from training.phantoms.anatomy.foot import draw_between_toes, draw_foot, draw_sole
from training.phantoms.anatomy.hand import draw_fingers, draw_hand, draw_palm
from training.phantoms.anatomy.limb import (
    draw_ankle,
    draw_arm,
    draw_elbow,
    draw_knee,
    draw_leg,
    draw_thigh,
    draw_wrist,
)

LIMB_SITES: dict[str, SiteView] = {
    "arm": SiteView(draw_arm, 16.0, turn=30.0),
    "hand": SiteView(draw_hand, 20.0),
    "palm": SiteView(draw_palm, 19.5),
    "fingers": SiteView(draw_fingers, 8.6),
    "leg": SiteView(draw_leg, 20.0, turn=20.0),
    "foot": SiteView(draw_foot, 22.5),
    "between_toes": SiteView(draw_between_toes, 7.8),
    "sole": SiteView(draw_sole, 22.0),
}
EXTRA = {
    "wrist": SiteView(draw_wrist, 10.0),
    "knee": SiteView(draw_knee, 17.0),
    "elbow": SiteView(draw_elbow, 12.5),
    "ankle": SiteView(draw_ankle, 14.0),
    "thigh": SiteView(draw_thigh, 22.0),
}
LIMB_SITES |= EXTRA
