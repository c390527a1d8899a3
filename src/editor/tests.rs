//! The editor as the page uses it: actions, settings, copies, history. A script, and what becomes of the board. It may
//! not look inside.

use super::Editor;
use super::action::Action;
use super::command::Command;
use super::effect::{Effect, Offer};
use super::geometry::{Vector, tests::board};
use super::script::{BOARD, play};
use super::selection::Thing;
use crate::components::{Kind, Wire};
use crate::scenario::edit::Edit;
use crate::scenario::fault::LinkName;
use crate::scenario::{Document, Point, notation};

fn check(table: &[(&str, &str)]) {
    for (script, expected) in table {
        assert_eq!(play(script), *expected, "\n{script}");
    }
}

fn machine(name: &str) -> Thing {
    Thing::Machine(name.into())
}

fn editor() -> Editor {
    Editor::new(board(BOARD))
}

/// The edits that the run hears of.
fn heard(effects: &[Effect]) -> Vec<Edit> {
    let edited = effects.iter().filter_map(|effect| match effect {
        Effect::Edited { edits, .. } => Some(edits.clone()),
        _ => None,
    });
    edited.flatten().collect()
}

#[test]
fn what_is_chosen_is_copied_pasted_and_removed() {
    check(&[
        ("click 728,128; key Ctrl+d", "+ cache2 728,248\nchosen: cache2\nundo 1: Duplicate"),
        (
            "drag 220,180 450,300; key Ctrl+c; paste 300,500",
            "+ lb2 192,504\n+ web2 400,504\n+ lb2 -> web2\nchosen: lb2, web2\ncopied: 2 machines, 1 links\nundo 1: Paste",
        ),
        (
            "drag 220,180 450,300; key Ctrl+x; paste",
            "- users -> lb\n- web -> cache\n- web -> db\nchosen: lb, web\n\
             copied: 2 machines, 1 links\nundo 2: Paste",
        ),
        ("drag 220,180 450,300; key Ctrl+x; key Ctrl+z", "copied: 2 machines, 1 links"),
        (
            "key Ctrl+c; paste",
            "refused: Select a machine first.\nrefused: There is no machine in what was copied.",
        ),
        ("click 512,256; key Delete", "- web\n- lb -> web\n- web -> cache\n- web -> db\nundo 1: Delete web"),
        ("click 850,384; key Backspace", "- db => copy\nundo 1: Delete db => copy"),
        // A link that goes with its machine is not removed twice.
        ("drag 220,180 450,300; key Delete; key Ctrl+z; key Ctrl+y; key Ctrl+z", ""),
        ("key Delete", ""),
    ]);
    let mut editor = editor();
    let refused = editor.paste("users a rate=very", None);
    assert!(matches!(&refused[..], [Effect::Refused(why)] if why.contains("1:")), "{refused:?}");
    assert!(editor.undo().is_empty());
}

#[test]
fn arrow_keys_move_on_the_grid_and_holding_one_is_one_entry() {
    check(&[
        ("click 304,256; key ArrowRight", "lb 312,256\nchosen: lb\nundo 1: Move lb"),
        ("click 304,256; key Shift+ArrowDown", "lb 304,288\nchosen: lb\nundo 1: Move lb"),
        ("click 304,256; key ArrowRight *10", "lb 384,256\nchosen: lb\nundo 1: Move lb"),
        ("click 304,256; key ArrowRight *10; key Ctrl+z", "chosen: lb"),
        (
            "click 304,256; key ArrowRight *3; key ArrowRight *3; key Ctrl+z",
            "lb 328,256\nchosen: lb\nundo 1: Move lb",
        ),
        ("key Ctrl+a; key ArrowUp; key Ctrl+z; key Escape", ""),
        // Toggles and tools do not flicker when a key is held.
        ("key p *5", "run: PlayOrPause"),
    ]);
}

#[test]
fn faults_befall_what_is_chosen_and_are_no_edits() {
    check(&[
        ("click 728,384; do crash", "chosen: db\nfault: crash db"),
        (
            "click 728,384; do crash-host; do restart-machine",
            "chosen: db\nfault: crash db host\nfault: restart db",
        ),
        (
            "click 728,384; click 976,384 shift; do isolate",
            "chosen: copy, db\nfault: isolate copy\nfault: isolate db",
        ),
        ("click 728,384; do slow; do full-speed", "chosen: db\nfault: slow db x4\nfault: slow db x1"),
        ("click 976,384; do promote", "chosen: copy\nfault: promote copy"),
        ("click 96,256; do triple-traffic", "chosen: users\nfault: traffic users x3"),
        (
            "click 850,384; do cut-link; do heal",
            "chosen: db => copy\nfault: cut db=>copy\nfault: heal db=>copy",
        ),
        (
            "click 850,384; do cut-forth; do cut-back",
            "chosen: db => copy\nfault: cut db=>copy forth\nfault: cut db=>copy back",
        ),
        (
            "click 850,384; do delay; do lose",
            "chosen: db => copy\nfault: delay db=>copy 100ms\nfault: loss db=>copy 5%",
        ),
        ("click 512,256; do deploy; do lose-disk", "chosen: web\nfault: deploy web 2\nfault: lose-disk web"),
        (
            "click 512,256; do enclose; do outage",
            "web in zone\nchosen: zone\nfault: outage zone\nundo 1: Add zone",
        ),
        (
            "click 512,256; do enclose; click 976,384; do enclose; click 420,200 shift; do part",
            "web in zone\ncopy in zone2\nchosen: zone, zone2\nfault: part zone2 zone\nundo 2: Add zone2",
        ),
        (
            "click 512,256; do enclose; do outage; do recover",
            "web in zone\nchosen: zone\nfault: outage zone\nfault: recover zone\nundo 1: Add zone",
        ),
        (
            "click 512,256; do enclose; click 976,384; do enclose; click 420,200 shift; do part; do join",
            "web in zone\ncopy in zone2\nchosen: zone, zone2\nfault: part zone2 zone\nfault: join zone2 zone\n\
             undo 2: Add zone2",
        ),
        // One way only: nothing gets from the zone that was chosen first to the other.
        (
            "click 512,256; do enclose; click 976,384; do enclose; click 420,200 shift; do part-forth",
            "web in zone\ncopy in zone2\nchosen: zone, zone2\nfault: part zone2 zone forth\nundo 2: Add zone2",
        ),
        (
            "click 976,384; do enclose; click 512,256; do enclose; click 884,336 shift; do part-forth",
            "web in zone2\ncopy in zone\nchosen: zone, zone2\nfault: part zone2 zone forth\nundo 2: Add zone2",
        ),
        (
            "click 512,256; do enclose; click 976,384; do enclose; click 420,200; click 884,336 shift; do part-forth",
            "web in zone\ncopy in zone2\nchosen: zone, zone2\nfault: part zone zone2 forth\nundo 2: Add zone2",
        ),
        // One zone is not enough to be parted.
        ("click 512,256; do enclose; do part; do join", "web in zone\nchosen: zone\nundo 1: Add zone"),
        ("click 512,256; do enclose; click 512,256; do release", "chosen: web\nundo 2: Take out of the zone"),
        ("key Shift+X", "fault: heal all"),
    ]);
}

#[test]
fn the_rest_of_the_list() {
    check(&[
        (
            "key p; key .; key ,; do restart; key ]; key [",
            "run: PlayOrPause\nrun: Step\nrun: StepBack\nrun: Restart\nrun: Faster\nrun: Slower",
        ),
        ("key Ctrl+k; key Shift+?", "show: Commands\nshow: Help"),
        ("key Ctrl+v", "paste wanted"),
        ("click 304,256; key F2", "chosen: lb\nshow: Rename"),
        ("do new-seed", "undo 1: New seed"),
        ("click 408,256; do turn", "+ web -> lb\n- lb -> web\nchosen: web -> lb\nundo 1: Change lb -> web"),
        ("click 200,256; do turn", "chosen: users -> lb\nrefused: Users ask; nobody asks them."),
    ]);
}

#[test]
fn a_slider_is_one_entry_and_each_step_is_heard() {
    let mut editor = editor();
    editor.begin();
    for workers in ["9", "10", "11"] {
        let effects = editor.set(&machine("db"), "workers", workers).unwrap();
        assert_eq!(heard(&effects).len(), 1);
    }
    editor.finish("Set workers of db");
    assert_eq!((editor.undo().len(), editor.undo().undo_name()), (1, Some("Set workers of db")));
    editor.act(super::action::Action::Undo);
    assert_eq!(editor.document(), &board(BOARD));
    // Back where it was is no entry, and what does not fit changes nothing.
    editor.begin();
    editor.set(&machine("db"), "workers", "9").unwrap();
    editor.set(&machine("db"), "workers", "").unwrap();
    editor.finish("Set workers of db");
    assert!(editor.undo().is_empty());
    let why = editor.set(&machine("db"), "workers", "none").unwrap_err();
    assert!(why.contains("whole number") && why.ends_with('.'), "{why}");
    assert!(editor.set(&machine("db"), "colour", "red").is_err());
}

#[test]
fn a_gesture_that_is_cancelled_is_taken_back_and_heard() {
    let mut editor = editor();
    editor.begin();
    editor.set(&machine("db"), "workers", "9").unwrap();
    let effects = editor.act(super::action::Action::Escape);
    assert_eq!(heard(&effects).len(), 1);
    assert_eq!(editor.document(), &board(BOARD));
    assert!(editor.undo().is_empty());
}

#[test]
fn a_new_name_is_followed_everywhere() {
    let mut editor = editor();
    editor.act(super::action::Action::SelectAll);
    let effects = editor.rename(&machine("db"), " primary ").unwrap();
    assert!(
        matches!(&heard(&effects)[..], [Edit::RenameMachine { from, to }] if from == "db" && to == "primary")
    );
    assert!(editor.selection().contains(&Thing::Link(LinkName::new("primary", Wire::Copies, "copy"))));
    assert!(editor.layout().route(&LinkName::new("web", Wire::Calls, "primary")).is_some());
    for (wrong, why) in [("copy", "taken"), ("9lives", "letter"), ("", "missing")] {
        let said = editor.rename(&machine("primary"), wrong).unwrap_err();
        assert!(said.contains(why), "{wrong}: {said}");
    }
}

#[test]
fn an_offer_becomes_a_machine_and_its_line_in_one_entry() {
    let mut editor = editor();
    let offer = Offer {
        from: "web".into(),
        at: Point { x: 512, y: 504 },
        screen: Vector::default(),
        kinds: Vec::new(),
    };
    editor.add_linked(&offer, Kind::Cache, Wire::Calls);
    assert!(editor.document().links.iter().any(|l| l.from == "web" && l.to == "cache2"));
    assert_eq!((editor.undo().len(), editor.undo().undo_name()), (1, Some("Add cache2")));
    editor.act(super::action::Action::Undo);
    assert_eq!(editor.document(), &board(BOARD));
}

#[test]
fn a_line_puts_what_it_leads_to_to_use() {
    let mut editor = Editor::new(
        notation::parse(
            "app-server web\ncache cache\napp-server own cache-use=queries\nworker w\njob-queue q",
        )
        .unwrap(),
    );
    let set = |editor: &Editor, name: &str| {
        editor.document().machine(name).unwrap().settings.get("cache-use").map(|s| format!("{s:?}"))
    };
    let says = editor.connect("web", "cache", None);
    assert!(
        says.contains(&Effect::Announce("Connected web -> cache. Cache use of web is “objects” now.".into())),
        "{says:?}"
    );
    assert_eq!(set(&editor, "web").as_deref(), Some("Text(\"objects\")"));
    editor.act(Action::Undo);
    assert_eq!((set(&editor, "web"), editor.document().links.len()), (None, 0), "one entry");
    editor.connect("own", "cache", None);
    assert_eq!(set(&editor, "own").as_deref(), Some("Text(\"queries\")"), "what was chosen stays");
    let says = editor.connect("q", "w", None);
    let why = "Nobody asks a worker: it fetches its jobs from a queue itself. Draw it from w to q.";
    assert_eq!(says, [Effect::Refused(why.into())]);
}

#[test]
fn every_machine_is_a_target_or_says_why_not() {
    let offered = editor().may_follow("web");
    assert!(
        offered.contains(&(Kind::Cache, Wire::Calls))
            && !offered.iter().any(|(kind, _)| *kind == Kind::Users)
    );
    let targets = editor().targets("web");
    assert_eq!(targets.len(), 6);
    let first_refused = targets.iter().position(|t| t.wire.is_err()).unwrap();
    assert!(targets[first_refused..].iter().all(|t| t.wire.as_ref().is_err_and(|why| why.ends_with('.'))));
    assert_eq!(editor().wires("copy", "db"), [Wire::Heartbeat]);
}

#[test]
fn another_drawing_can_be_undone_too() {
    let mut editor = editor();
    editor.act(super::action::Action::SelectAll);
    let effects = editor.open("Open", Document::default());
    assert!(matches!(&heard(&effects)[..], [Edit::Replace(_)]));
    assert!(editor.selection().is_empty() && editor.layout().cards.is_empty());
    editor.act(super::action::Action::Undo);
    assert_eq!(editor.document(), &board(BOARD));
}

#[test]
fn a_full_board_refuses_in_words() {
    let mut editor = Editor::default();
    for _ in 0..crate::scenario::limits::MACHINES {
        editor.add_at_centre(Kind::Cache);
    }
    let effects = editor.add_at_centre(Kind::Cache);
    assert_eq!(effects, [Effect::Refused("A board holds at most 500 machines.".into())]);
    let cards = &editor.layout().cards;
    let on_top = |i: usize| cards[i + 1..].iter().any(|other| other.rect.overlaps(cards[i].rect));
    assert!(!(0..cards.len()).any(on_top));
}

#[test]
fn moving_cards_is_nothing_to_the_run() {
    let mut editor = editor();
    let effects = editor.change("Move", Command::Move(vec![("db".into(), Point { x: 0, y: 0 })]));
    assert_eq!(effects, [Effect::Edited { name: "Move".into(), edits: Vec::new() }]);
}
