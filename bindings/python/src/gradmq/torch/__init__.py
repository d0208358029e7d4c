"""
GradMQ for PyTorch.

    import gradmq.torch

    opt = gradmq.torch.Optimizer(model, "tcp://127.0.0.1:5570")
    for x, y in batches:
        opt.zero_grad()
        loss_of(model(x), y).backward()
        opt.step()
    opt.close()

`Optimizer` pushes gradients and takes the parameters that the coordinator makes of them and of
other workers'. `LocalUpdates` trains with an optimizer of torch's and pushes, from time to time,
what has changed (policy merge). Both take a `DistributedDataParallel` module, whose processes then
are one worker together; `hook` halves what these send to each other. Needs `gradmq[torch]`.
"""

try:
    import torch as _torch
except ImportError as _why:
    raise ImportError("gradmq.torch needs PyTorch: pip install 'gradmq[torch]'") from _why

from ._hook import hook
from ._local import LocalUpdates
from ._optimizer import Optimizer

del _torch

__all__ = ["LocalUpdates", "Optimizer", "hook"]
