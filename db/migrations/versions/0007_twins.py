"""Which weights drew each picture, and by which key pictures of one recipe are found again."""

import json
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

AT_ONCE = 2000
LIVE = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "weights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("model", sa.String(1000), nullable=False),
        sa.Column("text_encoder", sa.String(1000), nullable=False),
        sa.Column("text_encoder_weight", sa.Float()),
        sa.Column("lora", sa.String(1000)),
        sa.Column("lora_strength", sa.Float()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weights")),
        sa.UniqueConstraint("key", name=op.f("uq_weights_key")),
    )
    op.add_column("generations", sa.Column("setting_key", sa.String(32)))
    op.add_column(
        "generations",
        sa.Column(
            "weights_id",
            sa.Integer(),
            sa.ForeignKey("weights.id", name=op.f("fk_generations_weights_id_weights")),
        ),
        inline_references=True,
    )
    fill_keys(op.get_bind())
    op.create_index(
        "ix_generations_twins",
        "generations",
        ["setting_key", "weights_id", "id"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def fill_keys(connection: sa.Connection) -> None:
    """Works out keys and weights of the pictures that are there; a recipe that can't be read has none."""
    read = sa.text("SELECT id, recipe FROM generations WHERE id > :after ORDER BY id LIMIT :most")
    write = sa.text("UPDATE generations SET setting_key = :setting, weights_id = :weights WHERE id = :id")
    known: dict[str, int] = {}
    after = 0
    while rows := connection.execute(read, {"after": after, "most": AT_ONCE}).all():
        found = []
        for row in rows:
            if keys := keys_of(row.recipe):
                if keys["key"] not in known:
                    known[keys["key"]] = add_weights(connection, keys)
                found.append({"id": row.id, "setting": keys["setting"], "weights": known[keys["key"]]})
        if found:
            connection.execute(write, found)
        after = rows[-1].id


def add_weights(connection: sa.Connection, keys: dict[str, Any]) -> int:
    added = connection.execute(
        sa.text(
            "INSERT INTO weights (key, model, text_encoder, text_encoder_weight, lora, lora_strength)"
            " VALUES (:key, :model, :text_encoder, :text_encoder_weight, :lora, :lora_strength) RETURNING id"
        ),
        {name: value for name, value in keys.items() if name != "setting"},
    )
    return int(added.scalar_one())


SETTINGS = (
    *("prompt", "negative_prompt", "seed", "num_inference_steps", "guidance_scale", "scheduler"),
    *("height", "width", "strength", "start_hash"),
)


def keys_of(recipe: str) -> dict[str, Any]:
    """Keys and weights as core.twins had them when this migration was written."""
    try:
        values = json.loads(recipe)
        settings = {name: number(values.get(name)) for name in SETTINGS}
        strength = number(values.get("lora_strength")) or None
        lora = values.get("lora") if strength else None
        encoder = values.get("text_encoder", "stock"), values.get("text_encoder_weight")
        weights = {
            "model": values.get("model_hash") or values["model"],
            "text_encoder": values.get("text_encoder_hash") or list(encoder),
            "lora": values.get("lora_hash") or values.get("lora") if strength else None,
            "lora_strength": strength,
        }
        named = {"model": values["model"], "lora": lora, "lora_strength": strength}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    named |= {"text_encoder": encoder[0], "text_encoder_weight": encoder[1]}
    return {"setting": key(settings), "key": key(weights), **named}


def number(value: Any) -> Any:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def key(values: dict[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:32]


def downgrade() -> None:
    raise NotImplementedError("An upgrade is taken back by restoring the backup made before it.")
