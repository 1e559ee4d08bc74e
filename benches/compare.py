#!/usr/bin/env python3
"""Fused kernels against hand-written dfdx and PyTorch, forward and backward, on this machine's CPU.

    cargo build --release --example speed
    python3 benches/compare.py [--threads 2] [--dtype f32] [--rounds 3] [--only cross_entropy]

Needs PyTorch (`pip install torch numpy`), and a C++ compiler for `torch.compile`. Each round runs every
contestant in turn, each for 30 counted steps; a cell is `median (minimum)` in milliseconds over all rounds, a
ratio is minimum over minimum. Every contestant makes a new gradient in each step.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

SIZES = [(256, 10), (4096, 1000), (512, 32000)]
CASES = {
    "cross_entropy": SIZES + [(64, 128000)],
    "poly1": SIZES,
    "focal": SIZES,
    "nce_rce": SIZES,
    "label_smoothing": SIZES,
    "kl_distillation": SIZES,
    "bce": SIZES,
    "mse": SIZES,
    "huber": SIZES,
    "info_nce": [(1024, 256)],
    "multi_similarity": [(512, 128)],
    "listnet": [(256, 100)],
    "ranknet": [(256, 100)],
    "total_variation": [(64, 4096)],
    "moving_average": [(64, 4096)],
    "filtered": [(64, 4096)],
}


def pick(x, target):
    return x.gather(1, target[:, None])[:, 0]


def poly1(x, i):
    ce = F.cross_entropy(x, i["target"], reduction="none")
    return (ce + 1 - torch.exp(-ce)).mean()


def focal(x, i):
    logp = pick(F.log_softmax(x, 1), i["target"])
    return -((1 - logp.exp()) ** 2 * logp).mean()


def nce_rce(x, i):
    logp = F.log_softmax(x, 1)
    nce = pick(logp, i["target"]) / logp.sum(1)
    p = torch.clamp(F.softmax(x, 1), min=1e-7, max=1.0)
    hot = torch.clamp(F.one_hot(i["target"], x.shape[1]).to(x.dtype), min=1e-4, max=1.0)
    return (nce - (p * torch.log(hot)).sum(1)).mean()


def info_nce(x, i):
    q, k = F.normalize(x, dim=1), F.normalize(i["y"], dim=1)
    return F.cross_entropy(q @ k.T / 0.1, torch.arange(len(x)))


def multi_similarity(x, i):
    e = F.normalize(x, dim=1)
    s = e @ e.T
    same = i["target"][:, None] == i["target"][None, :]
    positive = same & ~torch.eye(len(x), dtype=torch.bool)
    low = torch.tensor(float("-inf"), dtype=x.dtype)
    zero = torch.zeros(len(x), 1, dtype=x.dtype)
    pos = torch.where(positive, -2.0 * (s - 0.5), low)
    neg = torch.where(~same, 50.0 * (s - 0.5), low)
    lse = lambda t: torch.logsumexp(torch.cat([t, zero], 1), 1)
    return (lse(pos) / 2.0 + lse(neg) / 50.0).mean()


def listnet(x, i):
    p = F.softmax(i["y"], 1)
    return -(p * torch.log(F.softmax(x, 1) + 1e-10)).sum(1).mean()


def ranknet(x, i):
    d = x[:, :, None] - x[:, None, :]
    above = i["y"][:, :, None] > i["y"][:, None, :]
    pairs = torch.where(above, F.softplus(-d), torch.zeros((), dtype=x.dtype))
    return (pairs.sum((1, 2)) / above.sum((1, 2)).clamp(min=1)).mean()


def moving_average(x, i):
    around = F.avg_pool1d(x[:, None], 11, stride=1, padding=5, count_include_pad=False)
    return (x - around[:, 0]).pow(2).sum(1).mean()


def filtered(x, i):
    taps = torch.tensor([[[-0.5, 1.0, 2.0, 1.0, -0.5]]], dtype=x.dtype)
    return (F.conv1d(x[:, None], taps, padding=2)[:, 0] - i["y"]).pow(2).sum(1).mean()


LOSSES = {
    "cross_entropy": lambda x, i: F.cross_entropy(x, i["target"]),
    "poly1": poly1,
    "focal": focal,
    "nce_rce": nce_rce,
    "label_smoothing": lambda x, i: F.cross_entropy(x, i["target"], label_smoothing=0.1),
    "kl_distillation": lambda x, i: F.kl_div(
        F.log_softmax(x / 4, 1), F.log_softmax(i["y"] / 4, 1), reduction="batchmean", log_target=True
    )
    * 16,
    "bce": lambda x, i: F.binary_cross_entropy_with_logits(x, i["unit"]),
    "mse": lambda x, i: F.mse_loss(x, i["y"]),
    "huber": lambda x, i: F.huber_loss(x, i["y"]),
    "info_nce": info_nce,
    "multi_similarity": multi_similarity,
    "listnet": listnet,
    "ranknet": ranknet,
    "total_variation": lambda x, i: (x[:, 1:] - x[:, :-1]).abs().sum(1).mean(),
    "moving_average": moving_average,
    "filtered": filtered,
}


def numbers(rows, columns, seed, dtype):
    i = torch.arange(rows * columns, dtype=torch.int64)
    return (((i + seed * 131) * 7919 % 10007).to(torch.float64) / 2501.75 - 2.0).to(dtype).reshape(rows, columns)


def inputs(name, rows, columns, dtype):
    i = {
        "y": numbers(rows, columns, 2, dtype),
        "unit": torch.sigmoid(numbers(rows, columns, 3, dtype)),
        "target": torch.arange(rows) * 31 % columns,
    }
    # Both sides of InfoNCE are differentiated.
    i["y"].requires_grad_(name == "info_nce")
    return numbers(rows, columns, 1, dtype).requires_grad_(True), i


def time_torch(loss, x, i):
    times = []
    for run in range(35):
        x.grad = None
        i["y"].grad = None
        start = time.perf_counter()
        loss(x, i).backward()
        if run >= 5:
            times.append((time.perf_counter() - start) * 1e3)
    return times


def time_speed(args, name, rows, columns, backend):
    command = [args.speed, name, str(rows), str(columns), "--backend", backend]
    command += ["--threads", str(args.threads), "--dtype", args.dtype]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return None
    line = json.loads(done.stdout)
    return line["median_ms"], line["min_ms"], line["extra_mb"]


def summary(rounds):
    rounds = [r for r in rounds if r]
    if not rounds:
        return None
    medians = sorted(r[0] for r in rounds)
    return medians[len(medians) // 2], min(r[1] for r in rounds)


def compare(args, name, rows, columns):
    dtype = torch.float32 if args.dtype == "f32" else torch.float64
    found = {kind: [] for kind in ["fused", "hand", "eager", "compiled"]}
    x, i = inputs(name, rows, columns, dtype)
    compiled = torch.compile(LOSSES[name]) if args.compile else None
    for _ in range(args.rounds):
        found["fused"].append(time_speed(args, name, rows, columns, "fused"))
        if args.hand:
            found["hand"].append(time_speed(args, name, rows, columns, "hand"))
        for kind, loss in [("eager", LOSSES[name]), ("compiled", compiled)]:
            if loss:
                times = sorted(time_torch(loss, x, i))
                found[kind].append((times[len(times) // 2], times[0]))
    return {kind: summary(rounds) for kind, rounds in found.items()}


def cell(pair):
    return f"{pair[0]:.3g} ({pair[1]:.3g})" if pair else "-"


def ratio(a, b):
    return f"{a[1] / b[1]:.2f}" if a and b else "-"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", default="f32")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--no-hand", dest="hand", action="store_false")
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    parser.add_argument("--speed", default=os.path.join(target, "release/examples/speed"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f"{args.threads} threads, {args.dtype}, PyTorch {torch.__version__}; milliseconds, median (minimum)")
    print("| loss | size | fused | dfdx by hand | eager | compiled | hand/fused | fused/eager | fused/compiled |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, sizes in CASES.items():
        if args.only and name not in args.only.split(","):
            continue
        for rows, columns in sizes:
            f = compare(args, name, rows, columns)
            cells = [name, f"{rows}x{columns}"] + [cell(f[k]) for k in ["fused", "hand", "eager", "compiled"]]
            cells += [ratio(f["hand"], f["fused"]), ratio(f["fused"], f["eager"]), ratio(f["fused"], f["compiled"])]
            print("| " + " | ".join(cells) + " |", flush=True)
            torch._dynamo.reset()


if __name__ == "__main__":
    sys.exit(main())
