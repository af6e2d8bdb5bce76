//! Growth of the lists that a recording consists of.

/// Makes room for `more` elements. A long recording does not grow by doubling, which could leave
/// half of its memory unused, but by an eighth; moving large buffers costs the system little.
pub(crate) fn make_room<E>(list: &mut Vec<E>, more: usize) {
    const DOUBLING: usize = 1 << 16;
    if list.capacity() - list.len() < more && list.capacity() > DOUBLING {
        list.reserve_exact(more.max(list.capacity() / 8));
    }
}
