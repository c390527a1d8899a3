//! The page as a person has it: what is there by role and name, keys, a pointer, the passing of time.

use super::driver::ATTEMPTS;
use super::server::Server;
use super::thing::Thing;
use super::{Rect, Screen};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;
use thirtyfour::common::command::Command;
use thirtyfour::{Capabilities, WebDriver};

/// How long a person waits for something to appear before calling it broken.
const PATIENCE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(50);

/// An accessible name, or what is known of it.
#[derive(Clone, Copy, Debug)]
pub enum Name<'a> {
    Is(&'a str),
    Starts(&'a str),
    Has(&'a str),
    Any,
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(name: &'a str) -> Name<'a> {
        Name::Is(name)
    }
}

impl Name<'_> {
    pub fn fits(&self, name: &str) -> bool {
        match self {
            Name::Is(whole) => name == *whole,
            Name::Starts(start) => name.starts_with(start),
            Name::Has(part) => name.contains(part),
            Name::Any => true,
        }
    }
}

/// The page in its browser; a clone is the same page.
#[derive(Clone)]
pub struct Page(Rc<Inner>);

struct Inner {
    driver: WebDriver,
    server: Server,
    screen: Screen,
}

impl Page {
    pub(super) async fn open(driver: String, server: Server, screen: Screen) -> Page {
        let driver = browser(&driver, screen).await;
        let page = Page(Rc::new(Inner { driver, server, screen }));
        // Errors are kept from the first moment on, also those that no console shows any more later.
        let keep = "globalThis.errorsSeen = [];
            addEventListener('error', (e) => errorsSeen.push(String(e.message ?? e.target?.src ?? e.type)), true);
            addEventListener('unhandledrejection', (e) => errorsSeen.push(String(e.reason)));
            console.error = ((log) => (...words) => { errorsSeen.push(words.join(' ')); log(...words); })(console.error);";
        page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": keep })).await;
        page.goto("").await;
        page
    }

    pub(super) async fn close(&self) {
        let _ = self.0.driver.clone().quit().await;
    }

    pub fn screen(&self) -> Screen {
        self.0.screen
    }

    /// Opens the address `place`, relative to the site's own: `?lesson=…`, `#…`, or nothing.
    pub async fn goto(&self, place: &str) {
        let url = self.0.server.url() + place;
        self.0.driver.goto(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    pub async fn reload(&self) {
        self.0.driver.refresh().await.expect("a reload");
    }

    /// Opens the site in a second tab and turns to it; [`Page::first_tab`] turns back.
    pub async fn second_tab(&self) {
        let tab = self.0.driver.new_tab().await.expect("another tab");
        self.0.driver.switch_to_window(tab).await.expect("the other tab");
        self.goto("").await;
    }

    pub async fn first_tab(&self) {
        let tabs = self.0.driver.windows().await.expect("a browser with tabs");
        self.0.driver.switch_to_window(tabs[0].clone()).await.expect("the first tab");
    }

    /// Something stands on the device, as another version or another tab may have left it.
    pub async fn left(&self, name: &str, text: &str) {
        let script = format!("localStorage.setItem({}, {})", json!(name), json!(text));
        self.evaluate(&script, true).await;
    }

    /// The site's server answers nobody any more.
    pub fn lose_the_server(&self) {
        self.0.server.go_down();
    }

    pub fn send_the_rest_of_the_program(&self) {
        self.0.server.send_the_rest();
    }

    /// Waits until the service worker holds the whole site.
    pub async fn until_offline_ready(&self) {
        self.evaluate("navigator.serviceWorker.ready", false).await;
    }

    /// A later version of the site is published; waits until it has been fetched in the background.
    pub async fn until_next_version_is_kept(&self) {
        self.0.server.publish();
        // A browser looks for another worker under the same address when it sees fit (up to a minute later); under another, at once.
        self.evaluate("navigator.serviceWorker.register('sw.js?later').then(() => {})", true).await;
        let kept = "caches.match(new URL('./', location.href)).then((page) => page.text()).then((page) => page.includes('\"next'))";
        self.wait_for("the next version", async || self.evaluate(kept, true).await["value"] == true).await;
    }

    /// Which build of the site this is.
    pub async fn revision(&self) -> String {
        let revision = self.evaluate("document.documentElement.dataset.revision", true).await;
        revision["value"].as_str().unwrap_or_default().to_string()
    }

    /// Whether the page had to wait for a later part of its program.
    pub async fn waited_for_a_part(&self) -> bool {
        let script =
            "performance.getEntriesByType('resource').some((e) => e.initiatorType === 'xmlhttprequest')";
        self.evaluate(script, true).await["value"] == true
    }

    /// The one thing with this role and name, as soon as there is one.
    pub async fn by_role<'a>(&self, role: &str, name: impl Into<Name<'a>>) -> Thing {
        self.one(None, role, name.into()).await
    }

    /// All things with this role and name at this moment, in the order of the document.
    pub async fn all_by_role<'a>(&self, role: &str, name: impl Into<Name<'a>>) -> Vec<Thing> {
        self.query(None, role, name.into()).await
    }

    pub(super) async fn one(&self, within: Option<&Thing>, role: &str, name: Name<'_>) -> Thing {
        let mut last = Vec::new();
        for _ in 0..PATIENCE.as_millis() / GLANCE.as_millis() {
            last = self.query(within, role, name).await;
            if last.len() == 1 {
                return last.remove(0);
            }
            tokio::time::sleep(GLANCE).await;
        }
        let place = within.map(|w| format!(" in the {} “{}”", w.role, w.name)).unwrap_or_default();
        let names: Vec<String> =
            self.query(within, role, Name::Any).await.into_iter().map(|t| t.name).collect();
        panic!("{} of role {role} and name {name:?}{place}; of that role there are {names:?}", last.len());
    }

    pub(super) async fn query(&self, within: Option<&Thing>, role: &str, name: Name<'_>) -> Vec<Thing> {
        let root = match within {
            Some(thing) => json!({ "backendNodeId": thing.node, "role": role }),
            None => json!({ "objectId": self.evaluate("document", false).await["objectId"], "role": role }),
        };
        // A page that is just being replaced has no tree; whoever looks again finds the new one.
        let Ok(found) = self.try_cdp("Accessibility.queryAXTree", root).await else { return Vec::new() };
        let nodes = found["nodes"].as_array().cloned().unwrap_or_default();
        nodes
            .iter()
            .filter(|node| node["ignored"] != true)
            .filter_map(|node| Thing::read(self, node))
            .filter(|thing| within.is_none_or(|w| w.node != thing.node) && name.fits(&thing.name))
            .collect()
    }

    /// Looks again and again until `seen` says yes; `what` says in words what was waited for.
    pub async fn wait_for(&self, what: &str, mut seen: impl AsyncFnMut() -> bool) {
        let look = async {
            while !seen().await {
                tokio::time::sleep(GLANCE).await;
            }
        };
        if tokio::time::timeout(PATIENCE, look).await.is_err() {
            panic!("waited {} s for this: {what}", PATIENCE.as_secs());
        }
    }

    /// Presses a key with its modifiers: `"Escape"`, `"Control+Shift+z"`, `"?"`.
    pub async fn press(&self, chord: &str) {
        let (modifiers, key) = match chord.rsplit_once('+') {
            Some((modifiers, key)) if !key.is_empty() => (modifiers, key),
            _ => ("", chord),
        };
        let keys: Vec<String> =
            modifiers.split('+').filter(|m| !m.is_empty()).chain([key]).map(code_point).collect();
        let down = keys.iter().map(|key| json!({ "type": "keyDown", "value": key }));
        let up = keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key }));
        let actions: Vec<Value> = down.chain(up).collect();
        self.act(json!([{ "type": "key", "id": "keys", "actions": actions }])).await;
    }

    /// Holds a key down while `meanwhile` happens: Shift for a click that adds, Space for a drag that pans.
    pub async fn hold(&self, key: &str, meanwhile: impl Future<Output = ()>) {
        let key = code_point(key);
        self.act(json!([{ "type": "key", "id": "keys", "actions": [{ "type": "keyDown", "value": key }] }]))
            .await;
        meanwhile.await;
        self.act(json!([{ "type": "key", "id": "keys", "actions": [{ "type": "keyUp", "value": key }] }]))
            .await;
    }

    /// Types letters where the focus is.
    pub async fn type_text(&self, text: &str) {
        let actions: Vec<Value> = text
            .chars()
            .flat_map(|c| {
                [
                    json!({ "type": "keyDown", "value": c.to_string() }),
                    json!({ "type": "keyUp", "value": c.to_string() }),
                ]
            })
            .collect();
        self.act(json!([{ "type": "key", "id": "keys", "actions": actions }])).await;
    }

    /// Clicks (or taps, on a touch screen) a point of the viewport, `times` times with button 0 (left), 1 (middle) or 2 (right).
    pub async fn click_at(&self, at: (f64, f64), button: u8, times: usize) {
        let mut actions = vec![move_to(at, 0)];
        for _ in 0..times {
            actions.push(json!({ "type": "pointerDown", "button": button }));
            actions.push(json!({ "type": "pointerUp", "button": button }));
        }
        self.point(actions).await;
    }

    pub async fn hover_at(&self, at: (f64, f64)) {
        self.point(vec![move_to(at, 0)]).await;
    }

    /// Puts the pointer down at the first point, draws through the others at a hand's pace, and lifts it at the last.
    pub async fn drag(&self, through: &[(f64, f64)]) {
        let mut actions = vec![move_to(through[0], 0), json!({ "type": "pointerDown", "button": 0 })];
        actions.extend(through[1..].iter().map(|at| move_to(*at, 120)));
        actions.push(json!({ "type": "pointerUp", "button": 0 }));
        self.point(actions).await;
    }

    /// Turns the wheel over a point; positive is down and right.
    pub async fn wheel(&self, at: (f64, f64), by: (f64, f64)) {
        self.act(json!([{ "type": "wheel", "id": "wheel", "actions": [{
            "type": "scroll", "x": at.0 as i64, "y": at.1 as i64, "deltaX": by.0 as i64, "deltaY": by.1 as i64, "duration": 0 }] }]))
            .await;
    }

    /// What has the focus: its role and name.
    pub async fn focused(&self) -> Option<Thing> {
        let object = self.evaluate("document.activeElement", false).await["objectId"].clone();
        let tree = self
            .try_cdp("Accessibility.getPartialAXTree", json!({ "objectId": object, "fetchRelatives": false }))
            .await
            .ok()?;
        Thing::read(self, &tree["nodes"][0])
    }

    /// Sets what the person prefers: `("prefers-color-scheme", "dark")`, `("prefers-reduced-motion", "reduce")`.
    pub async fn prefer(&self, feature: &str, value: &str) {
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": [{ "name": feature, "value": value }] }))
            .await;
    }

    /// The size of the whole document, to see whether it scrolls sideways.
    pub async fn extent(&self) -> Rect {
        let size = self
            .evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]", true)
            .await;
        let of = |i: usize| size["value"][i].as_f64().expect("a size");
        Rect { x: 0.0, y: 0.0, width: of(0), height: of(1) }
    }

    /// The page's address.
    pub async fn address(&self) -> String {
        self.0.driver.current_url().await.expect("an address").into()
    }

    /// The errors that the page has thrown or logged since it was loaded.
    pub async fn errors(&self) -> Vec<String> {
        let errors = self.evaluate("globalThis.errorsSeen", true).await;
        errors["value"].as_array().into_iter().flatten().map(|e| e.to_string()).collect()
    }

    /// Writes `target/screens/NAME.png`.
    pub async fn screenshot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screens");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        let file: PathBuf = folder.join(format!("{name}.png"));
        self.0.driver.screenshot(&file).await.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// The accessibility tree as indented text, for messages.
    pub async fn outline(&self) -> String {
        let tree = self.cdp("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let mut lines = String::new();
        let mut stack: Vec<(Value, usize)> =
            nodes.first().map(|n| (n["nodeId"].clone(), 0)).into_iter().collect();
        while let Some((id, depth)) = stack.pop() {
            let Some(node) = nodes.iter().find(|n| n["nodeId"] == id) else { continue };
            let role = node["role"]["value"].as_str().unwrap_or("");
            let name = node["name"]["value"].as_str().unwrap_or("");
            let silent = node["ignored"] == true || ["InlineTextBox", "generic", "none"].contains(&role);
            if !silent {
                lines += &format!("{}{role} “{name}”\n", "  ".repeat(depth));
            }
            let children = node["childIds"].as_array().cloned().unwrap_or_default();
            stack.extend(children.into_iter().rev().map(|child| (child, depth + usize::from(!silent))));
        }
        lines
    }

    pub(super) async fn evaluate(&self, expression: &str, by_value: bool) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": by_value, "awaitPromise": true });
        let answer = self.cdp("Runtime.evaluate", asked).await;
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"].clone()
    }

    pub(super) async fn cdp(&self, method: &str, parameters: Value) -> Value {
        self.try_cdp(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    pub(super) async fn try_cdp(
        &self,
        method: &str,
        parameters: Value,
    ) -> thirtyfour::error::WebDriverResult<Value> {
        self.0.driver.cdp().send_raw(method, parameters).await
    }

    async fn point(&self, actions: Vec<Value>) {
        let (kind, id) = if self.0.screen.touch { ("touch", "finger") } else { ("mouse", "mouse") };
        self.act(json!([{ "type": "pointer", "id": id, "parameters": { "pointerType": kind }, "actions": actions }]))
            .await;
    }

    /// Waits until a live region says it.
    pub async fn says(&self, words: &str) {
        self.wait_for(words, async || {
            let mut said = String::new();
            for status in self.all_by_role("status", Name::Any).await {
                said += &status.text().await;
            }
            said.contains(words)
        })
        .await;
    }

    async fn act(&self, sources: Value) {
        let done = self.0.driver.handle().cmd(Command::PerformActions(sources.clone().into())).await;
        done.unwrap_or_else(|error| panic!("acting {sources}: {error}"));
    }
}

fn move_to((x, y): (f64, f64), milliseconds: u64) -> Value {
    json!({ "type": "pointerMove", "origin": "viewport", "x": x.round() as i64, "y": y.round() as i64, "duration": milliseconds })
}

/// A browser of one's own. Beside many others one may give up while it starts; the next attempt then has more room.
async fn browser(driver: &str, screen: Screen) -> WebDriver {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        match WebDriver::new(driver, capabilities(screen)).await {
            Ok(browser) => return browser,
            Err(error) => last = Some(error),
        }
    }
    panic!("no browser in {ATTEMPTS} attempts: {last:?}");
}

/// The browser with nothing remembered, nothing asked of the network, and exactly this screen.
fn capabilities(screen: Screen) -> Capabilities {
    let arguments = [
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        "--no-first-run",
        // Chromium refuses to run as root with its sandbox, and this browser opens no page but ours.
        "--no-sandbox",
        "--lang=en",
        // Two browsers on two cores: the one in the background is still a page that is looked at.
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
    ];
    let metrics = json!({ "width": screen.width, "height": screen.height, "pixelRatio": 1, "mobile": screen.touch, "touch": screen.touch });
    let mut options = json!({ "args": arguments, "mobileEmulation": { "deviceMetrics": metrics } });
    if let Ok(binary) = std::env::var("CHROME") {
        options["binary"] = binary.into();
    }
    let mut capabilities = Capabilities::new();
    capabilities.set("browserName", "chrome").expect("a name");
    capabilities.set("goog:chromeOptions", options).expect("options");
    capabilities
}

/// The code point by which WebDriver knows a key; a letter is itself.
fn code_point(key: &str) -> String {
    let named = match key {
        "Backspace" => '\u{e003}',
        "Tab" => '\u{e004}',
        "Enter" => '\u{e007}',
        "Shift" => '\u{e008}',
        "Control" => '\u{e009}',
        "Alt" => '\u{e00a}',
        "Escape" => '\u{e00c}',
        "Space" => ' ',
        "PageUp" => '\u{e00e}',
        "PageDown" => '\u{e00f}',
        "End" => '\u{e010}',
        "Home" => '\u{e011}',
        "ArrowLeft" => '\u{e012}',
        "ArrowUp" => '\u{e013}',
        "ArrowRight" => '\u{e014}',
        "ArrowDown" => '\u{e015}',
        "Delete" => '\u{e017}',
        "F10" => '\u{e03a}',
        "Meta" => '\u{e03d}',
        _ => {
            assert_eq!(key.chars().count(), 1, "“{key}” is no key");
            return key.to_string();
        }
    };
    named.to_string()
}
