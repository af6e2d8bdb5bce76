//! Ground potentials over open atoms.

/// Squared hinges of linear forms, each of one rule, over atoms y ∈ \[0, 1\]ⁿ:
///
/// ```text
/// φ_g(y) = max(0, c_g + Σ_a k_ga y_a)²        E(y) = Σ_r w_r Σ_(g∈r) φ_g(y)
/// ```
///
/// Potentials keep the order in which they were added.
///
/// ```
/// use metaplast_structure::GroundModelBuilder;
///
/// // Two rules over one atom: one draws it to 1, the other to 0.
/// let mut builder = GroundModelBuilder::new(2, 1);
/// builder.add(0, 1.0, &[(0, -1.0)]);
/// builder.add(1, 0.0, &[(0, 1.0)]);
/// let model = builder.build();
/// assert_eq!(model.energy(&[3.0, 1.0], &[0.5]), 1.0);
/// assert_eq!(model.energy_gradient(&[3.0, 1.0], &[0.5]), [-2.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GroundModel {
    rules: usize,
    atoms: usize,
    rule_of: Vec<u32>,
    constants: Vec<f64>,
    starts: Vec<usize>,
    terms: Vec<(u32, f64)>,
    of_rule: Lists<u32>,
    of_atom: Lists<(u32, f64)>,
}

/// Lists of things, one after the other.
#[derive(Clone, Debug, PartialEq)]
struct Lists<T> {
    starts: Vec<usize>,
    all: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// From pairs of a list's number and a thing, which keep their order within each list.
    fn new(lists: usize, pairs: impl Iterator<Item = (u32, T)> + Clone) -> Self {
        let mut starts = vec![0; lists + 1];
        for (list, _) in pairs.clone() {
            starts[list as usize + 1] += 1;
        }
        for list in 0..lists {
            starts[list + 1] += starts[list];
        }
        let mut next = starts.clone();
        let mut all = vec![T::default(); starts[lists]];
        for (list, thing) in pairs {
            all[next[list as usize]] = thing;
            next[list as usize] += 1;
        }
        Lists { starts, all }
    }

    fn get(&self, list: usize) -> &[T] {
        &self.all[self.starts[list]..self.starts[list + 1]]
    }
}

/// Puts a [`GroundModel`] together.
#[derive(Clone, Debug)]
pub struct GroundModelBuilder {
    rules: usize,
    atoms: usize,
    rule_of: Vec<u32>,
    constants: Vec<f64>,
    starts: Vec<usize>,
    terms: Vec<(u32, f64)>,
}

impl GroundModelBuilder {
    /// For so many rules and atoms.
    #[must_use]
    pub fn new(rules: usize, atoms: usize) -> Self {
        GroundModelBuilder {
            rules,
            atoms,
            rule_of: Vec::new(),
            constants: Vec::new(),
            starts: vec![0],
            terms: Vec::new(),
        }
    }

    /// Adds the potential of a rule with a constant and terms of an atom and its coefficient each.
    ///
    /// # Panics
    /// When there is no such rule or atom, an atom occurs twice, or a number is not finite.
    #[track_caller]
    pub fn add(&mut self, rule: usize, constant: f64, terms: &[(usize, f64)]) {
        assert!(
            rule < self.rules,
            "ground model: rule {rule} of {}",
            self.rules
        );
        assert!(constant.is_finite(), "ground model: constant {constant}");
        for (place, &(atom, coefficient)) in terms.iter().enumerate() {
            assert!(
                atom < self.atoms,
                "ground model: atom {atom} of {}",
                self.atoms
            );
            assert!(
                coefficient.is_finite(),
                "ground model: coefficient {coefficient}"
            );
            let again = terms[..place].iter().any(|(other, _)| *other == atom);
            assert!(!again, "ground model: atom {atom} twice in a potential");
            self.terms.push((atom as u32, coefficient));
        }
        self.rule_of.push(rule as u32);
        self.constants.push(constant);
        self.starts.push(self.terms.len());
    }

    /// The model.
    #[must_use]
    pub fn build(self) -> GroundModel {
        let GroundModelBuilder {
            rules,
            atoms,
            rule_of,
            constants,
            starts,
            terms,
        } = self;
        let by_rule = rule_of
            .iter()
            .enumerate()
            .map(|(g, &rule)| (rule, g as u32));
        let of_rule = Lists::new(rules, by_rule);
        let potentials = 0..rule_of.len();
        let by_atom = potentials.flat_map(|g| {
            let of = &terms[starts[g]..starts[g + 1]];
            of.iter()
                .map(move |&(atom, coefficient)| (atom, (g as u32, coefficient)))
        });
        let of_atom = Lists::new(atoms, by_atom);
        GroundModel {
            rules,
            atoms,
            rule_of,
            constants,
            starts,
            terms,
            of_rule,
            of_atom,
        }
    }
}

impl GroundModel {
    /// The number of rules.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.rules
    }

    /// The number of atoms.
    #[must_use]
    pub fn atoms(&self) -> usize {
        self.atoms
    }

    /// The number of potentials.
    #[must_use]
    pub fn potentials(&self) -> usize {
        self.rule_of.len()
    }

    /// The rule of a potential.
    #[must_use]
    pub fn rule_of(&self, potential: usize) -> usize {
        self.rule_of[potential] as usize
    }

    /// The constant c_g of a potential.
    #[must_use]
    pub fn constant(&self, potential: usize) -> f64 {
        self.constants[potential]
    }

    /// The atoms of a potential with their coefficients k_ga.
    pub fn terms(&self, potential: usize) -> impl Iterator<Item = (usize, f64)> {
        let terms = &self.terms[self.starts[potential]..self.starts[potential + 1]];
        terms
            .iter()
            .map(|&(atom, coefficient)| (atom as usize, coefficient))
    }

    /// The potentials of a rule, in their order.
    pub fn potentials_of(&self, rule: usize) -> impl Iterator<Item = usize> {
        self.of_rule
            .get(rule)
            .iter()
            .map(|&potential| potential as usize)
    }

    /// The potentials of an atom with its coefficients k_ga, in their order.
    pub fn potentials_at(&self, atom: usize) -> impl Iterator<Item = (usize, f64)> {
        let potentials = self.of_atom.get(atom).iter();
        potentials.map(|&(potential, coefficient)| (potential as usize, coefficient))
    }

    /// The linear form of a potential, `c_g + Σ_a k_ga y_a`.
    #[must_use]
    pub fn form(&self, potential: usize, y: &[f64]) -> f64 {
        let terms = self.terms(potential).map(|(atom, k)| k * y[atom]);
        self.constants[potential] + terms.sum::<f64>()
    }

    /// The value φ_g(y) of a potential.
    #[must_use]
    pub fn potential(&self, potential: usize, y: &[f64]) -> f64 {
        let hinge = self.form(potential, y).max(0.0);
        hinge * hinge
    }

    /// The sum of the potentials of each rule.
    ///
    /// # Panics
    /// When there is not one value for each atom.
    #[must_use]
    #[track_caller]
    pub fn rule_energies(&self, y: &[f64]) -> Vec<f64> {
        self.check("rule_energies", &vec![0.0; self.rules], y);
        let sum = |rule| self.potentials_of(rule).map(|g| self.potential(g, y)).sum();
        (0..self.rules).map(sum).collect()
    }

    /// The energy E(y).
    ///
    /// # Panics
    /// When there is not one weight for each rule and one value for each atom.
    #[must_use]
    #[track_caller]
    pub fn energy(&self, weights: &[f64], y: &[f64]) -> f64 {
        self.check("energy", weights, y);
        let energies = self.rule_energies(y);
        weights
            .iter()
            .zip(&energies)
            .map(|(w, energy)| w * energy)
            .sum()
    }

    /// The derivatives ∂E/∂y_a = Σ_g 2 w_r max(0, ·) k_ga.
    ///
    /// # Panics
    /// As [`energy`](Self::energy).
    #[must_use]
    #[track_caller]
    pub fn energy_gradient(&self, weights: &[f64], y: &[f64]) -> Vec<f64> {
        self.check("energy_gradient", weights, y);
        let parts = |atom| self.parts_at(atom, weights, y).map(|(_, part)| part);
        (0..self.atoms).map(|atom| parts(atom).sum()).collect()
    }

    /// What each potential of an atom adds to ∂E/∂y_a.
    pub(crate) fn parts_at(
        &self,
        atom: usize,
        weights: &[f64],
        y: &[f64],
    ) -> impl Iterator<Item = (usize, f64)> {
        self.potentials_at(atom).map(move |(g, k)| {
            let weight = weights[self.rule_of(g)];
            (g, 2.0 * weight * self.form(g, y).max(0.0) * k)
        })
    }

    /// The model of some of its rules, in the order given, over the same atoms.
    ///
    /// # Panics
    /// When there is no such rule.
    #[must_use]
    #[track_caller]
    pub fn of_rules(&self, rules: &[usize]) -> Self {
        let mut builder = GroundModelBuilder::new(rules.len(), self.atoms);
        for (number, &rule) in rules.iter().enumerate() {
            for g in self.potentials_of(rule) {
                self.copy_to(&mut builder, g, number, 0);
            }
        }
        builder.build()
    }

    /// Models of the same rules over separate atoms as one: those of each model follow those of the one before.
    ///
    /// # Panics
    /// When the models do not have the same number of rules.
    #[must_use]
    #[track_caller]
    pub fn side_by_side(models: &[&GroundModel]) -> Self {
        let rules = models.first().map_or(0, |model| model.rules);
        let atoms = models.iter().map(|model| model.atoms).sum();
        let mut builder = GroundModelBuilder::new(rules, atoms);
        let mut first = 0;
        for model in models {
            assert_eq!(model.rules, rules, "side by side: numbers of rules");
            for g in 0..model.potentials() {
                model.copy_to(&mut builder, g, model.rule_of(g), first);
            }
            first += model.atoms;
        }
        builder.build()
    }

    fn copy_to(&self, builder: &mut GroundModelBuilder, g: usize, rule: usize, first: usize) {
        let terms: Vec<(usize, f64)> = self.terms(g).map(|(a, k)| (a + first, k)).collect();
        builder.add(rule, self.constants[g], &terms);
    }

    /// A modulus of strong convexity of the energy on \[0, 1\]ⁿ: the least, over atoms, of 2 Σ w_r k² over potentials
    /// of that atom alone that are nowhere cut off at zero. A prior of weight μ gives 2 μ.
    ///
    /// ```
    /// use metaplast_structure::GroundModelBuilder;
    ///
    /// let mut builder = GroundModelBuilder::new(1, 2);
    /// builder.add(0, 0.0, &[(0, 1.0)]);
    /// builder.add(0, 0.0, &[(1, 1.0)]);
    /// assert_eq!(builder.build().strong_convexity(&[0.7]), 1.4);
    /// ```
    ///
    /// # Panics
    /// When there is not one weight for each rule.
    #[must_use]
    #[track_caller]
    pub fn strong_convexity(&self, weights: &[f64]) -> f64 {
        assert_eq!(
            weights.len(),
            self.rules,
            "strong_convexity: weights, rules"
        );
        let alone = |g: usize, k: f64| {
            self.terms(g).count() == 1 && self.constants[g].min(self.constants[g] + k) >= 0.0
        };
        let of_atom = |atom| {
            let priors = self.potentials_at(atom).filter(|&(g, k)| alone(g, k));
            priors
                .map(|(g, k)| 2.0 * weights[self.rule_of(g)] * k * k)
                .sum::<f64>()
        };
        let least = (0..self.atoms).map(of_atom).fold(f64::INFINITY, f64::min);
        if least.is_finite() { least } else { 0.0 }
    }

    #[track_caller]
    fn check(&self, op: &str, weights: &[f64], y: &[f64]) {
        assert_eq!(weights.len(), self.rules, "{op}: weights, rules");
        assert_eq!(y.len(), self.atoms, "{op}: values, atoms");
    }
}
