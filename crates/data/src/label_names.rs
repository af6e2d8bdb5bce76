//! Labels from numbers or words: which class each is.

use std::collections::BTreeMap;

use crate::MOST_CLASSES;

/// Takes labels one by one, and numbers their classes at the end.
#[derive(Debug, Default)]
pub(crate) struct LabelNames {
    numbers: BTreeMap<String, u32>,
    labels: Vec<u32>,
}

impl LabelNames {
    /// Takes the next label.
    pub(crate) fn push(&mut self, name: &str) {
        let next = self.numbers.len() as u32;
        let number = match self.numbers.get(name) {
            Some(&number) => number,
            None => *self.numbers.entry(name.to_owned()).or_insert(next),
        };
        self.labels.push(number);
    }

    /// The class of each label, and their names, none when they are numbers. Where every label is a
    /// whole number, it is the class; else classes are in the order of their names' bytes.
    pub(crate) fn finish(self) -> Result<(Vec<u32>, Vec<String>), String> {
        let as_number = |name: &String| -> Option<f64> {
            let number = name.parse().ok()?;
            (number >= 0.0 && f64::trunc(number) == number).then_some(number)
        };
        let numbers: Option<Vec<(u32, f64)>> = self
            .numbers
            .iter()
            .map(|(name, &place)| Some((place, as_number(name)?)))
            .collect();
        let mut classes = vec![0; self.numbers.len()];
        let mut names = Vec::new();
        match numbers {
            Some(numbers) => {
                for (place, class) in numbers {
                    if class >= MOST_CLASSES as f64 {
                        return Err(format!(
                            "label {class}; labels are numbers below {MOST_CLASSES}, or words"
                        ));
                    }
                    classes[place as usize] = class as u32;
                }
            }
            None => {
                for (class, (name, place)) in (0..).zip(self.numbers) {
                    classes[place as usize] = class;
                    names.push(name);
                }
            }
        }
        let labels = self.labels.iter().map(|&place| classes[place as usize]);
        Ok((labels.collect(), names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &[&str]) -> (Vec<u32>, Vec<String>) {
        let mut labels = LabelNames::default();
        names.iter().for_each(|name| labels.push(name));
        labels.finish().unwrap()
    }

    #[test]
    fn numbers_are_classes_and_words_are_sorted() {
        assert_eq!(read(&["7", "2.0", "7"]).0, [7, 2, 7]);
        let (labels, names) = read(&["dog", "cat", "dog", "7"]);
        assert_eq!(
            (labels, names.join(" ")),
            (vec![2, 1, 2, 0], "7 cat dog".into())
        );
        let mut far = LabelNames::default();
        far.push("70000");
        assert!(far.finish().is_err());
    }
}
