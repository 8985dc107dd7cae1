"""Run by a launcher: several training commands one after another, in the same processes.

    python -m torch.distributed.run --nproc_per_node 2 several_commands.py COMMANDS.json

COMMANDS.json lists [module, arguments]. The processes part after the last command, not after each: they can't
meet anew.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

from training.loop.processes import Processes, find_processes

part = Processes.part
Processes.part = Processes.meet  # type: ignore[method-assign]
for module, asked in json.loads(Path(sys.argv[1]).read_text()):
    print(f"--- {module}", flush=True)
    if code := import_module(module).main(asked):
        raise SystemExit(code)
part(find_processes("cpu"))
