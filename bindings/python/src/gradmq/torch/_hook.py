"""Gradients of a group of processes for its leader alone."""

# Without postponed annotations, since DistributedDataParallel compares those of a hook with types.

from typing import TYPE_CHECKING, Any

import torch
from torch import distributed

from ._optimizer import Optimizer

if TYPE_CHECKING:
    GradBucket = Any
else:
    GradBucket = getattr(distributed, "GradBucket", None)  # some builds have no distributed


def hook(state: Optimizer, bucket: GradBucket) -> torch.futures.Future[torch.Tensor]:
    """
    A communication hook by which only the leader of a group gets the mean gradients.

        ddp = torch.nn.parallel.DistributedDataParallel(model)
        opt = gradmq.torch.Optimizer(ddp, "tcp://127.0.0.1:5570")
        ddp.register_comm_hook(opt, gradmq.torch.hook)

    It is the leader that pushes them, so that the others need none: a reduction to one process
    moves about half of what DDP's own all-reduce moves. The mean is the same but for the order of
    its sum. In the other processes gradients are zero afterwards. So what looks at gradients there
    sees none: norms are to be clipped by the coordinator's settings, and GradScaler, which has to
    see them everywhere, is refused by `step`. An `Optimizer` of a DDP module works without a hook,
    too.

    Args:
        state: The optimizer of the same module.
        bucket: As DDP gives it.

    Returns:
        The bucket's gradients.
    """
    group = state.reduces()
    gradients: torch.Tensor = bucket.buffer().div_(distributed.get_world_size(group.group))
    work = distributed.reduce(gradients, dst=group.leader, group=group.group, async_op=True)
    assert work is not None  # None is for processes that are not of the group

    def done(reduced: torch.futures.Future[Any]) -> torch.Tensor:
        reduced.wait()
        return gradients if group.leads else gradients.zero_()

    made: torch.futures.Future[torch.Tensor] = work.get_future().then(done)
    return made
