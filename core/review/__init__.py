"""Reader studies: checklists, plans, and figures with intervals."""
