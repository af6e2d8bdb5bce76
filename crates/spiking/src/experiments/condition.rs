//! Networks that are compared, by name.

use metaplast_experiment::Error;

use crate::architecture::SpikingArchitecture;
use crate::intrinsic::IntrinsicPlasticity;

/// A network and how its neurons' own parameters change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) name: &'static str,
    self_loops: bool,
    skips: bool,
    recurrence: bool,
    pub(super) frozen: bool,
    intrinsic: Intrinsic,
    /// The condition that differs from this one in BIP alone.
    pub(super) without_bip: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intrinsic {
    Fixed,
    Backpropagated,
    Local,
}

const FEEDFORWARD: Condition = Condition {
    name: "feedforward",
    self_loops: false,
    skips: false,
    recurrence: false,
    frozen: false,
    intrinsic: Intrinsic::Fixed,
    without_bip: None,
};

const SCSR: Condition = Condition {
    name: "scsr",
    self_loops: true,
    skips: true,
    ..FEEDFORWARD
};

/// All, in the order of tables.
const ALL: [Condition; 9] = [
    FEEDFORWARD,
    Condition {
        name: "self-loops",
        self_loops: true,
        ..FEEDFORWARD
    },
    SCSR,
    Condition {
        name: "scsr+bip",
        intrinsic: Intrinsic::Backpropagated,
        without_bip: Some("scsr"),
        ..SCSR
    },
    Condition {
        name: "feedforward+bip",
        intrinsic: Intrinsic::Backpropagated,
        without_bip: Some("feedforward"),
        ..FEEDFORWARD
    },
    Condition {
        name: "recurrent",
        recurrence: true,
        ..FEEDFORWARD
    },
    Condition {
        name: "frozen",
        frozen: true,
        ..SCSR
    },
    Condition {
        name: "frozen+bip",
        frozen: true,
        intrinsic: Intrinsic::Backpropagated,
        without_bip: Some("frozen"),
        ..SCSR
    },
    Condition {
        name: "scsr+local",
        intrinsic: Intrinsic::Local,
        ..SCSR
    },
];

/// The names of all.
pub(super) fn names() -> Vec<&'static str> {
    ALL.iter().map(|condition| condition.name).collect()
}

/// Those of these names.
pub(super) fn named(names_given: &[String]) -> Result<Vec<Condition>, Error> {
    let find = |name: &String| {
        let found = ALL.iter().find(|condition| condition.name == name).copied();
        found.ok_or_else(|| {
            let reason = format!(
                "there is no network {name}; choose among {}",
                names().join(", ")
            );
            Error::setting("networks", reason)
        })
    };
    let found: Vec<Condition> = names_given.iter().map(find).collect::<Result<_, _>>()?;
    match found.is_empty() {
        true => Err(Error::setting(
            "networks",
            "none; give one such as scsr+bip",
        )),
        false => Ok(found),
    }
}

impl Condition {
    pub(super) fn architecture(
        self,
        inputs: usize,
        layers: &[usize],
        outputs: usize,
    ) -> SpikingArchitecture {
        SpikingArchitecture {
            self_loops: self.self_loops,
            skips: self.skips,
            recurrence: self.recurrence,
            ..SpikingArchitecture::feedforward(inputs, layers, outputs)
        }
    }

    pub(super) fn intrinsic(self, rate: f64) -> IntrinsicPlasticity {
        match self.intrinsic {
            Intrinsic::Fixed => IntrinsicPlasticity::Fixed,
            Intrinsic::Backpropagated => IntrinsicPlasticity::Backpropagated { rate },
            Intrinsic::Local => IntrinsicPlasticity::LOCAL,
        }
    }
}
