#!/usr/bin/env python3
"""How long a crate with 1, 10 and 50 specs takes to check and to build, with dfdx and dfdx-loss built already.

    python3 benches/compile_time.py

Each spec is used once, forward and backward, in `f32` on the CPU. Prints seconds of `cargo check`, `cargo build` and
`cargo build --release` after a change of the crate, and the size of the optimised binary.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPECS = [
    "pub {name}<epsilon = 1.0>(logits: [B, K], target: [B] -> K) {{ let logp[b, k] = log_softmax[k](logits[b, k]); "
    "-logp[b, target[b]] + epsilon * (1 - exp(logp[b, target[b]])) }}",
    "pub {name}<gamma = 2.0>(logits: [B, K], target: [B] -> K) {{ let logp[b, k] = log_softmax[k](logits[b, k]); "
    "-(1 - exp(logp[b, target[b]])) ^ gamma * logp[b, target[b]] }}",
    "pub {name}<delta = 1.0>(logits: [B, K], target: [B] -> K) = sum[k](if abs(logits[b, k]) < delta "
    "{{ logits[b, k] ^ 2 }} else {{ delta * abs(logits[b, k]) }}) - logits[b, target[b]];",
    "pub {name}<t = 0.1>(logits: [B, K], target: [B] -> K) {{ let s[i, j] = sum[k](logits[i, k] * logits[j, k]) / t; "
    "logsumexp[j | target[i] != target[j]](s[i, j]) - s[i, i] }}",
    "pub {name}<h = 1.0>(logits: [B, K], target: [B] -> K) {{ let p[b, k] = sigmoid(h * logits[b, k]); "
    "mean[k](softplus(logits[b, k]) - (if k == target[b] {{ logits[b, k] }} else {{ 0 }})) + mean[k](p[b, k] ^ 2) }}",
]


def source(count):
    specs = "\n".join("    " + SPECS[i % len(SPECS)].format(name=f"L{i}") for i in range(count))
    uses = "\n".join(
        f"    let loss = L{i}::default().forward(x.leaky_trace(), y.clone());\n"
        f"    println!(\"{{:?}}\", loss.backward().get(&x).as_vec().len());"
        for i in range(count)
    )
    return f"""use dfdx::prelude::*;
dfdx_loss::loss! {{
{specs}
}}
fn main() {{
    let dev = Cpu::default();
    let x: Tensor<(usize, usize), f32, Cpu> = dev.sample_normal_like(&(64, 10));
    let y = dev.tensor_from_vec((0..64).map(|i| i % 10).collect(), (64,));
{uses}
}}
"""


def timed(folder, command):
    (folder / "src/main.rs").touch()
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "src").mkdir()
        (folder / "Cargo.toml").write_text(
            "[package]\nname = 'specs'\nedition = '2024'\n[workspace]\n[dependencies]\n"
            f"dfdx-loss = {{ path = '{ROOT}' }}\n"
            "dfdx = { version = '=0.13.0', default-features = false, features = ['std', 'cpu'] }\n"
        )
        lock = ROOT / "Cargo.lock"
        (folder / "Cargo.lock").write_text(lock.read_text())
        os.environ.setdefault("CARGO_TARGET_DIR", str(folder / "target"))
        print("| specs | check, s | debug build, s | release build, s | binary, MB |\n|---|---|---|---|---|")
        commands = [["cargo", "check"], ["cargo", "build"], ["cargo", "build", "--release"]]
        for count in [1, 10, 50]:
            (folder / "src/main.rs").write_text(source(count))
            for command in commands:
                subprocess.run(command, cwd=folder, check=True, capture_output=True)
            seconds = " | ".join(f"{timed(folder, command):.1f}" for command in commands)
            binary = Path(os.environ["CARGO_TARGET_DIR"]) / "release/specs"
            print(f"| {count} | {seconds} | {binary.stat().st_size / 1e6:.1f} |", flush=True)


if __name__ == "__main__":
    main()
