//! Canonical forms and the enumerated universe.

use metaplast_molecules::{Element, InvalidMolecule, Molecule, Universe, enumerate};
use metaplast_tensor::Random;
use proptest::prelude::*;

/// A random molecule of a number of atoms: a tree at first, then rings and higher bonds where there is
/// room.
pub(crate) fn random_molecule(atoms: usize, random: &mut Random) -> Molecule {
    loop {
        let elements: Vec<_> = (0..atoms).map(|_| Element::ALL[random.below(4)]).collect();
        let mut orders = vec![vec![0; atoms]; atoms];
        let mut free: Vec<_> = elements.iter().map(|e| e.valence()).collect();
        let join = |i: usize, j: usize, orders: &mut Vec<Vec<u8>>, free: &mut Vec<usize>| {
            if i != j && free[i] > 0 && free[j] > 0 && orders[i][j] < 3 {
                (orders[i][j], orders[j][i]) = (orders[i][j] + 1, orders[j][i] + 1);
                (free[i], free[j]) = (free[i] - 1, free[j] - 1);
            }
        };
        for i in 1..atoms {
            join(i, random.below(i), &mut orders, &mut free);
        }
        for _ in 0..random.below(2 * atoms + 1) {
            join(
                random.below(atoms),
                random.below(atoms),
                &mut orders,
                &mut free,
            );
        }
        let pairs = (0..atoms).flat_map(|i| (0..i).map(move |j| (i, j)));
        let bonds: Vec<_> = pairs
            .map(|(i, j)| (i, j, orders[i][j]))
            .filter(|b| b.2 > 0)
            .collect();
        if let Ok(molecule) = Molecule::new(&elements, &bonds) {
            return molecule;
        }
    }
}

#[test]
fn canonical_forms_stay_under_a_thousand_relabellings() {
    let mut random = Random::new(1);
    for number in 0..100 {
        let molecule = random_molecule(1 + number % 9, &mut random);
        let canonical = molecule.canonical();
        assert_eq!(canonical.canonical(), canonical);
        for _ in 0..10 {
            let order = random.permutation(molecule.atoms());
            assert_eq!(molecule.relabelled(&order).canonical(), canonical);
        }
    }
}

#[test]
fn orders_for_decoders_do_not_depend_on_labels_and_join_each_atom_to_an_earlier_one() {
    let mut random = Random::new(2);
    for number in 0..60 {
        let molecule = random_molecule(1 + number % 9, &mut random);
        for ordered in [Molecule::depth_first, Molecule::breadth_first] {
            let first = ordered(&molecule);
            assert_eq!(first.canonical(), molecule.canonical());
            for atom in 1..first.atoms() {
                assert!((0..atom).any(|earlier| first.order(earlier, atom) > 0));
            }
            let relabelled = molecule.relabelled(&random.permutation(molecule.atoms()));
            assert_eq!(ordered(&relabelled), first);
        }
    }
}

#[test]
fn depth_first_follows_the_longest_chain_from_its_end() {
    for (smiles, ordered) in [
        ("C(C)(C)CC", "CCC(C)C"),
        ("C(F)(=O)N", "O=C(N)F"),
        ("O=C=C", "C=C=O"),
    ] {
        let molecule: Molecule = smiles.parse().expect("a SMILES");
        assert_eq!(molecule.depth_first().to_smiles(), ordered);
    }
}

#[test]
fn symmetric_molecules_have_one_canonical_form() {
    // All atoms of these are alike to colour refinement, or nearly so.
    let mut random = Random::new(2);
    for smiles in [
        "C1CCCCC1",
        "C12C3C4C1C5C2C3C45",
        "C1=CC=CC=C1",
        "CC(C)(C)C(C)(C)C",
    ] {
        let molecule: Molecule = smiles.parse().expect("a SMILES");
        let canonical = molecule.canonical();
        for _ in 0..20 {
            let order = random.permutation(molecule.atoms());
            assert_eq!(
                molecule.relabelled(&order).canonical(),
                canonical,
                "{smiles}"
            );
        }
    }
    // Decalin and bicyclopentyl, which colour refinement alone cannot tell apart.
    let read = |smiles: &str| smiles.parse::<Molecule>().expect("a SMILES").canonical();
    assert_ne!(read("C1CCC2CCCCC2C1"), read("C1CCCC1C1CCCC1"));
}

#[test]
fn four_sizes_are_counted_as_published_and_the_fifth_as_in_the_design() {
    let five = enumerate(5);
    assert_eq!(five.len(), 4715);
    assert_eq!(five.iter().filter(|m| m.is_stable()).count(), 2745);
    let universe = Universe::up_to(5);
    assert_eq!(universe.len(), 5453);
    assert_eq!(universe.filtered(Molecule::is_stable).len(), 3254);
    for (place, molecule) in universe.molecules().iter().enumerate() {
        assert_eq!(universe.position(molecule), Some(place));
    }
}

#[test]
fn six_atoms_make_42087_molecules() {
    assert_eq!(enumerate(6).len(), 42_087);
}

#[test]
fn what_is_no_molecule_says_why() {
    use Element::{Carbon, Fluorine};
    let new = |elements: &[Element], bonds: &[(usize, usize, u8)]| Molecule::new(elements, bonds);
    for (result, message) in [
        (new(&[], &[]), "there is no atom"),
        (
            new(&[Carbon], &[(0, 0, 1)]),
            "atoms 0 and 0 of 1 cannot have one more bond of order 1",
        ),
        (
            new(&[Carbon, Fluorine], &[(0, 1, 2)]),
            "atom 1 is F, of valence 1, and has 2 bonds",
        ),
        (new(&[Carbon, Carbon], &[]), "it falls into several pieces"),
    ] {
        assert_eq!(result.expect_err("an error").to_string(), message);
    }
    assert_eq!(
        new(&[Carbon; 2], &[(0, 1, 4)]),
        Err(InvalidMolecule::Bond {
            from: 0,
            to: 1,
            order: 4,
            atoms: 2
        })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn small_molecules_are_found_in_the_universe(seed: u64, atoms in 1usize..=4) {
        let molecule = random_molecule(atoms, &mut Random::new(seed));
        prop_assert!(enumerate(atoms).contains(&molecule.canonical()));
    }
}
