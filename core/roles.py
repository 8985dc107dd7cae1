"""What each role may do. Adding a right means adding a line here and asking for it where it is used."""

from enum import StrEnum

from core.errors import NotAllowedError


class Capability(StrEnum):
    """Something that a role may or may not do."""

    LOOK = "look at pictures"
    GENERATE = "generate pictures"
    RATE = "rate pictures"
    CAPTION = "caption photographs"
    LEAD = "lead studies and look after datasets and models"
    ADMINISTER = "look after people and read the audit log"


_READER = frozenset({Capability.LOOK})
_REVIEWER = _READER | {Capability.GENERATE, Capability.RATE, Capability.CAPTION}
_LEAD = _REVIEWER | {Capability.LEAD}

CAPABILITIES: dict[str, frozenset[Capability]] = {
    "reader": _READER,
    "reviewer": _REVIEWER,
    "lead": _LEAD,
    "admin": _LEAD | {Capability.ADMINISTER},
}
ROLES = tuple(CAPABILITIES)

PAGES: dict[str, Capability] = {
    "pages/generate.py": Capability.GENERATE,
    "pages/compare.py": Capability.GENERATE,
    "pages/history.py": Capability.LOOK,
    "pages/review.py": Capability.RATE,
    "pages/study.py": Capability.RATE,
    "pages/studies.py": Capability.LEAD,
    "pages/datasets.py": Capability.LEAD,
    "pages/studio.py": Capability.CAPTION,
    "pages/training.py": Capability.LEAD,
    "pages/models.py": Capability.LEAD,
    "pages/insights.py": Capability.LOOK,
    "pages/verify.py": Capability.LOOK,
    "pages/about.py": Capability.LOOK,
    "pages/admin.py": Capability.ADMINISTER,
}
"""What one must be allowed to open a page; a page that is not named here asks for ADMINISTER."""


def allows(role: str, capability: Capability) -> bool:
    """Whether the role may; an unknown role may nothing."""
    return capability in CAPABILITIES.get(role, frozenset())


def allows_page(role: str, page: str) -> bool:
    """Whether the role may open the page, given by its path from the project's root."""
    return allows(role, PAGES.get(page, Capability.ADMINISTER))


def require(role: str, capability: Capability) -> None:
    """Raises NotAllowedError unless the role may."""
    if not allows(role, capability):
        able = ", ".join(name for name in ROLES if allows(name, capability))
        raise NotAllowedError(
            f"The role '{role}' may not {capability}; these may: {able}. An admin can change a role."
        )
