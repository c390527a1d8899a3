//! Which machines keep the same data: what the judge is told when a drawing's change makes a machine one of others than
//! before. It may not know how the data is kept.

use crate::components::protocol::{Ctx, Note};
use crate::history::{Fact, Key, Process, Record, Value};

/// `node` leaves the set it shared its data with and joins another; what it holds, it holds there as well.
pub fn move_to(
    set: u32,
    from: &mut u32,
    node: Process,
    rows: impl Iterator<Item = (Key, Value)>,
    ctx: &mut Ctx<'_>,
) {
    if set == *from {
        return;
    }
    let left = std::mem::replace(from, set);
    let held = rows.map(|(key, value)| Fact::Applied { node, set, key, value, over: Value::INITIAL });
    for fact in [Fact::Left { node, set: left }, Fact::Joined { node, set }].into_iter().chain(held) {
        ctx.note(Note::History(Record::Fact(fact)));
    }
}
