//! Keeping and sharing: files, pictures, named boards, addresses; and the switches of a person who needs them.

use crate::harness::{DESK, Name, Page, Screen, visit};

async fn title(page: &Page) -> String {
    page.by_role("textbox", "Board’s name").await.value
}

#[test]
fn a_board_is_kept_as_a_file_as_a_picture_and_on_the_device() {
    visit(DESK, async |page| {
        page.by_role("application", "Board").await;
        for (button, file) in [
            ("Notation", "three-tiers-one-replica.tradeoff"),
            ("JSON", "three-tiers-one-replica.json"),
            ("SVG", "three-tiers-one-replica.svg"),
            ("PNG", "three-tiers-one-replica.png"),
        ] {
            page.press("Control+s").await;
            page.by_role("dialog", "Save").await.by_role("button", button).await.click().await;
            page.says(&format!("Saved as {file}.")).await;
        }
        page.press("Control+s").await;
        page.audit().await;
        page.by_role("button", "Keep on this device").await.click().await;
        page.press("Control+o").await;
        let open = page.by_role("dialog", "Open").await;
        page.audit().await;
        open.by_role("button", "Forget Three tiers, one replica").await.click().await;
        page.wait_for("the board to be forgotten", async || {
            open.all_by_role("button", Name::Starts("Forget")).await.is_empty()
        })
        .await;
        // A text that is no board says why, and the board stays.
        let text = open.by_role("textbox", "As text").await;
        text.click().await;
        page.type_text("user shop").await;
        open.by_role("button", "Open").await.click().await;
        open.by_role("alert", Name::Any).await;
        page.press("Escape").await;
        assert_eq!(title(&page).await, "Three tiers, one replica");
    });
}

#[test]
fn an_address_names_a_ready_board_or_shows_one_within_another_page() {
    visit(DESK, async |page| {
        page.goto("?example=two-masters").await;
        page.by_role("application", "Board").await;
        let ready = title(&page).await;
        assert_ne!(ready, "Three tiers, one replica");
        page.goto("?example=two-masters&embed=1").await;
        page.by_role("button", "Pause").await.click().await;
        page.by_role("button", "Play").await;
        page.by_role("region", "Verdicts").await;
        assert!(page.all_by_role("complementary", "Components").await.is_empty());
        assert!(page.all_by_role("button", "Share").await.is_empty());
        page.screenshot("embed").await;
        page.audit().await;
        // What was shown there is not this device's own board.
        page.goto("").await;
        page.by_role("application", "Board").await;
        assert_ne!(title(&page).await, "");
    });
}

#[test]
fn an_address_of_nothing_is_said_in_words() {
    visit(DESK, async |page| {
        for (address, words) in [
            ("?example=nowhere", "There is no example called “nowhere”"),
            ("#b1.not-a-board", "The link is not whole"),
        ] {
            page.goto("hands.html").await;
            page.goto(address).await;
            page.says(words).await;
        }
        page.goto("hands.html").await;
        page.goto("?lesson=none").await;
        page.by_role("heading", "The course").await;
    });
}

#[test]
fn single_letters_can_be_switched_off_and_stay_off() {
    visit(DESK, async |page| {
        page.by_role("application", "Board").await;
        let pressed = async || page.by_role("button", "Scissors").await.is("pressed");
        page.press("x").await;
        page.wait_for("the scissors", async || pressed().await).await;
        page.press("v").await;
        page.press("?").await;
        let help = page.by_role("dialog", "Help").await;
        let switch = help.by_role("switch", "Single letters are shortcuts").await;
        assert!(switch.is("checked"));
        switch.click().await;
        page.press("Escape").await;
        page.press("x").await;
        page.press("Control+k").await;
        let list = page.by_role("dialog", "Find a command").await;
        page.type_text("no such").await;
        page.wait_for("words", async || list.text().await.contains("No command has all these words")).await;
        page.press("Escape").await;
        assert!(!pressed().await, "x was a shortcut still");
        page.reload().await;
        page.by_role("application", "Board").await;
        page.press("x").await;
        page.press("Control+k").await;
        page.by_role("dialog", "Find a command").await;
        page.press("Escape").await;
        assert!(!pressed().await, "x is a shortcut again");
    });
}

#[test]
fn at_twice_the_size_nothing_scrolls_sideways() {
    visit(Screen { width: 720, height: 450, touch: false }, async |page| {
        page.by_role("button", "Pause").await.click().await;
        page.by_role("tab", "Charts").await.click().await;
        assert_eq!(page.extent().await.width, 720.0);
        page.screenshot("zoom-200").await;
        page.audit().await;
    });
}

#[test]
fn in_forced_colours_and_without_motion_it_is_all_there() {
    visit(DESK, async |page| {
        page.prefer("forced-colors", "active").await;
        page.by_role("group", Name::Starts("web,")).await.click().await;
        page.screenshot("forced-colours").await;
        page.audit().await;
        page.prefer("prefers-reduced-motion", "reduce").await;
        page.by_role("group", Name::Starts("cache,")).await.click().await;
        page.screenshot("still").await;
    });
}

#[test]
fn a_machine_dragged_onto_a_zone_is_in_it_and_on_nobody() {
    visit(DESK, async |page| {
        page.by_role("button", "Pause").await.click().await;
        let copy = page.by_role("group", Name::Starts("copy,")).await;
        copy.focus().await;
        page.press("Shift+F10").await;
        page.by_role("menuitem", "Put in a new zone").await.click().await;
        let travellers = page.by_role("group", Name::Starts("travellers,")).await;
        travellers.drag_to(&copy).await;
        let (a, b) = (travellers.rect().await, copy.rect().await);
        let apart =
            a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;
        assert!(apart, "{a:?} lies on {b:?}");
        travellers.focus().await;
        page.press("Shift+F10").await;
        page.by_role("menuitem", "Take out of the zone").await;
        page.press("Escape").await;
        page.screenshot("zone").await;
        page.audit().await;
        page.press("Control+z").await;
        travellers.focus().await;
        page.press("Shift+F10").await;
        page.by_role("menuitem", "Put in a new zone").await;
        assert!(page.all_by_role("menuitem", "Take out of the zone").await.is_empty());
    });
}

#[test]
fn arrows_in_a_panel_move_no_machine() {
    visit(DESK, async |page| {
        page.by_role("group", Name::Starts("web, app server")).await.focus().await;
        let moved = async || !page.by_role("button", "Undo").await.is("disabled");
        page.by_role("region", "Charts").await.focus().await;
        page.press("ArrowRight").await;
        assert!(!moved().await, "the panel's arrows belong to the panel");
        page.by_role("group", Name::Starts("web, app server")).await.focus().await;
        page.press("ArrowRight").await;
        page.wait_for("the machine to move", async || moved().await).await;
    });
}
