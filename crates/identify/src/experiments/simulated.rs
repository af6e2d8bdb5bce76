//! The virtual networks of an experiment: their settings, and where they are kept.

use metaplast_experiment::{Error, ExperimentSettings, Request};

use crate::virtual_networks::{
    Archive, ArchiveError, NetworkRecord, RuleClass, null_classes, rule_classes,
};

/// Networks of all rules that can be named.
pub(super) struct SimulatedNetworks {
    /// The twelve rules, and the three that do not learn after them.
    pub(super) classes: Vec<RuleClass>,
    /// As many of each.
    pub(super) records: Vec<NetworkRecord>,
    pub(super) seed: u64,
}

impl SimulatedNetworks {
    /// The settings with those of the networks: their number, the seed and the directory.
    pub(super) fn settings(settings: ExperimentSettings, quick: bool) -> ExperimentSettings {
        settings
            .whole(
                "networks",
                if quick { 96 } else { 1440 },
                "networks of the twelve rules, as many of each; as many of each of the three that do not learn are added",
            )
            .whole("seed", 1, "from which everything random follows")
            .text(
                "archive",
                "",
                "directory of networks that `identify simulate` has made; empty: `networks` below the experiment's",
            )
    }

    /// The networks that a request asks for: read, or simulated. A shard simulates its part of them, and
    /// ends with that.
    pub(super) fn open(request: &Request<'_>) -> Result<Self, Error> {
        let rules = rule_classes().len() as u64;
        let networks = request
            .settings
            .whole_within("networks", 5 * rules..=1_000_000)?;
        if networks % rules != 0 {
            let reason = format!("{networks} is no multiple of the {rules} rules");
            return Err(Error::setting("networks", reason));
        }
        let directory = match request.settings.get_text("archive") {
            "" => request.directory().join("networks"),
            other => other.into(),
        };
        let classes = [rule_classes(), null_classes()].concat();
        let seed = request.settings.seed();
        let all = networks / rules * classes.len() as u64;
        let archive = Archive::new(directory, classes.clone(), seed).of_part(request.part);
        let records = archive.networks(all, request.monitor).map_err(as_error)?;
        Ok(SimulatedNetworks {
            classes,
            records,
            seed,
        })
    }
}

/// The error of an experiment.
fn as_error(error: ArchiveError) -> Error {
    match error {
        ArchiveError::Interrupted { done, all } => Error::Interrupted {
            done,
            all,
            pieces: "networks",
        },
        ArchiveError::ShardEnded { done, all } => Error::ShardEnded {
            done,
            all,
            pieces: "networks",
        },
        ArchiveError::Missing { names, all } => Error::Missing {
            names,
            all,
            pieces: "files of networks",
        },
        error => Error::other(error),
    }
}
