"""How many inputs may have a graph in memory at a time: measured on two, then as many as fit.

What a graph holds is what autograd saves for the way back; it grows with the inputs and is counted exactly,
on any device, by asking autograd for each saved tensor. A shared machine or GPU may still run short;
then the micro-batch is halved on the way, which changes no gradient.
"""

from collections.abc import Callable

import numpy as np
import psutil
import torch
from torch import Tensor

from training.finetune_config import FinetuneConfig
from training.finetune_step import Towers
from training.processes import Processes

SHARE = 0.5
"""Of the free memory that graphs may take: gradients, optimizer and the arithmetic itself need theirs."""


def fitted_micro_batch(towers: Towers, config: FinetuneConfig, processes: Processes) -> int:
    """The largest micro-batch that fits, at most the batch; the same in every process."""
    each = graph_bytes(towers, config)
    room = free_bytes(towers.device, processes.count) * SHARE
    return processes.least(max(1, min(config.batch, int(room // max(1, each)))))


def graph_bytes(towers: Towers, config: FinetuneConfig) -> int:
    """Bytes that one more input adds to a graph: of captions and pictures the larger."""
    captions = np.zeros(2, np.int64)
    needs = [_growth(lambda n: towers.read_whole(captions[:n])[0].sum())]
    if config.train_vision:
        pictures = towers.data.training[:2]
        needs.append(_growth(lambda n: towers.look(pictures[:n]).sum()))
    return max(needs)


def free_bytes(device: torch.device, processes: int) -> int:
    """Free memory of the device; on a CPU its processes divide what is available."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available) // processes


def _growth(run: Callable[[int], Tensor]) -> int:
    return saved_bytes(lambda: run(2)) - saved_bytes(lambda: run(1))


def saved_bytes(run: Callable[[], Tensor]) -> int:
    """Bytes that autograd keeps for the way back, each storage counted once; weights count as well."""
    sizes: dict[int, int] = {}
    kept: list[Tensor] = []

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        run()
    return sum(sizes.values())
