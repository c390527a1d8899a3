//! Drawings in, problems out. It may not know more than the checks do.

use super::*;
use crate::components::parameter::Setting;
use crate::scenario::{Link, Point, notation};
use expect_test::{Expect, expect};

fn problems(document: &Document) -> String {
    let line = |p: &Problem| format!("{} {p}\n", if p.is_error() { "error" } else { "warning" });
    check(document).iter().map(line).collect()
}

fn told(text: &str, expected: Expect) {
    let document = notation::parse(text).unwrap_or_else(|p| panic!("{text}\n{p:#?}"));
    expected.assert_eq(&problems(&document));
}

#[test]
fn a_sound_board_has_no_problem() {
    told(
        "users u\nload-balancer lb\napp-server web clones=3 cache-use=objects\ncache c\ndatabase db\ndatabase copy\nu -> lb -> web -> db\n\
         web -> c\ndb => copy\nat 1s cut web-2->db\nat 2s crash web-3\nat 3s crash web\nat 4s heal all",
        expect![[r#""#]],
    );
}

#[test]
fn who_fetches_its_work_need_not_be_asked() {
    told(
        "users u jobs=5%\napp-server web\njob-queue q\nworker w\nscheduler s\nstatic-store pages\nu -> web -> q\nw -> q\ns -> web\n\
         s -> pages\nu -> pages",
        expect![[r#""#]],
    );
}

#[test]
fn a_session_store_that_nobody_uses_is_pointed_out() {
    let board = |sessions: &str| {
        format!(
            "users u\napp-server web {sessions}\nsession-store store\ndatabase db\nu -> web -> store\nweb -> db"
        )
    };
    told(&board("sessions=central"), expect![[r#""#]]);
    told(
        &board(""),
        expect![[r#"
            warning web keeps no sessions in store. Set sessions=central of web.
        "#]],
    );
}

#[test]
fn a_cache_that_nobody_looks_into_and_a_queue_that_stays_empty() {
    let board = |web: &str, u: &str| {
        format!(
            "users u {u}\napp-server web {web}\ncache c\njob-queue q\nworker w\nu -> web -> c\nweb -> q\nw -> q"
        )
    };
    told(&board("cache-use=queries", "jobs=5%"), expect![[r#""#]]);
    told(
        &board("", ""),
        expect![[r#"
            warning web does not look into c. Set cache-use=objects of web.
            warning Nobody orders a job, so q stays empty. Set jobs=10% of u.
        "#]],
    );
}

#[test]
fn what_cannot_run_is_an_error() {
    told(
        "users u\nusers v\napp-server web clones=3\napp-server web-2\ndatabase a\ndatabase b\ndatabase c\ncache k\n\
         u -> web -> web-2 -> a\nv -> u\na -> web\nk => a\na => b => c => a\na -> a\nweb -> a\nweb -> a\na .. b\nb .. a",
        expect![[r#"
            error web-2 is also the name of a clone of web. Rename one of the two.
            error v -> u cannot be drawn. Users ask; nobody asks them. Take the line away.
            error a -> web cannot be drawn. A database asks nobody but its disks. To copy its data, draw a replication line. Take the line away.
            error k => a cannot be drawn. Only databases replicate to each other. Take the line away.
            error a -> a goes from a to itself. Take the line away.
            error web -> a is drawn twice. Take one of the two away.
            error b .. a is drawn twice. Take one of the two away.
            error Replication goes in a circle: a => b => c => a. Take one line away, or join two masters (primaries) by <=>.
            warning Requests can go in a circle: web -> web-2 -> a -> web. Take one line away if that is not meant.
            warning Nobody asks k. Draw a line to it.
        "#]],
    );
    let many: String = (0..40).map(|i| format!("app-server w{i} clones=64\n")).collect();
    let first = check(&notation::parse(&many).unwrap())[0].to_string();
    assert_eq!(first, "With their clones these are 2560 machines; a run has at most 2000. Take clones away.");
}

#[test]
fn lines_between_clones_are_counted() {
    let cards: String = (0..8).map(|i| format!("app-server w{i} clones=64\n")).collect();
    let lines: String = (0..8).flat_map(|i| (i + 1..8).map(move |j| format!("w{i} -> w{j}\n"))).collect();
    let first = check(&notation::parse(&(cards + &lines)).unwrap())[0].to_string();
    assert!(
        first.starts_with("Between the clones these are 114688 lines; a run has at most 50000."),
        "{first}"
    );
}

#[test]
fn what_has_nothing_to_do_is_a_warning() {
    told(
        "users u\nload-balancer lb\nload-balancer idle\napp-server web\ndatabase db\nusers v\nv -> idle\nweb -> db",
        expect![[r#"
            warning u asks nobody. Draw a line to the machine that it asks.
            warning lb is joined to nothing. Draw a line to it.
            warning idle has nobody to pass requests to. Draw lines to the machines that it spreads requests over.
            warning Nobody asks web. Draw a line to it.
        "#]],
    );
    told(
        "app-server a\napp-server b\nusers u\nu -> a -> b -> a",
        expect![[r#"
        warning Requests can go in a circle: a -> b -> a. Take one line away if that is not meant.
    "#]],
    );
}

#[test]
fn a_fault_that_names_nothing_is_a_warning() {
    told(
        "users u\napp-server web clones=3\ndatabase db\nzone east\nu -> web -> db\nuntil 10s\nat 1s crash wbe\nat 1s crash web-4\n\
         at 1s crash db-1\nat 1s cut db->web\nat 1s cut web=>db\nat 1s cut u->db\nat 1s outage est\nat 1s part east west\nat 11s crash db",
        expect![[r#"
            warning “crash wbe” will do nothing: there is no machine wbe. Did you mean web?
            warning “crash web-4” will do nothing: web has 3 clones. Name one that is there, or web.
            warning “crash db-1” will do nothing: db has a single machine. Name one that is there, or db.
            warning “cut db->web” will do nothing: there is no line db -> web. Did you mean web->db?
            warning “cut web=>db” will do nothing: there is no line web => db. Did you mean web->db?
            warning “cut u->db” will do nothing: there is no line u -> db. Draw it, or take the fault away.
            warning “outage est” will do nothing: there is no zone est. Did you mean east?
            warning “part east west” will do nothing: there is no zone west. Draw it, or take the fault away.
            warning “crash db” is planned at 11s, after the end at 10s. Let the run last longer, or plan it earlier.
        "#]],
    );
}

#[test]
fn documents_made_by_hand_are_checked_whole() {
    let mut document = notation::parse("users u\ndatabase db\nu -> db").unwrap();
    document.title = "a\u{7}".into();
    document.machines[1].zone = Some("nowhere".into());
    document.machines[0].at = Point { x: 1 << 20, y: 0 };
    document.machines[0].settings.insert("quux".into(), Setting::Flag(true));
    document.machines.push(document.machines[1].clone());
    document.machines[0].name = "2u".into();
    document.links.push(Link::new("u", Wire::Calls, "dbb"));
    document.links[0].settings.insert("latency".into(), Setting::Number(1.0));
    expect![[r#"
        error The title holds control characters. Shorten the title.
        error “2u” is not a name: a name begins with a letter. Rename it.
        error 2u stands outside of the board. Move it nearer.
        error 2u has no setting “quux”. Take it away.
        error db stands in a zone “nowhere” that is not there. Draw the zone, or take the machine out.
        error Two machines are called db. db2 is free.
        error db stands in a zone “nowhere” that is not there. Draw the zone, or take the machine out.
        error u -> db: there is no machine “u”. Did you mean 2u?
        error u -> db: latency is 1. It must be a time up to 1min or a distribution, as in 12ms or exp(12ms).
        error u -> dbb: there is no machine “u”. Did you mean 2u?
        error u -> dbb: there is no machine “dbb”. Did you mean db?
        warning 2u asks nobody. Draw a line to the machine that it asks.
    "#]]
    .assert_eq(&problems(&document));
}
