//! The form of images and the groups of their classes, from settings.

use std::fmt;

use metaplast_data::{ColorMode, Dataset, Grouping, ImageForm, uniform_index};
use rand::Rng;
use serde::de::{Deserializer, Visitor};

use super::choice::Choice;
use super::finder::Finder;
use super::given::Settings;
use crate::error::Error;

/// The form from a size and a colour mode, which are those of the files or the defaults where not given.
///
/// # Errors
/// When one of them is none.
pub fn form(
    size: Option<Choice<String>>,
    color_mode: Option<Choice<String>>,
) -> Result<ImageForm, Error> {
    Ok(ImageForm {
        size: size.map(|size| size.parse()).transpose()?,
        color_mode: color_mode.map_or(Ok(ColorMode::default()), |mode| mode.parse())?,
    })
}

/// Form, grouping and groups to hold out, as settings choose them.
#[derive(Clone, Debug)]
pub(super) struct ImageChoice {
    pub(super) form: ImageForm,
    pub(super) grouping: Grouping,
    pub(super) hold_out_groups: Choice<u64>,
}

impl ImageChoice {
    pub(super) fn resolve(find: &Finder<'_>) -> Result<Self, Error> {
        Ok(ImageChoice {
            form: form(
                find.find("image_size", |s| &s.image_size),
                find.find("color_mode", |s| &s.color_mode),
            )?,
            grouping: find
                .or("groups", |s| &s.groups, Grouping::default().to_string())
                .parse()?,
            hold_out_groups: find.or("hold_out_groups", |s| &s.hold_out_groups, 0),
        })
    }

    /// Writes what is not usual.
    pub(super) fn store(&self, settings: &mut Settings) {
        settings.image_size = size_name(&self.form);
        settings.color_mode = unusual(self.form.color_mode);
        settings.groups = unusual(self.grouping);
        let groups = self.hold_out_groups.value;
        settings.hold_out_groups = Some(groups).filter(|&groups| groups > 0);
    }

    /// Draws whole groups to hold out, and returns their classes that are among `classes`, which keeps
    /// the others.
    pub(super) fn hold_out(
        &self,
        dataset: &Dataset,
        rng: &mut impl Rng,
        classes: &mut Vec<usize>,
    ) -> Result<Vec<usize>, Error> {
        let wanted = self.hold_out_groups.value;
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let all = dataset.groups() as u64;
        if wanted >= all {
            let reason = match all {
                0 => {
                    "the classes of these images are in no groups; hold classes out instead".into()
                }
                all => format!("{wanted} of {all} groups held out leave none; hold out fewer"),
            };
            return Err(self.hold_out_groups.wrong(reason));
        }
        let mut groups: Vec<usize> = (0..dataset.groups()).collect();
        let held_out: Vec<usize> = (0..wanted)
            .map(|_| groups.swap_remove(uniform_index(rng, groups.len())))
            .collect();
        let is_held_out = |c: &usize| dataset.group_of(*c).is_some_and(|g| held_out.contains(&g));
        let (held_out, kept) = classes.iter().partition(|&c| is_held_out(c));
        *classes = kept;
        Ok(held_out)
    }
}

/// The value of `image_size`, where there is one.
#[must_use]
pub fn size_name(form: &ImageForm) -> Option<String> {
    form.size.map(|size| size.to_string())
}

/// The name of a choice that is not the default.
#[must_use]
pub fn unusual<T: Default + PartialEq + fmt::Display>(choice: T) -> Option<String> {
    (choice != T::default()).then(|| choice.to_string())
}

/// A size may stand in a file as 28 or as "28x28".
pub(super) fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Size;

    impl Visitor<'_> for Size {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a size like 28 or \"32x24\"")
        }

        fn visit_i64<E: serde::de::Error>(self, side: i64) -> Result<String, E> {
            u64::try_from(side)
                .map(|side| side.to_string())
                .map_err(|_| E::custom("a size is not negative"))
        }

        fn visit_str<E: serde::de::Error>(self, size: &str) -> Result<String, E> {
            Ok(size.to_owned())
        }
    }

    deserializer.deserialize_any(Size).map(Some)
}
