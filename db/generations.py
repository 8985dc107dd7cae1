"""Pictures: adding, finding, starring, deleting and bringing back."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, insert, select, update

from core.errors import NotAllowedError, NotFoundError
from core.jobs import DrawnImage
from core.recipes import Recipe
from core.twins import setting_key, weights_key
from db.audit import Action, write
from db.blinding import require_unblinded
from db.engine import Database
from db.history import Question, count, generation_query, walk
from db.narrowing import visible
from db.purge import purge
from db.records import Generation, HistoryFilter, HistoryPage, Order, Visibility
from db.rows import insert_missing, may_change, to_generation, user_id
from db.tables import generation_sites, generations, prompts, stars, weights

SHUFFLE_PRIME = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Generations:
    """The pictures of one library. ``asking`` is always the name of the user who wants to see or change."""

    database: Database

    def add(self, owner: str, image: DrawnImage, visibility: Visibility = Visibility.LIBRARY) -> int:
        """Records a picture whose files are in the library, and returns its id."""
        with self.database.writing() as connection:
            return insert_generation(
                connection, user_id(connection, owner), image, visibility, self.database.clock()
            )

    def get(self, id: int, asking: str) -> Generation:
        """One picture; its owner also gets it while it is deleted.

        Raises:
            NotFoundError: no such picture, or deleted by somebody else.
            NotAllowedError: private to somebody else.
            BlindedError: hidden while the asking user rates a study that shows it.
        """
        with self.database.reading() as connection:
            return to_generation(_visible(connection, id, asking), self.database.library)

    def page(
        self,
        filter: HistoryFilter,
        order: Order,
        asking: str,
        after: str | None = None,
        before: str | None = None,
        limit: int = 24,
    ) -> HistoryPage:
        """One page of History; pass its ``next`` as ``after`` or its ``previous`` as ``before``.

        Raises:
            InputError: a cursor that is broken or belongs to another order.
        """
        with self.database.reading() as connection:
            me = user_id(connection, asking)
            edges = walk(connection, Question(filter, order, me), after, before, limit)
            query = generation_query(me).where(generations.c.id.in_(edges.ids))
            rows = {row["id"]: row for row in connection.execute(query).mappings()}
        items = tuple(to_generation(rows[id], self.database.library) for id in edges.ids)
        return HistoryPage(items, edges.next, edges.previous)

    def drawn_as(self, pixels: str, asking: str) -> list[Generation]:
        """The pictures whose pixel hash is, or begins with, these hexadecimal digits (8 at least), which the
        asking user may see; deleted ones are left out."""
        digest = generations.c.pixel_sha256
        same = digest == pixels if len(pixels) == 64 else digest.between(pixels, f"{pixels}g")
        with self.database.reading() as connection:
            me = user_id(connection, asking)
            query = generation_query(me).where(same, visible(HistoryFilter(), me))
            rows = connection.execute(query.order_by(generations.c.id).limit(20)).mappings()
            return [to_generation(row, self.database.library) for row in rows]

    def count(self, filter: HistoryFilter, asking: str) -> int:
        """How many pictures the filter lets through."""
        with self.database.reading() as connection:
            return count(connection, Question(filter, Order.NEWEST, user_id(connection, asking)))

    def star(self, id: int, asking: str, on: bool) -> None:
        """Sets or takes away the asking user's own mark."""
        with self.database.writing() as connection:
            _visible(connection, id, asking)
            mark = {"user_id": user_id(connection, asking), "generation_id": id}
            if on:
                insert_missing(connection, stars, **mark)
            else:
                connection.execute(delete(stars).where(*(stars.c[k] == v for k, v in mark.items())))

    def delete(self, id: int, asking: str) -> None:
        """Hides the picture; ``restore`` brings it back until it is purged. Owner and admins."""
        self.delete_many((id,), asking)

    def delete_many(self, ids: Iterable[int], asking: str) -> None:
        """Hides all of the pictures or, if one is missing or another's, none."""
        self._set_deleted(ids, asking, self.database.clock())

    def restore(self, id: int, asking: str) -> None:
        """Takes a deletion back. Owner and admins."""
        self.restore_many((id,), asking)

    def restore_many(self, ids: Iterable[int], asking: str) -> None:
        """Takes the deletion of all of the pictures back, or of none."""
        self._set_deleted(ids, asking, None)

    def purge(self, older_than_days: int = 30) -> int:
        """Removes pictures deleted longer ago, with files nobody else refers to; returns how many."""
        return purge(self.database, older_than_days).generations

    def models_used(self) -> list[str]:
        """The models that drew the pictures that are not deleted, by name."""
        query = select(generations.c.model).where(generations.c.deleted_at.is_(None)).distinct()
        with self.database.reading() as connection:
            return sorted(connection.execute(query).scalars())

    def asked_for(self, kind: str, keys: Iterable[str]) -> list[str]:
        """Those of the keys that pictures that are not deleted were asked for; ``kind`` is an attribute of
        one value: "rash", "tone", "severity" or "view"."""
        column, live = generations.c[kind], generations.c.deleted_at.is_(None)
        with self.database.reading() as connection:
            found = {
                key: connection.execute(select(exists().where(column == key, live))).scalar_one()
                for key in keys
            }
        return [key for key, there in found.items() if there]

    def _set_deleted(self, ids: Iterable[int], asking: str, deleted_at: Any) -> None:
        with self.database.writing() as connection:
            for id in ids:
                owner = _owned(connection, id, asking)["owner"]
                action = Action.RESTORED if deleted_at is None else Action.DELETED
                write(connection, self.database, asking, action, f"picture {id}", f"of {owner}")
                row = generations.c.id == id
                if deleted_at is not None:
                    row &= generations.c.deleted_at.is_(None)
                connection.execute(update(generations).where(row).values(deleted_at=deleted_at))


def insert_generation(
    connection: Connection, owner_id: int, image: DrawnImage, visibility: Visibility, now: Any
) -> int:
    """Inserts the picture with its prompt and sites, inside the caller's transaction; returns its id."""
    recipe = image.recipe
    values = {
        "owner_id": owner_id,
        "visibility": visibility.value,
        "created_at": now,
        "recipe": recipe.to_json(),
        "rash": recipe.rash,
        "tone": recipe.tone,
        "severity": recipe.severity,
        "view": recipe.view,
        "sites": _joined(recipe.sites),
        "model": recipe.model,
        "prompt_id": _prompt_id(connection, recipe.prompt),
        "setting_key": setting_key(recipe),
        "weights_id": weights_id(connection, recipe),
        "image_path": image.image_path.as_posix(),
        "thumbnail_path": image.thumbnail_path.as_posix(),
        "shuffle": 1 + secrets.randbelow(SHUFFLE_PRIME - 1),
        **{name: getattr(image, name) for name in _MEASURES},
    }
    id = connection.execute(insert(generations).values(**values).returning(generations.c.id)).scalar_one()
    for site in dict.fromkeys(recipe.sites):
        connection.execute(insert(generation_sites).values(generation_id=id, site=site))
    return int(id)


_MEASURES = ("file_sha256", "pixel_sha256", "width", "height", "bytes", "seconds")


def _joined(sites: tuple[str, ...]) -> str:
    return f" {' '.join(sites)} " if sites else ""


def _prompt_id(connection: Connection, prompt: str) -> int:
    text = prompt.lower()
    digest = sha256(text.encode()).hexdigest()
    insert_missing(connection, prompts, sha256=digest, text=text)
    return int(connection.execute(select(prompts.c.id).where(prompts.c.sha256 == digest)).scalar_one())


def weights_id(connection: Connection, recipe: Recipe) -> int:
    """The row of the weights that the recipe names, added if new."""
    key = weights_key(recipe)
    by_lora = ("lora", "lora_strength") if recipe.lora_strength else ()
    names = ("model", "text_encoder", "text_encoder_weight", *by_lora)
    named = {name: getattr(recipe, name) for name in names}
    insert_missing(connection, weights, key=key, **named)
    return int(connection.execute(select(weights.c.id).where(weights.c.key == key)).scalar_one())


def _found(connection: Connection, id: int, asking: str) -> RowMapping:
    query = generation_query(user_id(connection, asking)).where(generations.c.id == id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundError(f"There is no picture {id} in this library; it may have been purged.")
    return row


def _visible(connection: Connection, id: int, asking: str) -> RowMapping:
    row = _found(connection, id, asking)
    if row["owner"] != asking and row["visibility"] != Visibility.LIBRARY:
        raise NotAllowedError(f"Picture {id} is private to {row['owner']}.")
    if row["owner"] != asking and row["deleted_at"] is not None:
        raise NotFoundError(f"Picture {id} was deleted by {row['owner']}.")
    require_unblinded(connection, id, user_id(connection, asking))
    return row


def _owned(connection: Connection, id: int, asking: str) -> RowMapping:
    row = _found(connection, id, asking)
    if not may_change(connection, row["owner"], asking):
        raise NotAllowedError(
            f"Picture {id} belongs to {row['owner']}; only its owner or an admin deletes or restores it."
        )
    return row
