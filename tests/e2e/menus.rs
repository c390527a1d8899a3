//! Menus: what is chosen in one is done to the thing that it is of, and the focus comes back there.

use crate::harness::{DESK, Name, PHONE, Page, Thing, visit};

async fn machine(page: &Page, name: &str) -> Thing {
    page.by_role("group", Name::Starts(&format!("{name},"))).await
}

async fn has_the_focus(page: &Page, name: &str) {
    page.wait_for(&format!("{name} to have the focus"), async || {
        page.focused().await.is_some_and(|thing| thing.name.starts_with(name))
    })
    .await;
}

#[test]
fn a_menu_is_of_what_was_clicked_whatever_was_selected_before() {
    visit(DESK, async |page| {
        machine(&page, "db").await.click().await;
        has_the_focus(&page, "db,").await;
        machine(&page, "cache").await.right_click().await;
        page.by_role("menu", "cache").await;
        page.wait_for("the menu to have the focus", async || {
            page.focused().await.is_some_and(|thing| thing.role == "menuitem")
        })
        .await;
        page.by_role("menuitem", "Crash").await.click().await;
        page.by_role("group", Name::Starts("cache, cache, down")).await;
        assert!(!machine(&page, "db").await.name.contains("down"));
        has_the_focus(&page, "cache,").await;

        machine(&page, "db").await.right_click().await;
        page.by_role("menu", "db").await;
        page.press("Escape").await;
        page.wait_for("no menu", async || page.all_by_role("menu", Name::Any).await.is_empty()).await;
        has_the_focus(&page, "db,").await;
    });
}

#[test]
fn a_menu_of_the_keyboard_comes_back_to_its_machine() {
    visit(PHONE, async |page| {
        machine(&page, "copy").await.focus().await;
        page.press("Enter").await;
        page.by_role("menu", "copy").await;
        page.screenshot("phone-menu").await;
        page.press("Escape").await;
        has_the_focus(&page, "copy,").await;
    });
}
