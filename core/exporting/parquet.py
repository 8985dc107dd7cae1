"""Parquet files with the pictures inside, in the form that Hugging Face's ``datasets`` shows as images."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SHARD, GROUP = 1000, 50
"""Pictures a file, and a row group: that many are in memory at once."""

SCHEMA = pa.schema(
    [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("id", pa.int64()),
        ("caption", pa.string()),
        ("rash", pa.string()),
        ("sites", pa.list_(pa.string())),
        ("tone", pa.string()),
        ("synthetic", pa.bool_()),
        ("created_at", pa.string()),
        ("owner", pa.string()),
        ("rating_count", pa.int32()),
        ("realism_mean", pa.float64()),
        ("too_near", pa.bool_()),
        ("settings", pa.string()),
    ]
)


def schema_for(names: bool) -> pa.Schema:
    """The columns; the owner's only where names are wanted."""
    fields = [one for one in SCHEMA if names or one.name != "owner"]
    features = {one.name: _feature(one.type) for one in fields}
    features["image"] = {"_type": "Image"}
    described = json.dumps({"info": {"features": features}})
    return pa.schema(fields, metadata={"huggingface": described})


def _feature(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}
    names = {"double": "float64"}
    return {"dtype": names.get(str(kind), str(kind)), "_type": "Value"}


def write_shard(path: Path, rows: Iterator[dict[str, Any]], schema: pa.Schema) -> int:
    """Writes up to SHARD rows, a row group at a time; returns how many."""
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        limited = islice(rows, SHARD)
        while group := list(islice(limited, GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count
