//! One thing on the page, as assistive technology knows it: role, name, value, states; and what hands do to it.

use super::page::{Name, Page};
use serde_json::{Value, json};
use std::time::Duration;

/// A rectangle of the viewport in CSS pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn centre(&self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

#[derive(Clone)]
pub struct Thing {
    page: Page,
    pub(super) node: i64,
    pub role: String,
    pub name: String,
    pub description: String,
    /// What a field or a slider holds.
    pub value: String,
    states: Vec<(String, Value)>,
}

/// Finds a point where a hand would reach the element: on the line if it is a line, at the centre if nothing covers that,
/// else anywhere that it shows. Waits for it to stand still first.
const REACH: &str = r#"async function () {
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    const rect = () => JSON.stringify(this.getBoundingClientRect());
    this.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
    for (let before = "", tries = 0; before !== rect() && tries < 60; tries++) { before = rect(); await frame(); await frame(); }
    const points = [];
    const lines = this instanceof SVGElement && !(this instanceof SVGSVGElement) ? [this, ...this.querySelectorAll("path, line, polyline")] : [];
    for (const line of lines) {
        if (!(line instanceof SVGGeometryElement)) continue;
        const length = line.getTotalLength(), matrix = line.getScreenCTM();
        for (const share of [0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9]) {
            const at = line.getPointAtLength(length * share).matrixTransform(matrix);
            points.push([at.x, at.y]);
        }
    }
    const { x, y, width, height } = this.getBoundingClientRect();
    for (const fy of [0.5, 0.3, 0.7, 0.1, 0.9]) for (const fx of [0.5, 0.3, 0.7, 0.1, 0.9])
        points.push([x + width * fx, y + height * fy]);
    const roots = [this, ...(this.labels ?? [])];
    let cover = "nothing", inner;
    for (const at of points) {
        const hit = document.elementFromPoint(...at);
        if (!roots.some((root) => root.contains(hit))) { cover = hit?.outerHTML.slice(0, 200) ?? cover; continue; }
        // Better not on something inside that is a thing of its own.
        const thing = hit.closest("[role], [tabindex], button, a, input, select, textarea, label, summary");
        if (roots.includes(thing) || !this.contains(thing)) return { at };
        inner ??= at;
    }
    if (inner) return { at: inner };
    return { cover };
}"#;

impl Thing {
    pub(super) fn read(page: &Page, node: &Value) -> Option<Thing> {
        let text = |field: &str| match &node[field]["value"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let properties = node["properties"].as_array().cloned().unwrap_or_default();
        Some(Thing {
            page: page.clone(),
            node: node["backendDOMNodeId"].as_i64()?,
            role: text("role"),
            name: text("name"),
            description: text("description"),
            value: text("value"),
            states: properties
                .iter()
                .map(|p| (p["name"].as_str().unwrap_or("").to_string(), p["value"]["value"].clone()))
                .collect(),
        })
    }

    /// The one thing with this role and name inside this one.
    pub async fn by_role<'a>(&self, role: &str, name: impl Into<Name<'a>>) -> Thing {
        self.page.one(Some(self), role, name.into()).await
    }

    pub async fn all_by_role<'a>(&self, role: &str, name: impl Into<Name<'a>>) -> Vec<Thing> {
        self.page.query(Some(self), role, name.into()).await
    }

    /// A state as it was when the thing was found: `pressed`, `checked`, `expanded`, `disabled`, `selected`, `focused`, …
    pub fn is(&self, state: &str) -> bool {
        self.states.iter().any(|(name, value)| name == state && (value == true || value == "true"))
    }

    /// The same thing as it is now; `None` when it is gone.
    pub async fn again(&self) -> Option<Thing> {
        let asked = json!({ "backendNodeId": self.node, "fetchRelatives": false });
        let tree = self.page.try_cdp("Accessibility.getPartialAXTree", asked).await.ok()?;
        let thing = Thing::read(&self.page, &tree["nodes"][0])?;
        (tree["nodes"][0]["ignored"] != true).then_some(thing)
    }

    /// The text that it shows.
    pub async fn text(&self) -> String {
        let text = self.call("function () { return this.innerText ?? this.textContent; }").await;
        text.as_str().unwrap_or_default().trim().to_string()
    }

    pub async fn rect(&self) -> Rect {
        let r = self
            .call("function () { const r = this.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; }")
            .await;
        let of = |i: usize| r[i].as_f64().expect("a coordinate");
        Rect { x: of(0), y: of(1), width: of(2), height: of(3) }
    }

    /// Where a hand reaches it; waits while something covers it.
    pub async fn reach(&self) -> (f64, f64) {
        let mut found = Value::Null;
        for _ in 0..50 {
            found = self.call(REACH).await;
            if let (Some(x), Some(y)) = (found["at"][0].as_f64(), found["at"][1].as_f64()) {
                return (x, y);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the {} “{}” cannot be reached: covered by {}", self.role, self.name, found["cover"]);
    }

    pub async fn click(&self) {
        self.page.click_at(self.reach().await, 0, 1).await;
    }

    pub async fn double_click(&self) {
        self.page.click_at(self.reach().await, 0, 2).await;
    }

    pub async fn right_click(&self) {
        self.page.click_at(self.reach().await, 2, 1).await;
    }

    pub async fn hover(&self) {
        self.page.hover_at(self.reach().await).await;
    }

    pub async fn focus(&self) {
        self.call("function () { this.focus(); }").await;
    }

    pub async fn drag_by(&self, dx: f64, dy: f64) {
        let (x, y) = self.reach().await;
        self.page.drag(&[(x, y), (x + dx / 2.0, y + dy / 2.0), (x + dx, y + dy)]).await;
    }

    pub async fn drag_to(&self, other: &Thing) {
        let (from, to) = (self.reach().await, other.reach().await);
        self.page.drag(&[from, ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0), to]).await;
    }

    /// Replaces what a field holds, by the keyboard, and leaves it with Enter.
    pub async fn fill(&self, text: &str) {
        self.click().await;
        self.page.press("Control+a").await;
        self.page.type_text(text).await;
        self.page.press("Enter").await;
    }

    /// Chooses an entry of a drop-down list by its text, as a person does by typing it.
    pub async fn choose(&self, text: &str) {
        self.focus().await;
        self.page.type_text(text).await;
        self.page.press("Enter").await;
    }

    async fn call(&self, function: &str) -> Value {
        let node = self.page.cdp("DOM.resolveNode", json!({ "backendNodeId": self.node })).await;
        let asked = json!({ "functionDeclaration": function, "objectId": node["object"]["objectId"], "returnByValue": true, "awaitPromise": true });
        let answer = self.page.cdp("Runtime.callFunctionOn", asked).await;
        assert!(answer["exceptionDetails"].is_null(), "{}: {answer}", self.name);
        answer["result"]["value"].clone()
    }
}
