"""Cursors of History: the sort key of the picture at the edge of a page, as text that pages pass around."""

import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from core.errors import InputError
from db.records import Order


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an order. ``realism`` (0 for none) counts in REALISM only; the id breaks ties."""

    order: Order
    realism: float
    created_at: datetime
    id: int

    def encode(self) -> str:
        """Opaque text, safe in a URL."""
        values = [self.order, self.realism, self.created_at.isoformat(), self.id]
        packed = json.dumps(values, separators=(",", ":"))
        return urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, order: Order) -> "Cursor":
        """Raises InputError if the text is no cursor, or one of another order."""
        try:
            packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            name, realism, created_at, id = json.loads(packed)
            cursor = cls(Order(name), _finite(realism), _time(created_at), _integer(id))
        except (ValueError, TypeError, RecursionError) as error:
            raise InputError(
                f"'{text:.40}' is no page of History; start again from the first page."
            ) from error
        if cursor.order is not order:
            raise InputError(f"This page was sorted by {name}; start again from the first page.")
        return cursor


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no realism")
    return float(value)


def _time(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return time


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
        raise ValueError(f"{value!r} is no id")
    return value
