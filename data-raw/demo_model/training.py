"""Training on labels that the oracle gives to any sequence."""

import time

import torch
import torch.nn.functional as F
from oracle import one_hot

BATCH = 64
PEAK_RATE = 1e-2


def mutate(codes, generator):
    """Random substitutions in base codes (N, L): a share of 0 to 15 % per row, most often small."""
    n, length = codes.shape
    rate = 0.15 * torch.rand(n, 1, generator=generator) ** 2
    hit = torch.rand(n, length, generator=generator) < rate
    shift = torch.randint(1, 4, (n, length), generator=generator)
    return torch.where(hit, (codes + shift) % 4, codes)


def train(net, oracle, codes, epochs, seed):
    """Fits `net` to `oracle` on windows (N, 500) and mutated copies of them, in place.

    Each epoch sees every window once: half of the rows mutated, half reverse-complemented,
    all with the oracle's own label. Loss: cross-entropy against the probabilities.
    """
    generator = torch.Generator().manual_seed(seed)
    steps = epochs * (len(codes) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps)
    start = time.perf_counter()
    for epoch in range(epochs):
        net.train()
        order = torch.randperm(len(codes), generator=generator)
        total = 0.0
        for i in range(len(codes) // BATCH):
            batch = codes[order[i * BATCH : (i + 1) * BATCH]]
            half = BATCH // 2
            batch = torch.cat([batch[:half], mutate(batch[half:], generator)])
            batch[::2] = (3 - batch[::2]).flip(1)
            labels = oracle(batch)
            loss = F.binary_cross_entropy(net(one_hot(batch)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() - F.binary_cross_entropy(labels, labels).item()
        excess = total / (len(codes) // BATCH)
        seconds = time.perf_counter() - start
        print(f"epoch {epoch + 1}: excess cross-entropy {excess:.4f}, {seconds:.0f} s", flush=True)
    net.eval()
