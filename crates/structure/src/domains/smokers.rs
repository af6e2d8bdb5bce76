//! Friends and smokers, at random.

use metaplast_numbers::sorting::sort_by_key;
use rand::{Rng, RngExt};

use crate::logic::LogicalRule;
use crate::relations::Database;

/// The domain of friends and smokers (Richardson & Domingos, *Markov logic networks*, Machine Learning 62, 2006), with
/// soft evidence: how close friends are, how stressed people are. Whether they smoke and get cancer is open, and depends
/// on their friends: a collective model, for tests and demonstrations of stability.
#[derive(Clone, Debug, PartialEq)]
pub struct FriendsAndSmokers {
    people: usize,
    /// Pairs of people and how close they are.
    friends: Vec<(usize, usize, f64)>,
    stressed: Vec<f64>,
}

const RULES: [&str; 6] = [
    "-> not smokes(A)",
    "-> not cancer(A)",
    "smokes(A) -> cancer(A)",
    "friends(A, B) & smokes(A) -> smokes(B)",
    "stressed(A) -> smokes(A)",
    "friends(A, B) & smokes(A) -> not smokes(B)",
];

impl FriendsAndSmokers {
    /// So many people, two of five pairs friends.
    #[must_use]
    pub fn random(people: usize, rng: &mut impl Rng) -> Self {
        let mut friends = Vec::new();
        for a in 0..people {
            for b in (0..people).filter(|&b| b != a) {
                if rng.random::<f64>() < 0.4 {
                    friends.push((a, b, 0.5 + 0.5 * rng.random::<f64>()));
                }
            }
        }
        let stressed = (0..people).map(|_| rng.random::<f64>());
        FriendsAndSmokers {
            people,
            friends,
            stressed: stressed.collect(),
        }
    }

    /// Its rules: two priors, and four others.
    #[must_use]
    pub fn rules() -> Vec<LogicalRule> {
        let read = |text: &&str| text.parse().unwrap_or_else(|error| panic!("{error}"));
        RULES.iter().map(read).collect()
    }

    /// The number of people.
    #[must_use]
    pub fn people(&self) -> usize {
        self.people
    }

    /// Its relations, where person `k` has the name `p` with the number `names[k]`, and everything is listed in the order of
    /// names. Of person `k` the atom of smoking is `names[k]`, that of cancer `people + names[k]`.
    ///
    /// # Panics
    /// When the names are not a permutation of the numbers of people.
    #[must_use]
    #[track_caller]
    pub fn database(&self, names: &[usize]) -> Database {
        let mut person_of = vec![usize::MAX; self.people];
        for (person, &name) in names.iter().enumerate() {
            person_of[name] = person;
        }
        assert!(
            names.len() == self.people && person_of.iter().all(|&person| person < self.people),
            "friends and smokers: names are to be a permutation of {} people",
            self.people
        );
        let name = |person: usize| format!("p{}", names[person]);
        let mut database = Database::new();
        database.declare("friends", 2);
        for &person in &person_of {
            database.observe("stressed", &[&name(person)], self.stressed[person]);
        }
        let mut friends: Vec<_> = self.friends.iter().collect();
        sort_by_key(&mut friends, |(a, b, _)| (names[*a], names[*b]));
        for (a, b, close) in friends {
            database.observe("friends", &[&name(*a), &name(*b)], *close);
        }
        for predicate in ["smokes", "cancer"] {
            for &person in &person_of {
                database.open(predicate, &[&name(person)]);
            }
        }
        database
    }

    /// The same with other evidence: one friendship or stress in three changes by up to `size`, and a friendship now and then
    /// begins or ends.
    #[must_use]
    pub fn changed(&self, size: f64, rng: &mut impl Rng) -> Self {
        let mut changed = self.clone();
        let mut random = || rng.random::<f64>();
        let change = |value: &mut f64, random: &mut dyn FnMut() -> f64| {
            if random() < 1.0 / 3.0 {
                *value = (*value + size * (2.0 * random() - 1.0)).clamp(0.0, 1.0);
            }
        };
        for stress in &mut changed.stressed {
            change(stress, &mut random);
        }
        for (_, _, close) in &mut changed.friends {
            change(close, &mut random);
        }
        changed.friends.retain(|_| random() > 0.05);
        let pairs = (0..self.people).flat_map(|a| (0..self.people).map(move |b| (a, b)));
        for (a, b) in pairs.filter(|(a, b)| a != b) {
            let there = changed.friends.iter().any(|(x, y, _)| (*x, *y) == (a, b));
            if random() < 0.05 && !there {
                changed.friends.push((a, b, size.min(1.0) * random()));
            }
        }
        changed
    }
}
