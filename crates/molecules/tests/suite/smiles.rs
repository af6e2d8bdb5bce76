//! SMILES in and out.

use metaplast_molecules::{Molecule, read_smiles_file};
use metaplast_tensor::Random;
use proptest::prelude::*;

use crate::graphs::random_molecule;

fn canonical(smiles: &str) -> Molecule {
    let molecule = smiles.parse::<Molecule>();
    molecule
        .unwrap_or_else(|error| panic!("{error}"))
        .canonical()
}

#[test]
fn different_writings_are_the_same_molecule() {
    for (a, b) in [
        ("CCO", "OCC"),
        ("C(C)(=O)O", "[CH3]C([OH])=O"),
        ("c1ccccc1", "C=1C=CC=CC1"),
        ("c1cc[nH]c1", "N1C=CC=C1"),
        ("Cn1cccc1", "CN1C=CC=C1"),
        ("O=c1cc[nH]cc1", "O=C1C=CNC=C1"),
        ("c1ccc(-c2ccco2)o1", "O1C=CC=C1C1=CC=CO1"),
        ("F/C=C/F", "FC=CF"),
        ("[NH]C1=NCNN=C1", "NC1=NCNN=C1"),
        ("N[C@@H](C)C(=O)O", "NC(C)C(O)=O"),
        ("C%12CC%12", "C1CC1"),
        ("C1CC1C1CC1", "C1CC1C2CC2"),
        ("C:1:C", "CC"),
    ] {
        if a.contains("C:") {
            assert!(a.parse::<Molecule>().is_err(), "{a}");
        } else {
            assert_eq!(canonical(a), canonical(b), "{a} and {b}");
        }
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let outside = "; only neutral molecules of C, N, O and F are read";
    for (smiles, message) in [
        ("", "SMILES \"\", character 1: there is no atom"),
        ("C(C", "SMILES \"C(C\", character 3: a branch is left open"),
        ("C)C", "SMILES \"C)C\", character 2: no branch ends here"),
        ("C=", "SMILES \"C=\", character 2: a bond leads nowhere"),
        (
            "=C",
            "SMILES \"=C\", character 1: a bond without an atom before it",
        ),
        ("CxC", "SMILES \"CxC\", character 2: 'x' means nothing here"),
        (
            "C=1CC-1",
            "SMILES \"C=1CC-1\", character 7: ring 1 ends with another bond than it began with",
        ),
        (
            "c1cccc1",
            "SMILES \"c1cccc1\", character 7: its aromatic atoms cannot have alternating double bonds",
        ),
        ("[NH4+]", &format!("SMILES \"[NH4+]\": a charge{outside}")),
        (
            "CCCl",
            &format!("SMILES \"CCCl\": an atom of chlorine or bromine{outside}"),
        ),
        ("[Si]", &format!("SMILES \"[Si]\": an atom Si{outside}")),
        ("C.C", &format!("SMILES \"C.C\": several pieces{outside}")),
        (
            "[CH4]C",
            &format!("SMILES \"[CH4]C\": atom 1 has 4 hydrogens and room for 3{outside}"),
        ),
        (
            "C=F",
            &format!("SMILES \"C=F\": atom 1 is F, of valence 1, and has 2 bonds{outside}"),
        ),
        ("[13C]", &format!("SMILES \"[13C]\": an isotope{outside}")),
    ] {
        let error = smiles.parse::<Molecule>().expect_err(smiles);
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn files_tell_what_they_left_out() {
    let directory = std::env::temp_dir().join(format!("metaplast-smiles-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("some.smi");
    let write = |text: &str| std::fs::write(&path, text).expect("a file");
    write("# a comment\nCCO ethanol\n\nCC[N+](C)(C)C\nCCCCCC\nc1ccoc1\n");
    let file = read_smiles_file(&path, 5).expect("molecules");
    assert_eq!((file.molecules.len(), file.left_out), (2, vec![4, 5]));
    write("CCO\nC(C\n");
    let error = read_smiles_file(&path, 5)
        .expect_err("an error")
        .to_string();
    assert!(
        error.ends_with("some.smi, line 2: SMILES \"C(C\", character 3: a branch is left open")
    );
    write("CCCCCC\n");
    let error = read_smiles_file(&path, 5)
        .expect_err("an error")
        .to_string();
    assert!(error.ends_with("none of 1 lines is a neutral molecule of C, N, O and F with at most 5 atoms; give a file with one SMILES a line"));
    std::fs::remove_dir_all(&directory).expect("removed");
    assert!(read_smiles_file(&path, 5).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_as_the_same_molecule(seed: u64, atoms in 1usize..=12) {
        let molecule = random_molecule(atoms, &mut Random::new(seed));
        let text = molecule.to_smiles();
        prop_assert_eq!(canonical(&text), molecule.canonical(), "{}", text);
        let canonical = molecule.canonical().to_smiles();
        let again: Molecule = canonical.parse().expect("a SMILES");
        prop_assert_eq!(again.canonical().to_smiles(), canonical);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[CNOFcno()=#:1-3\\[\\]H@+%.-]{0,16}") {
        let _ = text.parse::<Molecule>();
    }
}
