//! Exchange: what the ranks tell each other, by ordered collectives.

use mpi::collective::Root;
use mpi::datatype::PartitionMut;
use mpi::topology::{Communicator, Rank, SimpleCommunicator};

/// The rank that trains.
pub const LEADER: Rank = 0;

/// The leader's words, on every rank; `words` counts on the leader alone.
#[must_use]
pub fn broadcast(world: &SimpleCommunicator, words: Vec<u64>) -> Vec<u64> {
    let leader = world.process_at_rank(LEADER);
    let mut length = words.len() as u64;
    leader.broadcast_into(&mut length);
    let mut words = words;
    words.resize(length as usize, 0);
    leader.broadcast_into(&mut words[..]);
    words
}

/// The words of all ranks in their order, on the leader; nothing on the others.
///
/// # Panics
/// When they are more than MPI counts, 2³¹ − 1.
#[must_use]
pub fn gather(world: &SimpleCommunicator, words: &[u64]) -> Vec<u64> {
    let leader = world.process_at_rank(LEADER);
    let length = i32::try_from(words.len()).expect("gather: more words than MPI can count");
    if world.rank() != LEADER {
        leader.gather_into(&length);
        leader.gather_varcount_into(words);
        return Vec::new();
    }
    let mut lengths = vec![0; world.size() as usize];
    leader.gather_into_root(&length, &mut lengths[..]);
    let mut offsets = Vec::with_capacity(lengths.len());
    let mut total = 0;
    for length in &lengths {
        offsets.push(total);
        total += length;
    }
    let mut all = vec![0; total as usize];
    leader.gather_varcount_into_root(
        words,
        &mut PartitionMut::new(&mut all[..], lengths, offsets),
    );
    all
}
