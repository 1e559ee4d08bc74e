//! How long the macro takes: each catalogue spec (target: under 3 ms) and the whole catalogue (under 100 ms).

use criterion::{Criterion, criterion_group, criterion_main};
use loss_core::{catalogue, expand};
use std::hint::black_box;

fn specs(c: &mut Criterion) {
    let mut group = c.benchmark_group("expand");
    group.sample_size(20);
    for file in catalogue::FILES {
        group.bench_function(format!("{}/{}", file.family, file.name), |b| {
            b.iter(|| expand(black_box(file.tokens())));
        });
    }
    group.bench_function("whole catalogue", |b| {
        b.iter(|| catalogue::FILES.iter().map(|f| expand(f.tokens()).into_iter().count()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, specs);
criterion_main!(benches);
