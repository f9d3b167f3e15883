"""The default form learns Room Ballet from scratch, without an easier game before it."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from embodied_mem.models.sat.config import Read, SATConfig
from embodied_mem.models.sat.encoders import CellEncoder
from embodied_mem.models.sat.heads import ClassificationHead
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem_envs.room_ballet.batches import dance_batch, draw_kept
from embodied_mem_envs.room_ballet.multi_task import FULL, draw_episodes
from embodied_mem_envs.room_ballet.pictures import square_pictures


@pytest.mark.slow
@pytest.mark.parametrize("read", ["flat", "place"])
def test_nine_dances_are_learned_in_two_hundred_and_fifty_steps(read: Read) -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    model = SpatiallyAwareTransformer(SATConfig(read=read), CellEncoder(squares=square_pictures()))
    head = ClassificationHead(width=128, classes=8)
    weights = [*model.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=1e-3)
    right = []
    for step in range(250):
        optimizer.param_groups[0]["lr"] = 1e-3 * min(1.0, (step + 1) / 100)
        episodes = draw_episodes(FULL, 8, rng)
        kept = draw_kept(episodes, 9, rng)
        batch, answers = dance_batch(episodes, kept, kept)
        if step == 0:
            model.attune(batch)
        logits = head(model(batch))
        loss = functional.cross_entropy(logits.flatten(0, 1), answers.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        right.append((logits.argmax(dim=-1) == answers).float().mean().item())
    assert np.mean(right[-50:]) >= 0.9
