"""The views of arms, hands, legs and feet, by vocabulary key."""

from training.phantoms.anatomy import SiteView
from training.phantoms.anatomy.arm import draw_arm, draw_elbow, draw_wrist
from training.phantoms.anatomy.fingers import draw_fingernails, draw_fingers
from training.phantoms.anatomy.folds import draw_armpit, draw_groin
from training.phantoms.anatomy.foot import draw_foot, draw_toe, draw_toenails
from training.phantoms.anatomy.hand import draw_hand
from training.phantoms.anatomy.leg import draw_ankle, draw_knee, draw_leg, draw_thigh
from training.phantoms.anatomy.palm import draw_palm
from training.phantoms.anatomy.sole import draw_sole
from training.phantoms.anatomy.webs import draw_between_toes

LIMB_SITES: dict[str, SiteView] = {
    "arm": SiteView(draw_arm, 16.0, turn=30.0),
    "hand": SiteView(draw_hand, 20.0, reach=1.9),
    "palm": SiteView(draw_palm, 19.5),
    "fingers": SiteView(draw_fingers, 8.6, reach=1.45),
    "leg": SiteView(draw_leg, 20.0, turn=20.0),
    "foot": SiteView(draw_foot, 22.5, reach=1.5),
    "between_toes": SiteView(draw_between_toes, 7.8, reach=1.3),
    "sole": SiteView(draw_sole, 21.5),
    "wrist": SiteView(draw_wrist, 10.0),
    "knee": SiteView(draw_knee, 17.0),
    "elbow": SiteView(draw_elbow, 12.5),
    "ankle": SiteView(draw_ankle, 14.0),
    "thigh": SiteView(draw_thigh, 22.0, reach=1.3),
    "toe": SiteView(draw_toe, 6.0),
    "fingernails": SiteView(draw_fingernails, 6.2),
    "toenails": SiteView(draw_toenails, 11.0),
    "armpit": SiteView(draw_armpit, 17.0),
    "groin": SiteView(draw_groin, 17.0),
}
