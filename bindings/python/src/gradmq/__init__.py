"""
GradMQ for Python: workers that push gradients, and remote control of a coordinator.

    import gradmq

    with gradmq.Worker("tcp://127.0.0.1:5570", name="w1") as worker:
        for parameters in worker.updates():
            worker.push(gradients(parameters))

Tensors are dicts of numpy arrays by name. `gradmq.aio` has the same under asyncio,
`gradmq.safetensors` reads and writes files. Every time is in seconds. All that goes wrong is a
`GradMQError`. The protocol: schemas/PROTOCOL.md.
"""

from ._codes import Disposition, Kind
from ._control import Events
from .compression import Compression, Int8, LowRank, TopK
from .coordinator import Coordinator
from .errors import Code, ConnectError, GradMQError, WaitTimeout
from .layout import Dtype, Layout, Tensor
from .parameters import Parameters
from .reports import (
    Acknowledgement,
    Announcement,
    Description,
    Event,
    Heartbeat,
    Malformed,
    Metric,
    MissingRange,
    Notice,
    Operation,
    Position,
    Status,
    StepMetric,
    StepReport,
    WorkerInfo,
)
from .settings import Group, Settings
from .tensors import Rows
from .verdict import Stats, Verdict
from .worker import Worker

__version__ = "0.1.0"

__all__ = [
    "Acknowledgement",
    "Announcement",
    "Code",
    "Compression",
    "ConnectError",
    "Coordinator",
    "Description",
    "Disposition",
    "Dtype",
    "Event",
    "Events",
    "GradMQError",
    "Group",
    "Heartbeat",
    "Int8",
    "Kind",
    "Layout",
    "LowRank",
    "Malformed",
    "Metric",
    "MissingRange",
    "Notice",
    "Operation",
    "Parameters",
    "Position",
    "Rows",
    "Settings",
    "Stats",
    "Status",
    "StepMetric",
    "StepReport",
    "Tensor",
    "TopK",
    "Verdict",
    "WaitTimeout",
    "Worker",
    "WorkerInfo",
]
