"""The schema. Migrations under db/migrations build it; ``python -m db.check`` holds the two together.

A generation's recipe is kept whole as canonical JSON; what History filters by stands beside it in columns.
``prompts`` holds each distinct lower-cased prompt once, so that a text search reads prompts, not pictures.
Triggers that make ratings append-only are in db/triggers.py, those of studies and the audit log in
db/study_triggers.py.
"""

from db.tables.audit import audit
from db.tables.base import SCHEMA, metadata
from db.tables.candidates import activations, candidates, gate_results
from db.tables.people import users
from db.tables.pictures import generation_sites, generations, prompts, stars, weights
from db.tables.queue import jobs, models
from db.tables.readings import readings
from db.tables.reviews import ratings, reveals
from db.tables.studies import studies, study_answers, study_items, study_reveals, study_showings

__all__ = [
    "SCHEMA",
    "activations",
    "audit",
    "candidates",
    "gate_results",
    "generation_sites",
    "generations",
    "jobs",
    "metadata",
    "models",
    "prompts",
    "ratings",
    "readings",
    "reveals",
    "stars",
    "studies",
    "study_answers",
    "study_items",
    "study_reveals",
    "study_showings",
    "users",
    "weights",
]
