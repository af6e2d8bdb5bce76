//! `metaplast simulate`, `gradcheck` and `data`: what one looks at.

use crate::common::{Sandbox, stderr};
use safetensors::SafeTensors;

#[test]
fn a_simulation_leaves_a_curve_and_weights() {
    let place = Sandbox::new();
    let rule = place.rule();
    let run = |more: &[&str]| place.succeed(&[&["simulate", rule], more].concat());
    let said = run(&["--steps", "14", "--every", "5", "--out", "sim"]);
    assert!(said.starts_with("after 14 steps: query loss "), "{said}");
    let curve = place.read("sim/curve.csv");
    let rows: Vec<&str> = curve.lines().collect();
    assert_eq!(
        rows[0],
        "step,query_ce,query_accuracy,weight_norm_1,weight_norm_2"
    );
    let steps: Vec<&str> = rows[1..]
        .iter()
        .map(|row| row.split(',').next().unwrap())
        .collect();
    assert_eq!(steps, ["0", "5", "10", "14"]);

    let bytes = std::fs::read(place.path("sim/weights.safetensors")).unwrap();
    let weights = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(weights.tensor("W.1").unwrap().shape(), [8, 784]);
    assert_eq!(weights.tensor("W.2").unwrap().shape(), [47, 8]);
    let norm = |name: &str| -> f64 {
        let data = weights.tensor(name).unwrap();
        let numbers = data.data().chunks_exact(4);
        let squares = numbers.map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap())).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let last: Vec<f64> = rows[4]
        .split(',')
        .map(|cell| cell.parse().unwrap())
        .collect();
    assert!((norm("W.1") - last[3]).abs() < 1e-9 && (norm("W.2") - last[4]).abs() < 1e-9);

    // One pass over the support is the default: 2 ways and 3 shots.
    run(&["--quiet"]);
    run(&["--quiet", "--seed", "2"]);
    let one = place.read("runs/simulation-1/curve.csv");
    assert!(one.lines().last().unwrap().starts_with("6,"), "{one}");
    assert_ne!(one, place.read("runs/simulation-2/curve.csv"));
}

#[test]
fn gradients_agree() {
    let place = Sandbox::new();
    let small = [
        "gradcheck",
        "--glyphs-per-class",
        "6",
        "--layers",
        "784,10,8,47",
        "--ways",
        "2",
        "--shots",
        "3",
        "--queries",
        "2",
    ];
    for flags in [
        &["--preset", "pool"][..],
        &["--preset", "bio", "--feedback", "attached"],
        &["--terms", "F1,F4", "--theta", "0.01,-0.02"],
    ] {
        let table = place.succeed(&[&small[..], flags].concat());
        assert!(table.ends_with("all agree\n"), "{table}");
    }
    let table = place.succeed(&[&small[..], &["--preset", "bp"]].concat());
    assert!(table.contains("Finite differences do not apply"), "{table}");
    assert!(table.ends_with("all agree\n"), "{table}");
}

#[test]
fn images_are_counted_and_measured() {
    let place = Sandbox::new();
    let info = place.succeed(&["data", "info", "--glyphs-per-class", "3"]);
    assert!(info.contains("141 of 28x28 pixels"), "{info}");
    place.idx("data", &[2, 0, 5]);
    let info = place.succeed(&["data", "info", "--data", "data"]);
    assert!(info.contains("2 to 5; one class has none"), "{info}");
}

#[test]
fn a_contact_sheet_is_a_png() {
    let place = Sandbox::new();
    let flags = [
        "data",
        "preview",
        "--glyphs-per-class",
        "3",
        "--classes",
        "A,b,5",
        "--per-class",
        "3",
        "--out",
        "sheet.png",
    ];
    let output = place.run(&flags);
    assert!(output.status.success(), "{}", stderr(&output));
    let file = std::io::BufReader::new(std::fs::File::open(place.path("sheet.png")).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    // A gap, two digits and a gap, then three images with theirs.
    assert_eq!((info.width, info.height), (2 + 18 + 3 * 30, 2 + 3 * 30));
    assert_eq!(info.color_type, png::ColorType::Grayscale);
    assert!(pixels.contains(&255));
    assert_eq!(place.names(), ["sheet.png"]);
}

#[test]
fn folders_of_png_files_are_images_like_others() {
    let place = Sandbox::new();
    place.png_folders("shapes", &["box", "dot", "line", "wave"], 5);
    let info = place.succeed(&["data", "info", "--data", "shapes"]);
    assert!(info.contains("20 of 28x28 pixels, upright"), "{info}");
    assert!(info.contains("4: box dot line wave"), "{info}");
    let flags = ["data", "preview", "--data", "shapes", "--classes", "dot,3"];
    let said = place.succeed(&[&flags[..], &["--out", "sheet.png"]].concat());
    assert!(said.contains("rows: 1 = dot, 3 = wave"), "{said}");
    let small = [
        "--ways",
        "2",
        "--shots",
        "3",
        "--queries",
        "2",
        "--layers",
        "784,6,4",
    ];
    let train = [
        "meta-train",
        "--data",
        "shapes",
        "--episodes",
        "3",
        "--quiet",
    ];
    let held_out = ["--hold-out-classes", "2", "--out", "run"];
    place.succeed(&[&train[..], &small, &held_out].concat());
    let evaluate = [
        "evaluate",
        "run/rule.toml",
        "--tasks",
        "2",
        "--rate-episodes",
        "2",
        "--quiet",
    ];
    let said = place.succeed(&evaluate);
    assert!(
        said.contains("2 tasks of shapes") && said.contains("from 2 of 4 classes"),
        "{said}"
    );
    let sweep = ["reproduce", "bio", "--quick", "--data", "shapes", "--show"];
    place.succeed(&sweep);
}
