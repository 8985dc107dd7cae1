"""Every body site that can be drawn, by its vocabulary key."""

from training.phantoms.anatomy import SiteView
from training.phantoms.anatomy.limb import draw_arm

SITES: dict[str, SiteView] = {"arm": SiteView(draw_arm, 15.0)}
