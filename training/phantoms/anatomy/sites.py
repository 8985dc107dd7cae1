"""Every body site that can be drawn, by its vocabulary key."""

from training.phantoms.anatomy import SiteView
from training.phantoms.anatomy.head import HEAD_SITES
from training.phantoms.anatomy.limbs import LIMB_SITES
from training.phantoms.anatomy.torso import TORSO_SITES

SITES: dict[str, SiteView] = HEAD_SITES | TORSO_SITES | LIMB_SITES
