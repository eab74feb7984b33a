"""One thread: tiny pictures are quicker so, and a busy machine disturbs them less."""

import torch

torch.set_num_threads(1)
