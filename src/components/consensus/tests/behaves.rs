//! How a group behaves: who is elected and when, catching up, disks that are lost, members that come and go.

use super::Group;
use crate::components::protocol::Order;
use crate::history::{Cause, Outcome, Process};

const USERS: &str = "rate=100/s keys=10 reads=50% population=10 timeout=700ms login=off";

#[test]
fn it_elects_one_and_keeps_it() {
    for seed in 0..20 {
        for members in [1, 2, 3, 5, 7] {
            let mut group = Group::new(seed, members, "", USERS);
            group.bench.run(4.0);
            let leader = group.leader();
            let term = group.member(leader).term;
            group.bench.run(8.0);
            assert_eq!((group.leader(), group.member(leader).term), (leader, term), "seed {seed}, {members}");
            let others = group.members.iter().filter(|m| group.member(**m).leader == Some(Process(leader.0)));
            assert_eq!(others.count(), members as usize, "seed {seed}: somebody does not know the leader");
        }
    }
}

#[test]
fn who_was_cut_off_does_not_unseat_the_leader_when_it_asks_first() {
    for (pre_vote, same) in [("on", true), ("off", false)] {
        let mut group = Group::new(7, 3, &format!("pre-vote={pre_vote} check-quorum=off"), USERS);
        group.bench.run(3.0);
        let leader = group.leader();
        let term = group.member(leader).term;
        let other = group.members.iter().copied().find(|m| *m != leader).unwrap();
        group.cut(other, false);
        group.bench.run(8.0);
        group.cut(other, true);
        group.bench.run(12.0);
        let now = group.member(group.leader()).term;
        assert_eq!(now == term, same, "pre-vote {pre_vote}: term {term}, now {now}");
    }
}

#[test]
fn a_leader_alone_steps_down_or_goes_on_believing() {
    for (check, leaders) in [("on", 1), ("off", 2)] {
        let mut group = Group::new(5, 3, &format!("check-quorum={check}"), USERS);
        group.bench.run(3.0);
        let old = group.leader();
        group.cut(old, false);
        group.bench.run(7.0);
        assert_eq!(group.leaders().len(), leaders, "check-quorum={check}");
        group.cut(old, true);
        group.bench.run(9.0);
        assert_ne!(group.leader(), old);
    }
}

#[test]
fn who_is_too_far_behind_gets_everything_at_once() {
    let mut group = Group::new(3, 3, "log=100", "rate=400/s keys=10 reads=0% population=10 timeout=700ms login=off");
    group.bench.run(3.0);
    let leader = group.leader();
    let late = group.members.iter().copied().find(|m| *m != leader).unwrap();
    group.bench.crash(late);
    group.bench.run(8.0);
    let first = group.member(leader).log.first();
    assert!(first > group.member(late).log.last() + 1, "the log still goes back far enough");
    group.bench.restart(late);
    group.bench.run(11.0);
    group.bench.order(group.users, Order::Traffic(0.0));
    group.bench.run(12.0);
    let (a, b) = (group.member(leader), group.member(late));
    assert_eq!((a.shown, a.log.end()), (b.shown, b.log.end()));
    assert!(a.store.rows().eq(b.store.rows()) && a.outcomes == b.outcomes);
}

#[test]
fn a_member_that_lost_its_disk_comes_back_as_another() {
    let mut group = Group::new(3, 3, "recovery=100ms", USERS);
    group.bench.run(3.0);
    let leader = group.leader();
    let poor = group.members.iter().copied().find(|m| *m != leader).unwrap();
    assert!(group.bench.order(poor, Order::LoseDisk));
    group.bench.crash(poor);
    group.bench.run(4.0);
    group.bench.restart(poor);
    group.bench.run(6.0);
    assert!(group.member(poor).is_member() && group.member(poor).roll.life == 1);
    assert_eq!(group.member(leader).roll.members(), group.member(poor).roll.members());
    assert_eq!(group.member(leader).roll.members().len(), 3);
    assert!(!group.member(poor).store.is_empty());
}

#[test]
fn machines_drawn_while_it_runs_join_and_machines_taken_away_leave() {
    let mut group = Group::new(3, 3, "", USERS);
    group.bench.run(3.0);
    let (four, five) = (group.add(), group.add());
    group.bench.run(6.0);
    for node in [four, five] {
        assert!(group.member(node).is_member(), "{node:?}");
        assert_eq!(group.member(node).roll.members().len(), 5);
    }
    let leader = group.leader();
    let leaving = group.members.iter().copied().find(|m| *m != leader).unwrap();
    for link in group.links.clone() {
        let plan = group.bench.world.link(link).plan.clone();
        if plan.a == leaving || plan.b == leaving {
            group.bench.part(link);
        }
    }
    group.bench.run(9.0);
    assert_eq!(group.member(leader).roll.members().len(), 4);
    assert!(group.member(leader).roll.of(Process(leaving.0)).is_none());
}

#[test]
fn a_group_that_is_drawn_while_it_runs_founds_itself() {
    let mut group = Group::new(3, 0, "", USERS);
    group.bench.run(5.0);
    let first = group.add();
    group.bench.run(9.0);
    assert_eq!(group.leader(), first, "alone it is a group of one");
    let others = [group.add(), group.add()];
    group.bench.run(14.0);
    assert_eq!(group.member(group.leader()).roll.members().len(), 3);
    assert!(others.iter().all(|m| group.member(*m).is_member()));
}

#[test]
fn refusals_say_why() {
    let refused = |group: &Group, cause: Cause| {
        group.bench.count(|o| matches!(o, Outcome::Fail(c) | Outcome::Unknown(c) if c == cause))
    };
    let mut full = Group::new(3, 3, "pending=1", "rate=2000/s keys=10 reads=0% population=50 timeout=700ms login=off");
    full.bench.run(4.0);
    assert!(refused(&full, Cause::Full) > 100, "one may wait, and hundreds came");
    let mut disk = Group::new(3, 3, "", USERS);
    disk.bench.run(3.0);
    for node in disk.members.clone() {
        disk.bench.order(node, Order::FillDisk);
    }
    let (reads, before) = (disk.bench.ok(), refused(&disk, Cause::Disk));
    disk.bench.run(6.0);
    assert!(refused(&disk, Cause::Disk) > before + 50, "writes need room");
    assert!(disk.bench.ok() > reads + 100, "reads by read index need none");
    let mut alone = Group::new(3, 3, "followers=redirect", "rate=100/s keys=10 population=10 timeout=700ms login=off");
    alone.bench.run(4.0);
    assert!(refused(&alone, Cause::ReadOnly) > 5, "two of three send their clients away");
}
