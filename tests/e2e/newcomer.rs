//! What a newcomer needs: to be told what happens and what is missing, and to get at everything that is drawn.

use crate::harness::{DESK, Name, Page, Screen, Thing, visit};

/// Chooses from the menu of what has the focus.
async fn choose(page: &Page, thing: &Thing, item: &str) {
    thing.focus().await;
    page.press("Shift+F10").await;
    page.by_role("menuitem", item).await.click().await;
}

/// Opens a board from its text.
async fn open(page: &Page, board: &str) -> Thing {
    page.press("Control+o").await;
    let dialog = page.by_role("dialog", "Open").await;
    dialog.by_role("textbox", "As text").await.click().await;
    page.type_text(board).await;
    dialog.by_role("button", "Open").await.click().await;
    dialog
}

#[test]
fn a_fault_and_the_promise_that_it_breaks_are_told_and_stay_on_the_timeline() {
    visit(DESK, async |page| {
        let link = page.by_role("button", Name::Starts("Link db to copy")).await;
        choose(&page, &link, "Cut").await;
        page.says("db => copy cut").await;
        page.says("Linearizable broke").await;
        page.by_role("application", "Board").await.focus().await;
        page.press("p").await;
        page.says("At ").await;
        page.press("r").await;
        page.says("At 0.000000 s.").await;
        page.press("p").await;
        page.says("Playing.").await;
        // What lies ahead of a run that was set back can still be gone to.
        let db = page.by_role("group", Name::Starts("db, database")).await;
        choose(&page, &db, "Crash").await;
        page.says("db crashed").await;
        page.press("p").await;
        page.by_role("slider", "Instant").await.focus().await;
        page.press("Home").await;
        let timeline = page.by_role("region", "Timeline").await;
        timeline.by_role("button", Name::Starts("db crashed, at")).await.click().await;
        page.by_role("group", Name::Starts("db, database, down")).await;
    });
}

#[test]
fn the_toolbar_of_edits_holds_what_takes_them_back() {
    visit(DESK, async |page| {
        let edit = page.by_role("toolbar", "Edit").await;
        for name in ["Undo", "Redo", "Select", "Connect", "Scissors", "Hand", "Delete", "Duplicate"] {
            edit.by_role("button", name).await;
        }
    });
}

#[test]
fn a_zone_can_be_reached_set_and_renamed_without_a_mouse() {
    visit(DESK, async |page| {
        page.by_role("button", "Pause").await.click().await;
        let copy = page.by_role("group", Name::Starts("copy,")).await;
        choose(&page, &copy, "Put in a new zone").await;
        let zone = page.by_role("group", Name::Starts("zone, zone, 1 machine")).await;
        zone.focus().await;
        let inspector = page.by_role("complementary", "Inspector").await;
        inspector.by_role("textbox", "Name").await.fill("south").await;
        let zone = page.by_role("group", Name::Starts("south, zone, 1 machine")).await;
        zone.focus().await;
        inspector.by_role("combobox", "Region").await;
        inspector.by_role("textbox", "Latency outside").await;
        page.screenshot("zone-settings").await;
        page.audit().await;
        choose(&page, &zone, "Outage").await;
        page.by_role("group", Name::Starts("copy, database, unreachable")).await;
        page.by_role("tab", "Outline").await.click().await;
        let outline = page.by_role("region", "Outline").await;
        outline.by_role("button", "south, zone, 1 machine").await;
        outline.by_role("button", "Recover south").await.click().await;
        page.by_role("group", Name::Starts("copy, database, running")).await;
    });
}

#[test]
fn what_has_the_focus_is_what_a_key_is_for() {
    visit(DESK, async |page| {
        page.by_role("group", Name::Starts("db, database")).await.focus().await;
        page.press("Escape").await;
        page.press("Enter").await;
        page.by_role("menuitem", "Crash").await;
    });
}

#[test]
fn what_is_missing_is_said_until_it_is_there() {
    visit(DESK, async |page| {
        let refused = open(&page, "users u\ndatabase d\nd -> u").await;
        refused.by_role("alert", Name::Any).await;
        page.press("Escape").await;
        page.by_role("group", Name::Starts("shoppers,")).await;

        open(&page, "users u\napp-server web\ncache c\nu -> web").await;
        let inspector = page.by_role("complementary", "Inspector").await;
        let missing = inspector.by_role("list", "What is missing").await;
        page.audit().await;
        missing.by_role("button", Name::Starts("c is joined to nothing.")).await.click().await;
        inspector.by_role("list", "What is missing").await;
        page.screenshot("missing").await;
        // The line puts the cache to use.
        page.by_role("group", Name::Starts("web,")).await.focus().await;
        page.press("c").await;
        page.by_role("menuitem", Name::Starts("c ")).await.click().await;
        page.says("Cache use of web is “objects” now.").await;
        page.press("Escape").await;
        page.wait_for("nothing to be missing", async || {
            page.all_by_role("list", "What is missing").await.is_empty()
        })
        .await;
    });
}

#[test]
fn at_twice_the_size_the_board_has_the_room_until_a_panel_is_asked_for() {
    visit(Screen { width: 720, height: 450, touch: false }, async |page| {
        let card = async || page.by_role("group", Name::Starts("web,")).await.rect().await.height;
        let high = card().await;
        assert!(high > 24.0, "{high}");
        page.screenshot("zoom-200-board").await;
        page.by_role("tab", "Verdicts").await.click().await;
        page.wait_for("the verdicts to be seen", async || {
            page.by_role("region", "Verdicts").await.rect().await.height > 60.0
        })
        .await;
    });
}
