//! Models: what they make, and what makes them.

use metaplast_molecules::{
    DecoderLearning, EncoderInput, GraphVae, IndependentPlaces, MolecularProperty, Molecule,
    PenaltyWeights, PlacedGraph, PropertyBands, PropertyConditions, SampleScores, Universe,
    VaeSettings, VaeTraining, draw_sheet, layout,
};
use metaplast_tensor::Random;

fn settings(input: EncoderInput) -> VaeSettings {
    VaeSettings {
        latent: 6,
        hidden: 30,
        decoder_hidden: vec![30],
        ..VaeSettings::five_places(input)
    }
}

const SCATTERING: EncoderInput = EncoderInput::Scattering {
    wavelets: 4,
    layers: 2,
};

fn universe(places: usize) -> Universe {
    Universe::up_to(places).filtered(Molecule::is_stable)
}

fn train(settings: VaeSettings, training: VaeTraining, known: &[Molecule]) -> (GraphVae, Vec<f64>) {
    let mut losses = Vec::new();
    let vae = GraphVae::train(settings, training, known, 1, |_, epoch| {
        losses.push(epoch.reconstruction + epoch.divergence);
        true
    });
    (vae.expect("not stopped"), losses)
}

#[test]
fn every_valid_sample_is_found_in_the_universe() {
    let universe = Universe::up_to(5);
    let stable = universe.filtered(Molecule::is_stable);
    let known: Vec<Molecule> = stable.molecules().iter().step_by(20).cloned().collect();
    let training = VaeTraining {
        epochs: 10,
        ..VaeTraining::default()
    };
    let (vae, _) = train(settings(EncoderInput::Plain), training, &known);
    let mut samples = vae.sample(1000, 1);
    let graphs: Vec<_> = known.iter().map(|m| PlacedGraph::of(m, 5)).collect();
    samples.extend(IndependentPlaces::of(&graphs).sample(2000, &mut Random::new(1)));
    let valid: Vec<Molecule> = samples.iter().filter_map(|s| s.molecule().ok()).collect();
    assert!(valid.len() > 100);
    assert!(valid.iter().all(|molecule| universe.contains(molecule)));
}

#[test]
fn every_way_of_learning_lowers_the_loss_and_repeats() {
    let known = universe(4).filtered(|m| m.atoms() > 2).molecules()[..120].to_vec();
    let backprop = VaeTraining {
        epochs: 8,
        batch: 20,
        ..VaeTraining::default()
    };
    let penalties = PenaltyWeights {
        triple_in_ring: 0.3,
        triple_reached: 0.3,
        ..PenaltyWeights::first_three(0.3)
    };
    let released = VaeSettings {
        batch_norm: true,
        ..settings(SCATTERING)
    };
    let rule = DecoderLearning::Rule {
        errors: 0.05,
        oja: 0.01,
    };
    for (settings, training) in [
        (settings(EncoderInput::Plain), backprop),
        (released, backprop),
        (
            settings(EncoderInput::Plain),
            VaeTraining {
                epochs: 4,
                penalties,
                ..backprop
            },
        ),
        (
            settings(EncoderInput::Plain),
            VaeTraining {
                decoder: DecoderLearning::RandomFeedback,
                ..backprop
            },
        ),
        (
            settings(EncoderInput::Plain),
            VaeTraining {
                decoder: rule,
                ..backprop
            },
        ),
    ] {
        let (vae, losses) = train(settings.clone(), training, &known);
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        assert!(last < 0.9 * first, "{first} to {last} by {training:?}");
        let (again, same) = train(settings, training, &known);
        assert_eq!((losses, vae.sample(5, 3)), (same, again.sample(5, 3)));
        assert!(vae.losses(&known, 1).reconstruction.is_finite());
    }
}

#[test]
fn without_terms_a_learned_rule_is_random_feedback() {
    let known = universe(3).molecules().to_vec();
    let losses = |decoder| {
        let training = VaeTraining {
            epochs: 2,
            decoder,
            ..VaeTraining::default()
        };
        train(settings(EncoderInput::Plain), training, &known).1
    };
    let rule = DecoderLearning::Rule {
        errors: 0.0,
        oja: 0.0,
    };
    assert_eq!(losses(rule), losses(DecoderLearning::RandomFeedback));
    assert_ne!(losses(rule), losses(DecoderLearning::Backpropagation));
}

#[test]
fn weights_of_zero_leave_molecules_out() {
    let known = universe(3).molecules().to_vec();
    let training = VaeTraining {
        epochs: 2,
        batch: known.len(),
        ..VaeTraining::default()
    };
    let given = vec![Vec::new(); known.len()];
    let with = |weights: &[f64]| {
        let vae = GraphVae::train_weighted(
            settings(EncoderInput::Plain),
            training,
            &known,
            weights,
            &given,
            1,
            |_, _| true,
        );
        vae.expect("not stopped").sample(20, 1)
    };
    let equal = vec![1.0; known.len()];
    let mut half = vec![2.0; known.len()];
    half.iter_mut()
        .skip(1)
        .step_by(2)
        .for_each(|weight| *weight = 0.0);
    assert_eq!(with(&equal), with(&equal));
    assert_ne!(with(&equal), with(&half));
}

#[test]
fn places_of_depth_first_molecules_tell_so_little_of_each_other_as_those_of_canonical_smiles() {
    // Drawn independently, places of molecules in the order of RDKit's canonical SMILES are a molecule in .30
    // of cases. The less places depend on each other, the less a decoder has to learn.
    let all = universe(5);
    let mut random = Random::new(1);
    let chosen = random.permutation(all.len());
    let mut valid = |ordered: fn(&Molecule) -> Molecule| {
        let some = chosen[..600].iter().map(|&k| &all.molecules()[k]);
        let graphs: Vec<_> = some.map(|m| PlacedGraph::of(&ordered(m), 5)).collect();
        let samples = IndependentPlaces::of(&graphs).sample(8000, &mut random);
        SampleScores::of(&samples, &all, None).valid
    };
    let (depth, breadth) = (valid(Molecule::depth_first), valid(Molecule::breadth_first));
    assert!(depth > 0.28, "{depth}");
    assert!(breadth < 0.22, "{breadth}");
}

#[test]
fn scores_count_what_they_say() {
    let read = |smiles: &str| smiles.parse::<Molecule>().expect("a SMILES");
    let place = |smiles: &str| PlacedGraph::of(&read(smiles), 4);
    let mut broken = place("CO");
    broken.set_order(2, 3, 1);
    let samples = [
        place("CO"),
        place("OC"),
        place("C=C"),
        place("C1CC1"),
        broken,
    ];
    let known = Universe::of([read("C=C")]);
    let wanted = universe(3);
    let scores = SampleScores::of(&samples, &known, Some(&wanted));
    assert_eq!(
        (scores.valid, scores.distinct, scores.new),
        (0.8, 0.75, 0.75)
    );
    assert_eq!((scores.found, scores.to_find), (1, Some(wanted.len() - 1)));
    assert_eq!(
        [scores.overfull, scores.bonded_ghosts, scores.in_pieces],
        [0.0, 0.2, 0.0]
    );
    assert_eq!(SampleScores::of(&samples, &known, None).found, 2);
}

#[test]
fn properties_given_one_are_drawn_from_the_conditional_distribution() {
    let molecules = universe(4).molecules().to_vec();
    let properties = [
        MolecularProperty::PolarSurface,
        MolecularProperty::Mass,
        MolecularProperty::Heteroatoms,
    ];
    let conditions = PropertyConditions::of(&properties, &molecules);
    let mut random = Random::new(1);
    // Over values as they occur, the draws have the means and covariances of the data.
    let rows: Vec<Vec<f64>> = molecules
        .iter()
        .map(|m| conditions.standardised(m))
        .collect();
    let drawn: Vec<Vec<f64>> = (0..20)
        .flat_map(|_| &molecules)
        .map(|m| conditions.draw_given(1, MolecularProperty::Mass.of(m), &mut random))
        .collect();
    let moment = |rows: &[Vec<f64>], i: usize, j: usize| {
        rows.iter().map(|row| row[i] * row[j]).sum::<f64>() / rows.len() as f64
    };
    for i in 0..3 {
        for j in 0..3 {
            let (data, draws) = (moment(&rows, i, j), moment(&drawn, i, j));
            assert!((data - draws).abs() < 0.05, "{i} {j}: {data} {draws}");
        }
    }
}

#[test]
fn bands_enclose_what_lies_between_models() {
    let models: Vec<Vec<f64>> = (0..9)
        .map(|k| {
            let ones = 2 + k;
            (0..20).map(|i| if i < ones { 1.0 } else { 2.0 }).collect()
        })
        .collect();
    let bands = PropertyBands::of(&models, &[0.5, 1.5, 2.5]);
    assert_eq!(bands.median, [0.3, 0.7]);
    assert_eq!(bands.enclosing(&[1.0, 2.0, 2.0]), 1.0);
    assert_eq!(bands.enclosing(&[2.0; 20]), 0.0);
}

#[test]
fn drawings_keep_bonds_short_and_atoms_apart() {
    for smiles in [
        "C",
        "CCO",
        "C1CCCCC1",
        "CC(C)(C)C",
        "N#CC1CC1",
        "O=c1cc[nH]cc1",
    ] {
        let molecule: Molecule = smiles.parse().expect("a SMILES");
        let at = layout(&molecule);
        let apart = |i: usize, j: usize| (at[i][0] - at[j][0]).hypot(at[i][1] - at[j][1]);
        for i in 0..molecule.atoms() {
            for j in 0..i {
                let bounds = if molecule.order(i, j) > 0 {
                    0.7..1.4
                } else {
                    0.7..20.0
                };
                assert!(bounds.contains(&apart(i, j)), "{smiles}: {}", apart(i, j));
            }
        }
        let svg = draw_sheet(&[molecule], 3);
        assert!(svg.ends_with("</svg>\n") && svg.contains(">"), "{smiles}");
    }
}
