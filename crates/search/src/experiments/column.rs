//! Retention laws in a column of soil that drains and takes water up again.

use std::sync::Arc;

use metaplast_experiment::{
    Across, Error, Figure, Measurement, Plot, Point, Request, Results, Scale, Table,
};
use metaplast_numbers::statistics::mean;
use metaplast_numbers::streams::seed;
use metaplast_tensor::{Random, Scalar};

use super::Setup;
use crate::flow::{FlowMesh, UnsaturatedFlow};
use crate::permeability::PermeabilityTensor;
use crate::retention::{
    HystereticLaw, PointUse, RetentionBranch, RetentionGame, Soil, SoilBatch, VanGenuchten,
    fit_curve,
};

/// Which textures soils are made of, as places in [`VanGenuchten::TEXTURES`]: from loamy sand to clay loam.
const MADE_OF: [usize; 5] = [1, 2, 3, 5, 6];
/// α_w/α_d of made soils.
const RATIO: f64 = 2.0;
/// The standard deviation of a measured water content.
const NOISE: f64 = 0.005;
/// Points of a branch of a made soil, from 1 to 1000 cm.
const POINTS: usize = 14;
/// The column in cm, its elements, and its suction at the beginning.
const HEIGHT: f64 = 40.0;
const SEGMENTS: usize = 40;
const START: f64 = 10.0;
/// Suction at the bottom in cm while it drains, while it takes water up, and again.
const PHASES: [f64; 3] = [200.0, 15.0, 200.0];
/// Days of a phase, and times in each at which the water is recorded.
const DAYS: f64 = 1.0;
const RECORDS: usize = 10;
/// Settings of the networks: log₁₀(1 + h), flag, 2 × 8 tanh, rate 0.1, no decay.
const NETWORK: [usize; 7] = [1, 1, 1, 1, 0, 3, 0];
/// The conductivity of real soils, which is not among their data, cm a day.
const CONDUCTIVITY: f64 = 25.0;

const LAWS: [&str; 3] = [
    "network",
    "van Genuchten's curve for each branch",
    "its drying curve alone",
];

/// Water contents of all nodes at each recorded time, and all water at those times.
struct Course {
    contents: Vec<Vec<f64>>,
    water: Vec<f64>,
}

/// `None` where the flow does not converge.
fn course(law: &Arc<HystereticLaw>, mualem: VanGenuchten) -> Option<Course> {
    let mesh = FlowMesh::column(HEIGHT, SEGMENTS);
    let k = PermeabilityTensor::isotropic(mualem.k_s);
    let mut flow = UnsaturatedFlow::new(mesh, law, mualem, k, |_| START);
    let (mut contents, mut water) = (vec![flow.water_contents()], vec![flow.water()]);
    for suction in PHASES {
        for _ in 0..RECORDS {
            let span = DAYS / RECORDS as f64;
            flow.run(span, span / 2.0, &[(0, -suction)]).ok()?;
            contents.push(flow.water_contents());
            water.push(flow.water());
        }
    }
    Some(Course { contents, water })
}

/// The root-mean-square difference of water contents over nodes and times; NaN where there is nothing to compare.
fn apart(a: Option<&Course>, b: Option<&Course>) -> f64 {
    let (Some(a), Some(b)) = (a, b) else {
        return f64::NAN;
    };
    let times = a.contents.iter().zip(&b.contents);
    let squares: Vec<f64> = times
        .flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)))
        .collect();
    mean(&squares).sqrt()
}

/// The laws that are fitted to each soil, in the order of [`LAWS`], with the curve that gives k_r.
fn laws(soils: &[Soil]) -> Vec<([Arc<HystereticLaw>; 3], VanGenuchten)> {
    let networks = SoilBatch::new(soils).train(&RetentionGame::settings(&NETWORK), 1);
    let each = soils.iter().enumerate().map(|(place, soil)| {
        let points = soil.points();
        let [drying, wetting] =
            [RetentionBranch::Drying, RetentionBranch::Wetting].map(|direction| {
                let branch = points.iter().filter(|point| point.direction == direction);
                let training = branch.filter(|point| point.purpose == PointUse::Training);
                let training: Vec<_> = training.map(|p| (p.suction, p.water_content)).collect();
                fit_curve(&training)
            });
        let suctions = points.iter().map(|point| point.suction);
        let (least, most) = suctions.fold((f64::INFINITY, 0.0), |(least, most), h| {
            (f64::min(least, h), f64::max(most, h))
        });
        // A network knows nothing beyond its points.
        let learned = HystereticLaw::tabulated(|direction, suctions| {
            let within: Vec<f64> = suctions.iter().map(|h| h.clamp(least, most)).collect();
            networks
                .water_contents(direction, &within)
                .swap_remove(place)
        });
        let of = |direction| match direction {
            RetentionBranch::Drying => drying,
            RetentionBranch::Wetting => wetting,
        };
        let by_hand = HystereticLaw::tabulated(|direction, suctions| {
            suctions
                .iter()
                .map(|&h| of(direction).water_content(h))
                .collect()
        });
        let alone = HystereticLaw::tabulated(|_, suctions| {
            suctions.iter().map(|&h| drying.water_content(h)).collect()
        });
        ([learned, by_hand, alone].map(Arc::new), drying)
    });
    each.collect()
}

/// A soil whose law is known, with points as a laboratory would measure them.
fn made(texture: usize, random: &mut Random) -> Soil {
    let (name, drying) = VanGenuchten::TEXTURES[texture];
    let law = HystereticLaw::of_ratio(drying, RATIO);
    let mut branch = |direction| {
        let point = |k: usize| {
            let h = Scalar::exp(Scalar::ln(1000.0) * k as f64 / (POINTS - 1) as f64);
            (h, law.main(direction, h) + NOISE * random.normal())
        };
        (0..POINTS).map(point).collect()
    };
    Soil {
        code: "made".into(),
        texture: name.into(),
        drying: branch(RetentionBranch::Drying),
        wetting: branch(RetentionBranch::Wetting),
    }
}

pub(super) fn compare(
    setup: &Setup,
    request: &Request<'_>,
    results: Results,
) -> Result<Results, Error> {
    let names: Vec<String> = (0..setup.fields)
        .map(|k| format!("column, soil {k}"))
        .collect();
    let measured = request.measure("columns of made soils", &names, |k| {
        let texture = MADE_OF[k % MADE_OF.len()];
        let (_, curve) = VanGenuchten::TEXTURES[texture];
        let mut random = Random::new(seed(&[setup.seed, k as u64, super::COLUMN]));
        let soil = made(texture, &mut random);
        let truth = course(&Arc::new(HystereticLaw::of_ratio(curve, RATIO)), curve);
        let (laws, fitted) = laws(&[soil]).swap_remove(0);
        let mualem = VanGenuchten {
            k_s: curve.k_s,
            ..fitted
        };
        let water = |course: &Option<Course>| {
            let none = vec![f64::NAN; PHASES.len() * RECORDS + 1];
            course.as_ref().map_or(none, |course| course.water.clone())
        };
        let mut measurement = Measurement::new().with("truth", water(&truth));
        let mut off = Vec::new();
        for (law, name) in laws.iter().zip(LAWS) {
            let course = course(law, mualem);
            off.push(apart(course.as_ref(), truth.as_ref()));
            measurement.set(name, water(&course));
        }
        Ok(measurement.with("off", off))
    })?;
    let names: Vec<String> = setup
        .soils
        .iter()
        .map(|soil| format!("column, UNSODA {}", soil.code))
        .collect();
    let real = request.measure("columns of real soils", &names, |k| {
        let (laws, fitted) = laws(&setup.soils[k..=k]).swap_remove(0);
        let mualem = VanGenuchten {
            k_s: CONDUCTIVITY,
            ..fitted
        };
        let courses = laws.each_ref().map(|law| course(law, mualem));
        let off = [0, 2].map(|law| apart(courses[law].as_ref(), courses[1].as_ref()));
        Ok(Measurement::new().with("off", off))
    })?;
    Ok(shown(setup, &measured, &real, results))
}

fn shown(
    setup: &Setup,
    measured: &[Measurement],
    real: &[Measurement],
    results: Results,
) -> Results {
    let lost = |measured: &[Measurement]| {
        let all = measured.iter().flat_map(|m| m.series("off"));
        all.filter(|off| off.is_nan()).count()
    };
    let mut table = Table::new(
        "column",
        "A column that drains, takes water up and drains again: difference of water content",
        ["law", "from the truth, made soils", "from van Genuchten's, real soils"],
    )
    .with_note(format!(
        "Root mean square over nodes and times, mean over {} made soils and {} real ones with its 98% bootstrap \
         interval. Made soils: five textures of Carsel & Parrish, α_w/α_d = {RATIO}, {POINTS} points a branch with \
         noise {NOISE}. The column is {HEIGHT} cm high and starts at a suction of {START} cm; that at its bottom is \
         {} cm for a day each. Conductivity of real soils: {CONDUCTIVITY} cm a day. Comparisons that are left out \
         since a flow does not converge: {} and {}.",
        measured.len(),
        setup.soils.len(),
        PHASES.map(|h| h.to_string()).join(", "),
        lost(measured),
        lost(real)
    ));
    for (law, name) in LAWS.into_iter().enumerate() {
        let of = |measured: &[Measurement], at: usize| -> Vec<f64> {
            measured.iter().map(|m| m.series("off")[at]).collect()
        };
        let truth = table.mean_of(&of(measured, law), 3);
        let real = match law {
            1 => 0u64.into(),
            law => table.mean_of(&of(real, law / 2), 3),
        };
        table.row([name.into(), truth, real]);
    }
    let mut figure = Figure::new(
        "column",
        "Water in a column that drains, takes water up and drains again",
        "A law without hysteresis takes up more water on the way back than the soil does.",
    )
    .with_series(["truth"].into_iter().chain(LAWS));
    for (k, measured) in measured.iter().enumerate().take(MADE_OF.len()) {
        let (name, _) = VanGenuchten::TEXTURES[MADE_OF[k]];
        let across = Across::Numbers {
            label: "days".into(),
            scale: Scale::Linear,
        };
        let mut plot = Plot::new(name, across, "water, cm");
        for (series, name) in ["truth"].into_iter().chain(LAWS).enumerate() {
            let points = measured.series(name).iter().enumerate();
            let day = |at: usize| at as f64 * DAYS / RECORDS as f64;
            plot = plot.with_curve(
                series,
                points.map(|(at, &water)| Point::exact(day(at), water)),
            );
        }
        figure = figure.with_plot(plot);
    }
    let said = |law: usize| table.rows[law][1].to_text();
    let finding = format!(
        "In a column whose law is known, water contents are off by {} with the network, {} with van Genuchten's \
         curves and {} without hysteresis.",
        said(0),
        said(1),
        said(2)
    );
    results
        .with_finding(finding)
        .with_table(table)
        .with_figure(figure)
}
