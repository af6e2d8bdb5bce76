//! Alternating double bonds for atoms that a SMILES calls aromatic.

/// Which pairs of `bonds` become double so that each atom that is `open` (has a free bond) ends one
/// double bond: a perfect matching, found by trying.
pub(super) fn double_bonds(open: &[bool], bonds: &[(usize, usize)]) -> Option<Vec<(usize, usize)>> {
    let mut free = open.to_vec();
    let mut doubles = Vec::new();
    matched(&mut free, bonds, &mut doubles).then_some(doubles)
}

fn matched(free: &mut [bool], bonds: &[(usize, usize)], doubles: &mut Vec<(usize, usize)>) -> bool {
    let Some(atom) = free.iter().position(|&free| free) else {
        return true;
    };
    for &(from, to) in bonds {
        if (from == atom || to == atom) && free[from] && free[to] {
            (free[from], free[to]) = (false, false);
            doubles.push((from, to));
            if matched(free, bonds, doubles) {
                return true;
            }
            doubles.pop();
            (free[from], free[to]) = (true, true);
        }
    }
    false
}
