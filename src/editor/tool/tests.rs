//! The hand's contract, gesture by gesture: a script, and what becomes of the board. It may not look inside a tool.

use crate::editor::geometry::Vector;
use crate::editor::script::{BOARD, Hands, play};
use crate::editor::tool::{Cursor, Sketch, Tool};

/// Each line of the table is one board, played anew.
fn check(table: &[(&str, &str)]) {
    for (script, expected) in table {
        assert_eq!(play(script), *expected, "\n{script}");
    }
}

#[test]
fn clicks_choose() {
    check(&[
        ("click 304,256", "chosen: lb"),
        ("click 304,256; click 512,256", "chosen: web"),
        ("click 304,256; click 512,256 shift", "chosen: lb, web"),
        ("click 304,256; click 512,256 ctrl; click 304,256 ctrl", "chosen: web"),
        ("click 304,256; click 850,380", "chosen: db => copy"),
        ("click 304,256; click 300,500", ""),
        ("click 304,256; click 300,500 shift", "chosen: lb"),
        ("click 304,256; key Escape", ""),
        // Trembling is no drag.
        ("press 304,256; move 306,254; release", "chosen: lb"),
        ("press 304,256 touch; move 308,256; release", "chosen: lb"),
    ]);
}

#[test]
fn a_box_marks_what_it_touches() {
    check(&[
        ("drag 220,180 450,300", "chosen: lb, web, lb -> web"),
        ("drag 450,300 220,180", "chosen: lb, web, lb -> web"),
        ("click 728,128; drag 220,180 400,300", "chosen: lb"),
        ("click 728,128; drag 220,180 400,300 shift", "chosen: cache, lb"),
        ("click 728,128; press 220,180; move 400,300; key Escape", "chosen: cache"),
        ("click 728,128; press 220,180; move 400,300; cancel", "chosen: cache"),
    ]);
}

#[test]
fn machines_are_dragged_on_the_grid() {
    check(&[
        ("drag 304,256 355,297", "lb 352,296\nchosen: lb\nundo 1: Move lb"),
        (
            "press 304,256; move 320,260; move 400,300; move 355,297; release",
            "lb 352,296\nchosen: lb\nundo 1: Move lb",
        ),
        // There and back is no edit.
        ("press 304,256; move 400,300; move 304,256; release", "chosen: lb"),
        (
            "drag 220,180 450,300; drag 304,256 304,296",
            "lb 304,296\nweb 512,296\nchosen: lb, web, lb -> web\nundo 1: Move 2 machines",
        ),
        (
            "drag 304,256 355,297; drag 512,256 512,300; key Ctrl+Z",
            "lb 352,296\nchosen: web\nundo 1: Move lb",
        ),
        ("drag 304,256 355,297; key Ctrl+Z; key Ctrl+Shift+Z", "lb 352,296\nchosen: lb\nundo 1: Move lb"),
        ("press 304,256; move 400,300; key Escape; move 500,500; release", "chosen: lb"),
        ("press 304,256; move 400,300; cancel; move 500,500", "chosen: lb"),
        // One finger drags too.
        ("drag 304,256 355,297 touch", "lb 352,296\nchosen: lb\nundo 1: Move lb"),
    ]);
}

#[test]
fn what_is_put_down_on_another_moves_aside() {
    let hands = Hands::new(BOARD).play("drag 304,256 512,260");
    let layout = hands.editor.layout();
    let (lb, web) = (layout.card("lb").unwrap(), layout.card("web").unwrap());
    assert!(!lb.overlaps(web) && lb.grown(120.0).overlaps(web), "{lb:?} beside {web:?}");
    // Taken back as one.
    let hands = hands.play("key Ctrl+Z");
    assert_eq!(hands.report(), "chosen: lb");
}

#[test]
fn a_machine_belongs_to_the_zone_it_is_put_into() {
    let zone = "click 976,384; click 976,128 shift; do enclose; click 300,500; ";
    let play = |script: &str| play(&format!("{zone}{script}"));
    let made = play("");
    let name = made.lines().find_map(|l| l.strip_prefix("copy in ")).expect("a zone").to_string();
    assert!(play("drag 728,384 880,256").contains(&format!("db in {name}\n")));
    assert!(play("drag 728,384 880,256; key Ctrl+Z").contains("copy in"));
    assert!(!play("drag 728,384 880,256; key Ctrl+Z").contains("db in"));
    assert!(!play("drag 976,384 400,500").contains("copy in"), "out again");
    assert!(play("drag 976,384 960,400").contains("copy in"), "moved within");
    assert!(!play("drag 976,384 400,500; drag 976,128 96,480").contains("copy in"));
    // The last machine carries its zone along, and the zone's name moves all of it.
    assert!(play("drag 976,384 400,500; drag 976,128 96,480").contains("users2 in"));
    let hands = Hands::new(BOARD).play(zone).play("press 728,384; move 800,300; move 880,256");
    assert!(matches!(hands.editor.sketch(), Some(Sketch::Into(_))));
}

#[test]
fn alt_drags_copies() {
    check(&[
        ("drag 728,128 728,508 alt", "+ cache2 728,512\nchosen: cache2\nundo 1: Duplicate cache2"),
        ("drag 728,128 728,508 alt; key Ctrl+Z", ""),
        ("press 728,128; move 728,508 alt; key Escape", "chosen: cache"),
    ]);
}

#[test]
fn at_the_edge_the_board_moves_along() {
    let hands = Hands::new(BOARD).play("press 304,256; move 1060,256; wait 500; release");
    let to = hands.editor.document().machine("lb").unwrap().at;
    assert!(to.x > 1_160 && to.x < 1_700, "{to:?}");
    assert!(hands.editor.camera().corner.x > 100.0);
    // Over a panel the machine stays at the edge, where it is seen.
    let hands = Hands::new(BOARD).play("press 304,256; move 500,2000; wait 300; release");
    let (camera, card) = (hands.editor.camera(), hands.editor.layout().card("lb").unwrap());
    assert!(camera.to_screen(Vector::new(card.left, card.top)).y < camera.size.y, "{card:?}");
    // Away from the edge it rests.
    let hands = Hands::new(BOARD).play("press 304,256; move 500,256; wait 500; release");
    assert_eq!(hands.editor.camera().corner.x, 0.0);
}

#[test]
fn lines_are_pulled_from_a_handle() {
    check(&[
        // The chosen machine shows its handles.
        (
            "click 512,256; drag 584,256 900,384",
            "+ web -> copy\nchosen: web -> copy\nundo 1: Connect web -> copy",
        ),
        // So does the one under the pointer.
        (
            "move 512,256; drag 584,256 900,384",
            "+ web -> copy\nchosen: web -> copy\nundo 1: Connect web -> copy",
        ),
        // Twenty pixels before the card it snaps.
        (
            "click 512,256; drag 584,256 885,384",
            "+ web -> copy\nchosen: web -> copy\nundo 1: Connect web -> copy",
        ),
        ("click 512,256; drag 584,256 500,500", "chosen: web\noffer at 504,504"),
        (
            "click 512,256; drag 584,256 96,256",
            "chosen: web\nrefused: Users ask; nobody asks them. Draw it from users to web.",
        ),
        ("click 512,256; drag 584,256 728,384", "chosen: web\nrefused: web and db are already linked so."),
        ("click 512,256; press 584,256; move 900,384; key Escape; release", "chosen: web"),
        ("click 512,256; press 584,256; move 900,384; cancel", "chosen: web"),
        // Click, then click.
        (
            "click 512,256; click 584,256; move 700,300; click 976,384",
            "+ web -> copy\nchosen: web -> copy\nundo 1: Connect web -> copy",
        ),
        ("click 512,256; click 584,256; key Escape; click 976,384", "chosen: copy"),
        ("take connect; click 512,256; click 976,384", "+ web -> copy\nundo 1: Connect web -> copy"),
        (
            "take connect; drag 512,256 976,384",
            "+ web -> copy\nchosen: web -> copy\nundo 1: Connect web -> copy",
        ),
        ("take connect; click 512,256; click 512,256", ""),
    ]);
}

#[test]
fn a_line_says_whether_it_may_stand() {
    let hands = Hands::new(BOARD).play("take connect; press 512,256; move 96,256");
    let Some(Sketch::Wire { target, verdict, .. }) = hands.editor.sketch() else { panic!("no line") };
    assert_eq!(
        (target.as_deref(), verdict),
        (Some("users"), Some(Err("Users ask; nobody asks them.".into())))
    );
    assert_eq!(hands.editor.cursor(), Cursor::NotAllowed);
    let hands = hands.play("move 976,340");
    let Some(Sketch::Wire { from, to, verdict, .. }) = hands.editor.sketch() else { panic!("no line") };
    assert_eq!(verdict, Some(Ok("requests and answers")));
    assert!(hands.editor.layout().card("copy").unwrap().grown(0.01).contains(to), "{to:?}");
    assert!(hands.editor.layout().card("web").unwrap().grown(0.01).contains(from), "{from:?}");
}

#[test]
fn the_keyboard_connects_by_a_list() {
    check(&[
        ("click 512,256; key c", "chosen: web\ntargets of web: lb, copy"),
        (
            "click 512,256; key c; click 976,384",
            "+ web -> copy\nchosen: web -> copy\ntargets of web: lb, copy\nundo 1: Connect web -> copy",
        ),
        ("click 512,256; key c; key Escape", "chosen: web\ntargets of web: lb, copy"),
    ]);
}

#[test]
fn one_stroke_of_the_scissors_cuts_every_link_it_crosses() {
    check(&[
        ("take scissors; drag 850,300 850,420", "fault: cut db=>copy"),
        (
            "take scissors; press 580,60; move 590,200; move 600,450; release",
            "fault: cut web->cache\nfault: cut web->db",
        ),
        ("take scissors; click 850,380", "fault: cut db=>copy"),
        ("take scissors; click 850,500", ""),
        ("take scissors; press 850,300; move 850,420; key Escape; release", ""),
        ("take scissors; press 850,300; move 850,420; cancel", ""),
        ("take scissors; drag 850,300 850,420; key v; drag 850,300 850,420", "fault: cut db=>copy"),
    ]);
}

#[test]
fn the_board_is_panned_and_zoomed() {
    check(&[
        ("take hand; drag 304,256 204,206", "seen from 100,50 at 1.00"),
        ("drag 304,256 204,206 middle", "seen from 100,50 at 1.00"),
        (
            "space down; drag 304,256 204,206; space up; click 412,206",
            "chosen: web\nseen from 100,50 at 1.00",
        ),
        // One finger on the empty board pans.
        ("drag 304,500 204,450 touch", "seen from 100,50 at 1.00"),
        ("wheel 500,300 30,40", "seen from 30,40 at 1.00"),
        ("wheel 500,300 0,-100 ctrl", "seen from 100,60 at 1.25"),
        ("key Ctrl+=; key Ctrl+-", ""),
        ("key Shift+1", "seen from -16,-24 at 0.96"),
        ("click 976,384; key Shift+2", "chosen: copy\nseen from 444,110 at 1.00"),
    ]);
}

#[test]
fn two_fingers_pinch() {
    check(&[
        // The second finger takes back what the first had begun.
        ("press 304,256 touch; move 404,352; press 600,300 touch #2; release #2; release #1", "chosen: lb"),
        (
            "press 400,300 touch; press 600,300 touch #2; move 300,300 #1; move 700,300 #2; release #1; release #2",
            "seen from 250,150 at 2.00",
        ),
        (
            "press 400,300 touch; press 600,300 touch #2; move 450,300 #1; move 650,300 #2; release #2; release #1",
            "seen from -50,0 at 1.00",
        ),
    ]);
}

#[test]
fn menus_open_where_they_are_asked_for() {
    check(&[
        ("press 304,256 right; release", "chosen: lb\nmenu: lb"),
        ("press 300,500 right; release", "menu: board"),
        ("press 850,380 right; release", "chosen: db => copy\nmenu: db => copy"),
        // The menu of many is for all of them.
        ("drag 220,180 450,300; press 304,256 right", "chosen: lb, web, lb -> web\nmenu: lb"),
        ("press 304,256 touch; wait 600; move 400,400; release", "chosen: lb\nmenu: lb"),
        ("press 304,256 touch; wait 300; release", "chosen: lb"),
        ("press 304,256; wait 600; release", "chosen: lb"),
        ("click 304,256; key Shift+F10", "chosen: lb\nmenu: lb"),
    ]);
}

#[test]
fn components_come_from_the_palette() {
    check(&[
        // Dragged.
        ("pick cache -40,200; move 300,450; release", "+ cache2 304,448\nchosen: cache2\nundo 1: Add cache2"),
        // Clicked, then clicked.
        (
            "pick cache -40,200; release; move 300,450; click 300,450",
            "+ cache2 304,448\nchosen: cache2\nundo 1: Add cache2",
        ),
        // Let go outside of the board.
        ("pick cache -40,200; move 300,450; move -60,200; release", ""),
        ("pick cache -40,200; move 300,450; key Escape; release", ""),
        ("pick cache -40,200; release; move 300,450; key Escape; click 300,450", ""),
        ("pick cache -40,200; move 300,450; cancel", ""),
        // Never on top of another.
        ("pick cache -40,200; move 304,256; release", "+ cache2 304,376\nchosen: cache2\nundo 1: Add cache2"),
    ]);
}

#[test]
fn escape_goes_step_by_step() {
    let hands =
        Hands::new(BOARD).play("click 304,256; take scissors; press 850,300; move 850,420; key Escape");
    assert_eq!((hands.editor.tool(), hands.editor.sketch()), (Tool::Scissors, None));
    let hands = hands.play("key Escape");
    assert_eq!((hands.editor.tool(), hands.editor.selection().len()), (Tool::Select, 1));
    let hands = hands.play("key Escape");
    assert!(hands.editor.selection().is_empty());
}

#[test]
fn everything_works_at_any_zoom() {
    // Zoomed to a half about the corner, every place on the screen is at half its place on the board.
    let hands = Hands::new(BOARD).play("wheel 0,0 0,312 ctrl; click 152,126");
    assert!((hands.editor.camera().zoom - 0.5).abs() < 0.001);
    assert_eq!(hands.editor.selection().machines().collect::<Vec<_>>(), ["lb"]);
    let hands = hands.play("drag 152,126 172,126");
    assert_eq!(hands.editor.document().machine("lb").unwrap().at.x, 344);
}

#[test]
fn a_lost_pointer_never_leaves_a_gesture_behind() {
    // Whatever was begun: after its pointer is gone, the next click is an ordinary click.
    for begin in [
        "press 304,256; move 400,300",
        "press 300,500; move 400,540",
        "click 512,256; press 584,256; move 700,300",
        "take scissors; press 850,300; move 850,400",
        "take hand; press 300,300; move 350,300",
        "pick cache -40,200; move 300,450",
        "press 304,256 touch; press 512,256 touch #2; move 300,256 #1; cancel #2",
    ] {
        let hands = Hands::new(BOARD).play(begin).play("cancel; key Shift+1; take select");
        assert_eq!(hands.editor.sketch(), None, "{begin}");
        assert_eq!(hands.editor.cursor(), Cursor::Default, "{begin}");
        assert!(!hands.editor.ticks(), "{begin}");
        assert!(!hands.editor.undo().in_gesture(), "{begin}");
    }
}
