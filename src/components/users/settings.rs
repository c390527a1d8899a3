//! What can be set on users. It may not know how it is carried out.

use crate::components::parameter::Domain;
use crate::stdx::{Distribution, Duration};

crate::choice! {
    /// When the next request comes.
    pub enum Load {
        Poisson = "poisson", "Poisson", "Open loop: visitors come independently of each other, so many a second on average, however slow the servers are.";
        Constant = "constant", "Constant", "Open loop: a visitor at even intervals.";
        Closed = "closed", "Closed loop", "Each user waits for the answer, thinks, and asks again: a slow server is asked less.";
        Log = "log", "Access log", "What a web server's access log says, at the instants it says.";
    }
}

crate::choice! {
    /// How the load changes with time.
    pub enum Shape {
        Flat = "flat", "Flat", "The same all the time.";
        Step = "step", "Step", "From an instant on so many times as much.";
        Spike = "spike", "Spike", "So many times as much for a while.";
        Wave = "wave", "Daily wave", "Up and down once a day; the peak is so many times the trough, the mean is the rate.";
    }
}

const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

crate::parameters! {
    /// What can be set.
    pub struct Settings {
        load: Load = Load::Poisson, Domain::Choice(Load::WORDS), Basic, "Load", "Whether requests come by themselves, each after a pause, or from a log.";
        rate: f64 = 100.0, Domain::Rate { least: 0.0, most: 1e6 }, Basic, "Rate", "Requests a second of the open loop, on average.";
        population: u32 = 100, Domain::Count { least: 1, most: super::SESSIONS as u64, unit: "users" }, Basic, "Users", "Sessions there are at first. In the open loop more join when all are waiting.";
        think: Distribution = Distribution::Exponential(SECOND), Domain::Times { most: DAY }, Basic, "Think time", "Pause of a user of the closed loop before each request.";
        reads: f64 = 0.9, Domain::Share, Basic, "Reads", "Share of reads among the reads and writes of keys. 95% is YCSB's read-mostly workload B, 50% its workload A.";
        updates: f64 = 0.0, Domain::Share, Advanced, "Updates", "Share of the writes that read first and write what follows from it (YCSB's workload F).";
        inserts: f64 = 0.0, Domain::Share, Advanced, "Inserts", "Share of the writes that add a row, to which the database gives the next number.";
        pages: f64 = 0.0, Domain::Share, Advanced, "Pages", "Share of all requests that ask for a page or picture that is the same for everybody.";
        jobs: f64 = 0.0, Domain::Share, Advanced, "Jobs", "Share of all requests that order work for later.";
        poll: Duration = SECOND, Domain::Time { least: Duration::ZERO, most: DAY }, Advanced, "Asks after jobs", "Who is told that a job is in work asks after so long whether it is done, then each time after half as long again, up to 20 s and for 15 minutes (Google's API clients: 1 s at first); 0s: never.";
        logins: f64 = 0.0, Domain::Share, Advanced, "Logins", "Share of all requests that log in again, beside the first of each session.";
        keys: u32 = 1000, Domain::Count { least: 1, most: 1_000_000, unit: "keys" }, Basic, "Keys", "Different keys that are asked for.";
        zipf: f64 = 0.99, Domain::Number { least: 0.0, most: 3.0, unit: "" }, Basic, "Skew", "Zipf exponent of the keys' popularity: 0 is uniform, 0.99 is YCSB's, web pages have 0.6 to 0.9 (Breslau 1999).";
        own_keys: bool = false, Domain::Flag, Advanced, "Own keys", "Each session reads and writes one key of its own (its cart), and no other.";
        alternate: bool = false, Domain::Flag, Advanced, "Write, then read", "Each session writes a key and then reads it, in turn, whatever the share of reads is.";
        timeout: Duration = Duration::from_secs(10), Domain::Time { least: Duration::from_millis(1), most: DAY }, Basic, "Patience", "Time after which an attempt is given up. Attention is lost after 10 s (Nielsen 1993).";
        retries: u32 = 0, Domain::Count { least: 0, most: 20, unit: "retries" }, Basic, "Retries", "How often a failed request is tried again. Browsers do not; the AWS SDKs do twice.";
        backoff: Duration = SECOND, Domain::Time { least: Duration::ZERO, most: DAY }, Advanced, "Back-off", "The pause before a retry is drawn from 0 to this, doubled with each retry (full jitter; AWS SDKs: 1 s).";
        backoff_most: Duration = Duration::from_secs(20), Domain::Time { least: Duration::ZERO, most: DAY }, Advanced, "Longest back-off", "The doubling ends here (AWS SDKs: 20 s).";
        retry_budget: f64 = 0.0, Domain::Number { least: 0.0, most: 10.0, unit: "" }, Advanced, "Retry budget", "Retries allowed per request on average, and 10 a second besides (Finagle, Linkerd: 0.2); 0 sets no limit.";
        session_length: u32 = 0, Domain::Count { least: 0, most: 1_000_000, unit: "requests" }, Advanced, "Session length", "Requests after which a user logs out and another comes, on average; 0: they stay.";
        login: bool = true, Domain::Flag, Advanced, "Log in", "Each session begins with a login, and logs in again when it is told that it is logged out.";
        cookies: bool = true, Domain::Flag, Advanced, "Cookies", "Off: the browser sends no cookies back, and every request comes from a stranger.";
        region: String = String::new(), Domain::Text { most: 40 }, Advanced, "Region", "Where these users are, for who serves the nearest or blocks a region; empty: the zone that they stand in.";
        shape: Shape = Shape::Flat, Domain::Choice(Shape::WORDS), Advanced, "Shape", "How the load changes with time.";
        shape_factor: f64 = 3.0, Domain::Number { least: 0.0, most: 1000.0, unit: "×" }, Advanced, "Shape's factor", "Load of a step or spike over that before it; of a wave, peak over trough.";
        shape_at: Duration = Duration::from_secs(30), Domain::Time { least: Duration::ZERO, most: DAY }, Advanced, "Shape's begin", "When the step or the spike comes.";
        shape_length: Duration = Duration::from_secs(10), Domain::Time { least: Duration::from_millis(1), most: DAY }, Advanced, "Shape's length", "How long a spike lasts, and how long a wave's day is.";
        log: String = String::new(), Domain::Text { most: 200 }, Advanced, "Log", "Name of an access log in Common or Combined Log Format (Apache, nginx).";
        log_speed: f64 = 1.0, Domain::Number { least: 0.001, most: 10_000.0, unit: "×" }, Advanced, "Log's speed", "The log is replayed so many times as fast as it was written.";
    }
}

impl Settings {
    /// Users cost nothing.
    pub fn price_per_hour(&self) -> f64 {
        0.0
    }
}
