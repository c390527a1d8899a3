//! Numbers of added rows: who gives them, which ranges the masters keep to, and what happens where two give the same.

use super::rig::{Rig, ms};
use crate::components::Wire;
use crate::components::protocol::Reply;
use crate::history::{Cause, Fact, Gone, Key, Kind, Value};
use crate::sim::NodeId;
use std::collections::BTreeSet;

const QUICK: &str = "read=1ms write=2ms recovery=1s";

/// The number that the database gives next.
fn insert(rig: &mut Rig, client: NodeId, db: NodeId) -> u32 {
    let sent = rig.ask(client, db, Kind::Insert, Key::NEW.0);
    rig.pass(200);
    let answer = rig.answer(sent).expect("an answer");
    assert_eq!(answer.reply, Reply::Ok);
    answer.key.number().expect("a row's own number")
}

#[test]
fn numbers_rise_by_the_increment_from_the_offset() {
    for (settings, numbers) in [
        ("", [1, 2, 3]),
        ("id-increment=2", [1, 3, 5]),
        ("id-increment=2 id-offset=2", [2, 4, 6]),
        ("id-increment=10 id-offset=3", [3, 13, 23]),
        ("id-increment=2 id-offset=5", [1, 3, 5]),
    ] {
        let mut rig = Rig::new();
        let db = rig.database(&format!("{QUICK} {settings}"));
        let client = rig.client(&[db]);
        assert_eq!([(); 3].map(|()| insert(&mut rig, client, db)), numbers, "{settings}");
        assert_eq!(rig.gauge(db).counters.entries, 3);
        // Another range from now on: the next of it above all there are.
        rig.edit_database(db, &format!("{QUICK} id-increment=7 id-offset=7"));
        let next = (numbers[2] / 7 + 1) * 7;
        assert_eq!(insert(&mut rig, client, db), next, "{settings}");
    }
}

#[test]
fn a_repeated_insert_adds_no_second_row_and_a_crash_gives_no_number_twice() {
    let mut rig = Rig::new();
    let db = rig.database(QUICK);
    let client = rig.client(&[db]);
    let sent = rig.ask(client, db, Kind::Insert, Key::NEW.0);
    let again = rig.repeat(client, db, sent);
    rig.pass(200);
    assert_eq!(rig.answer(sent).map(|a| a.key), rig.answer(again).map(|a| a.key));
    assert_eq!(rig.gauge(db).counters.entries, 1);
    rig.crash(db);
    rig.restart(db);
    rig.pass(2000);
    assert_eq!(insert(&mut rig, client, db), 2);
}

#[test]
fn a_promoted_slave_goes_on_where_the_copied_rows_end() {
    let mut rig = Rig::new();
    let (db, copy) = (rig.database(QUICK), rig.database(QUICK));
    let client = rig.client(&[db, copy]);
    rig.line(db, Wire::Copies, copy, "");
    rig.run(ms(2000));
    assert_eq!(insert(&mut rig, client, db), 1);
    rig.crash(db);
    rig.order(copy, crate::components::protocol::Order::Promote);
    assert_eq!(insert(&mut rig, client, copy), 2);
}

/// Two masters that each add three rows while they are parted, and meet again: rows thrown away, and rows there are.
fn parted(one: &str, two: &str) -> (usize, u64) {
    let mut rig = Rig::new();
    let masters = [one, two].map(|settings| rig.database(&format!("{QUICK} {settings}")));
    let client = rig.client(&masters);
    let line = rig.line(masters[0], Wire::Mirrors, masters[1], "");
    rig.run(ms(2000));
    assert_ne!(insert(&mut rig, client, masters[0]), insert(&mut rig, client, masters[1]), "each hears of the other");
    rig.cut(line);
    for _ in 0..3 {
        masters.iter().for_each(|master| _ = insert(&mut rig, client, *master));
    }
    rig.heal(line);
    rig.pass(5000);
    let rows = masters.map(|m| rig.gauge(m).counters.entries);
    assert_eq!(rows[0], rows[1], "they are alike again");
    let gone = rig.facts.iter().filter_map(|(_, fact)| match fact {
        Fact::Discarded { value, why: Gone::Outvoted { .. }, .. } => Some(*value),
        _ => None,
    });
    let gone: BTreeSet<Value> = gone.collect();
    (gone.len(), rows[0])
}

#[test]
fn masters_with_one_range_overwrite_each_others_rows_and_with_ranges_of_their_own_do_not() {
    assert_eq!(parted("", ""), (3, 5));
    assert_eq!(parted("id-increment=2 id-offset=1", "id-increment=2 id-offset=2"), (0, 8));
}

#[test]
fn with_certification_the_second_to_take_a_number_gets_an_error() {
    for (ranges, conflicts) in [(["", ""], true), (["id-increment=2", "id-increment=2 id-offset=2"], false)] {
        let mut rig = Rig::new();
        let masters = ranges.map(|settings| rig.database(&format!("{QUICK} {settings}")));
        let client = rig.client(&masters);
        rig.line(masters[0], Wire::Mirrors, masters[1], "latency=20ms conflicts=certification");
        rig.run(ms(3000));
        let sent = masters.map(|master| rig.ask(client, master, Kind::Insert, Key::NEW.0));
        rig.pass(2000);
        let replies = sent.map(|s| rig.reply(s).expect("an answer"));
        assert_eq!(replies.contains(&Reply::Fail(Cause::Conflict)), conflicts, "{ranges:?}: {replies:?}");
        assert!(replies.contains(&Reply::Ok), "{replies:?}");
    }
}
