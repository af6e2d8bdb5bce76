//! What a search costs beside the training of candidates: 40 choices by each searcher on a landscape that is known,
//! and the training of one setting of 18 soils, small and large.

use criterion::{Criterion, criterion_group, criterion_main};
use metaplast_search::retention::{RetentionGame, Soil, SoilBatch};
use metaplast_search::{Landscape, Search, SearchMethod};

fn searchers(criterion: &mut Criterion) {
    let landscape = Landscape::from_errors(include_str!("../data/landscape_486.json"))
        .expect("the landscape can be read");
    let mut group = criterion.benchmark_group("40 of 486");
    for method in SearchMethod::ALL {
        let mut seed = 0;
        group.bench_function(method.name(), |bencher| {
            bencher.iter(|| {
                seed += 1;
                Search::new(&landscape, method.searcher(seed)).run(40)
            });
        });
    }
    group.finish();
}

fn trainings(criterion: &mut Criterion) {
    let batch = SoilBatch::new(&Soil::unsoda());
    let mut group = criterion.benchmark_group("one setting");
    group.sample_size(10);
    for (name, end) in [
        ("1 x 3 relu", [1, 0, 0, 0, 1, 3, 0]),
        ("2 x 8 tanh", [1, 1, 1, 1, 0, 3, 0]),
        ("2 x 16 softplus", [1, 2, 1, 2, 2, 3, 1]),
    ] {
        let settings = RetentionGame::settings(&end);
        group.bench_function(name, |bencher| bencher.iter(|| batch.train(&settings, 1)));
    }
    group.finish();
}

criterion_group!(benches, searchers, trainings);
criterion_main!(benches);
