//! Serves the built site as the plainest file server does, under a path that is not the root. It may not know the browser.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Beside the site there is `hands.html`, a page that says what hands do to it.
/// Where the site stands on the server: a build must work under any path.
const UNDER: &str = "/somewhere/else/";
/// Where the page is whole but the program is missing, as when a connection breaks.
const HALF: &str = "/half/";
/// Where the last part of the program never comes.
const EARLY: &str = "/early/";
/// Where nothing comes but what the page needs to stand, until the rest is sent.
const STANDS: &str = "/stands/";

pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    down: AtomicBool,
    next: AtomicBool,
    rest: AtomicBool,
}

impl Server {
    pub fn start() -> Server {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist");
        assert!(root.join("index.html").exists(), "dist/ is not built: run `make build`");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server =
            Server { address: listener.local_addr().expect("an address"), state: Arc::new(State::default()) };
        let state = server.state.clone();
        // The thread ends with the test's process; a connection that breaks is the browser's business.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (root, state) = (root.clone(), state.clone());
                std::thread::spawn(move || {
                    if !state.down.load(Ordering::SeqCst) {
                        let _ = answer(stream, &root, &state);
                    }
                });
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}{UNDER}", self.address)
    }

    /// From now on connections are taken and dropped: the page is on its own.
    pub fn go_down(&self) {
        self.state.down.store(true, Ordering::SeqCst);
    }

    /// From now on the whole program comes also where the page only stood.
    pub fn send_the_rest(&self) {
        self.state.rest.store(true, Ordering::SeqCst);
    }

    /// From now on a later version of the site stands here.
    pub fn publish(&self) {
        self.state.next.store(true, Ordering::SeqCst);
    }
}

fn answer(mut stream: TcpStream, root: &Path, state: &State) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or(Ok(String::new()))?;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = request.split(' ').nth(1).unwrap_or("").split('?').next().unwrap_or("");
    let half = path.strip_prefix(HALF).filter(|name| !name.ends_with(".wasm"));
    let early = path.strip_prefix(EARLY).filter(|name| !name.ends_with("_late.wasm"));
    let rest = state.rest.load(Ordering::SeqCst);
    let stands = path
        .strip_prefix(STANDS)
        .filter(|name| rest || !name.ends_with(".wasm") || name.ends_with("_bg.wasm"));
    let known = path.strip_prefix(UNDER).or(half).or(early).or(stands);
    let (status, kind, mut body) = match known.and_then(|name| read(root, name)) {
        Some((kind, body)) => ("200 OK", kind, body),
        None => ("404 Not Found", "text/plain", format!("{path} is not here\n").into_bytes()),
    };
    let next = state.next.load(Ordering::SeqCst);
    if next && (kind.starts_with("text/html") || path.ends_with("/sw.js")) {
        body = later(&String::from_utf8_lossy(&body)).into_bytes();
    }
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

fn read(root: &Path, name: &str) -> Option<(&'static str, Vec<u8>)> {
    let name = if name.is_empty() { "index.html" } else { name };
    let path: PathBuf = root.join(name);
    if name == "hands.html" {
        return Some(("text/html; charset=utf-8", include_bytes!("../hands.html").to_vec()));
    }
    let kind = match path.extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript",
        "wasm" => "application/wasm",
        "css" => "text/css",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    };
    if name.contains("..") { None } else { Some((kind, std::fs::read(path).ok()?)) }
}

/// The page or the service worker with another revision.
fn later(text: &str) -> String {
    let mut text = text.to_string();
    for before in ["data-revision=\"", "const REVISION = \""] {
        if let Some(place) = text.find(before) {
            text.replace_range(place + before.len()..place + before.len() + 4, "next");
        }
    }
    text
}
