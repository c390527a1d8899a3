//! What can be set on an app server, with the defaults of real ones. It may not know what is made of it.

use crate::components::parameter::Domain;
use crate::components::parts::size::Size;
use crate::components::parts::station::WhenFull;
use crate::components::protocol::region;
use crate::stdx::{Distribution, Duration};

crate::choice! {
    /// Where what a server knows of a user's session is kept.
    pub enum Sessions {
        None = "none", "None", "The application knows no sessions: every request says all.";
        Memory = "memory", "Server's memory", "In the process: gone with it, and unknown to the other clones.";
        Disk = "disk", "Server's disk", "A file on the clone (PHP as shipped): survives a restart, unknown to the other clones.";
        Central = "central", "Central store", "In a linked session store, cache, disk array or database that all clones ask.";
        Cookie = "cookie", "Signed cookie", "In the browser, signed so that it cannot be changed: no server keeps anything.";
    }
}

crate::choice! {
    /// What is looked for in the linked cache before the database is asked.
    pub enum CacheUse {
        None = "none", "Not used", "Every read asks the database.";
        Objects = "objects", "Objects", "A whole object under its own name: a write knows what to delete.";
        Queries = "queries", "Queries", "A query's result under the hash of its text: a write cannot find all the queries that show what it changed.";
    }
}

crate::choice! {
    /// What a write does to the cache.
    pub enum OnWrite {
        Nothing = "nothing", "Nothing", "The cached value stays until it expires.";
        Delete = "delete", "Delete", "The entry is deleted after the database has written (cache-aside).";
        WriteThrough = "write-through", "Write through", "The new value is stored in the cache after the database has written.";
        Leases = "leases", "Delete, with leases", "Deleted; and only who holds the lease of a miss may fill it, so no old value is stored after the delete (Nishtala et al., NSDI 2013).";
    }
}

crate::choice! {
    /// How a key's cache node is found.
    pub enum Spread {
        Modulo = "modulo", "Modulo", "The key's hash modulo the number of nodes: one more node moves n/(n+1) of the keys.";
        Consistent = "consistent", "Consistent hashing", "160 points per node on a ring (ketama): one more node moves 1/(n+1) of the keys.";
    }
}

crate::choice! {
    /// Which of several databases a read asks.
    pub enum Reads {
        Primary = "primary", "Primary only", "The database that takes the writes.";
        Any = "any", "Any", "All of them in turn.";
        Replicas = "replicas", "Replicas", "The copies in turn; the primary when there is none.";
        Sticky = "sticky", "One replica per session", "A session always asks the same copy: it never goes back in time.";
        Wait = "wait", "Replicas, waiting", "The copies in turn; one that is behind what the session has written or read waits until it has caught up.";
    }
}

crate::choice! {
    /// Which of several writable databases (masters) a write goes to.
    pub enum Masters {
        Session = "session", "By session", "A session always writes to the same master.";
        RoundRobin = "round-robin", "Round robin", "Each master in turn.";
    }
}

crate::choice! {
    /// In which order the clones get new code.
    pub enum Deploy {
        AllAtOnce = "all-at-once", "All at once", "Every clone stops and starts at the same time.";
        Rolling = "rolling", "Rolling", "One clone after the other.";
        ForgotOne = "forgot-one", "Forgot one", "All at once, but the last clone keeps the old code.";
    }
}

crate::choice! {
    /// How new code is carried to the server.
    pub enum Upload {
        Sftp = "sftp", "SFTP", "Encrypted: nobody on the way reads the password.";
        Ftp = "ftp", "FTP", "Password and files travel in clear: who watches the line has both.";
    }
}

crate::choice! {
    /// Whose machine it is.
    pub enum Host {
        Shared = "shared", "Shared hosting", "Many customers on one machine: neighbours take a share of it when they like. A third of the price.";
        Vps = "vps", "Virtual private server", "A part of a machine with a guaranteed share.";
        Own = "own", "Own machine", "All of it is yours: half as fast again as a virtual one of the size, at three times the price.";
    }
}

crate::choice! {
    /// In which way the workers work.
    pub enum Discipline {
        Workers = "workers", "One by one", "Each worker has one request, and the others wait in the order of coming.";
        Sharing = "sharing", "Processor sharing", "The workers are processor cores: all requests are in work at once, up to the waiting line's end, and share them equally.";
    }
}

/// "0s" among the service times per kind: as reads.
pub const AS_READS: Distribution = Distribution::Fixed(Duration::ZERO);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// "SSD random read, 150 µs": the latency numbers of Dean and Norvig.
const DISK: Distribution = Distribution::Fixed(Duration::from_micros(150));
const SERVICE: Distribution = Distribution::Exponential(Duration::from_millis(12));

crate::parameters! {
    /// What can be set on an app server.
    pub struct Settings {
        clones: u32 = 1, Domain::Count { least: 1, most: 64, unit: "clones" }, Basic, "Clones", "Equal machines behind one card.";
        workers: u32 = 5, Domain::Count { least: 1, most: 1024, unit: "workers" }, Basic, "Workers", "Requests served at the same time; each keeps its worker until it is answered. 5 is PHP-FPM's pm.max_children.";
        service: Distribution = SERVICE, Domain::Times { most: HOUR }, Basic, "Service time", "The work of the server itself on a read, without what it waits for.";
        sessions: Sessions = Sessions::None, Domain::Choice(Sessions::WORDS), Basic, "Sessions", "Where sessions and their carts are kept.";
        cache_use: CacheUse = CacheUse::None, Domain::Choice(CacheUse::WORDS), Basic, "Cache use", "What is looked for in the linked cache.";
        cache_ttl: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: DAY }, Basic, "Time to live", "Of what it stores in the cache; 0s leaves it to the cache.";
        on_write: OnWrite = OnWrite::Delete, Domain::Choice(OnWrite::WORDS), Basic, "On a write", "What a write does to the cache.";
        reads: Reads = Reads::Primary, Domain::Choice(Reads::WORDS), Basic, "Reads go to", "Where there are several databases.";
        timeout: Duration = Duration::from_secs(1), Domain::Time { least: Duration::from_millis(1), most: HOUR }, Basic, "Time-out", "For a database's answer, and a session store's. 1 s is Hystrix' default; PHP itself waits 60 s.";
        retries: u32 = 0, Domain::Count { least: 0, most: 20, unit: "retries" }, Basic, "Retries", "Of a call that failed, each after a backoff. Reads, and writes that certainly did not happen.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "A larger machine works faster; its price grows faster than its speed.";
        host: Host = Host::Vps, Domain::Choice(Host::WORDS), Basic, "Host", "Whose machine it is.";

        room: u32 = 511, Domain::Count { least: 0, most: 1_000_000, unit: "requests" }, Advanced, "Waiting line", "Requests that may wait for a worker. 511 is PHP-FPM's listen.backlog.";
        when_full: WhenFull = WhenFull::Reject, Domain::Choice(WhenFull::WORDS), Advanced, "When the line is full", "What happens to a request that finds it full.";
        discipline: Discipline = Discipline::Workers, Domain::Choice(Discipline::WORDS), Advanced, "Discipline", "How the workers share the requests.";
        patience: Distribution = AS_READS, Domain::Times { most: DAY }, Advanced, "Patience", "Who has waited for a worker so long leaves, unserved (HAProxy's queue time-out; callers who hang up); 0s: nobody.";
        errors: f64 = 0.0, Domain::Share, Advanced, "Errors", "Share of requests that end in an error of the server's own, each by chance.";
        contention: f64 = 0.0, Domain::Number { least: 0.0, most: 1.0, unit: "" }, Advanced, "Contention", "Share of the work that only one worker at a time can do: it takes longer by this for each other worker that is busy (Gunther's α; Amdahl).";
        coherency: f64 = 0.0, Domain::Number { least: 0.0, most: 1.0, unit: "" }, Advanced, "Coherency", "It also takes longer by this for each pair of busy workers, which must keep what they share alike (Gunther's β).";
        write_service: Distribution = AS_READS, Domain::Times { most: HOUR }, Advanced, "Service of writes", "And of updates; 0s: as reads.";
        page_service: Distribution = AS_READS, Domain::Times { most: HOUR }, Advanced, "Service of pages", "Of pages and pictures that are the same for everybody; 0s: as reads.";
        login_service: Distribution = AS_READS, Domain::Times { most: HOUR }, Advanced, "Service of logins", "Hashing a password takes 50 ms and more (PHP's bcrypt at cost 10); 0s: as reads.";
        job_service: Distribution = AS_READS, Domain::Times { most: HOUR }, Advanced, "Service of jobs", "Work that the user waits for when nobody else does it; 0s: as reads.";
        opcode_cache: bool = true, Domain::Flag, Advanced, "Opcode cache", "Keeps compiled code (PHP's OPcache, on as shipped).";
        compile: f64 = 3.0, Domain::Number { least: 1.0, most: 100.0, unit: "×" }, Advanced, "Without it", "Service time when every request compiles anew. PHP applications take about three times as long.";

        session_store: String = String::new(), Domain::Text { most: 40 }, Advanced, "Session store", "The linked card that keeps central sessions; empty: a session store, else the caches, else a disk array, else the database.";
        session_copies: u32 = 1, Domain::Count { least: 1, most: 8, unit: "copies" }, Advanced, "Copies of a session", "On so many nodes of a session store or cache each session is written, and the next is asked when one is gone or does not know it (one more than PHP's memcached.sess_number_of_replicas).";
        session_ttl: Duration = Duration::from_secs(1440), Domain::Time { least: Duration::from_millis(1), most: DAY }, Advanced, "Session lifetime", "Of a session in memory or on disk that is not used. 24 minutes is PHP's session.gc_maxlifetime.";
        file_cache: bool = false, Domain::Flag, Advanced, "File cache", "Results kept in files on the clone's own disk: the clones disagree.";
        file_ttl: Duration = Duration::from_secs(60), Domain::Time { least: Duration::from_millis(1), most: DAY }, Advanced, "Files live", "How long a cached file is used.";
        file_entries: u32 = 10_000, Domain::Count { least: 1, most: 10_000_000, unit: "files" }, Advanced, "Files", "How many are kept; the longest unused leaves.";
        disk: Distribution = DISK, Domain::Times { most: Duration::from_secs(10) }, Advanced, "Disk access", "Reading a file. 150 µs: a random read of an SSD.";
        queries: u32 = 4, Domain::Count { least: 1, most: 1000, unit: "queries" }, Advanced, "Queries per object", "Different queries whose results show an object; a write knows only one of them.";
        coalescing: bool = false, Domain::Flag, Advanced, "Coalescing", "Requests of this clone for the same thing wait for the one that is fetching it already.";
        spread: Spread = Spread::Consistent, Domain::Choice(Spread::WORDS), Advanced, "Cache nodes", "How a key's node is found.";
        cache_timeout: Duration = Duration::from_millis(500), Domain::Time { least: Duration::from_millis(1), most: HOUR }, Advanced, "Cache time-out", "Then the database is asked. 500 ms is gomemcache's default.";
        lease_wait: Duration = Duration::from_millis(10), Domain::Time { least: Duration::from_millis(1), most: Duration::from_secs(10) }, Advanced, "Lease wait", "Before a look-up that another is filling is repeated: “a small amount of time” (NSDI 2013).";
        joins: u32 = 0, Domain::Count { least: 0, most: 100, unit: "joins" }, Advanced, "Joins here", "Further rows that a read fetches one by one to join them in the application.";

        fan_out: u32 = 1, Domain::Count { least: 1, most: 1000, unit: "rows" }, Advanced, "Fan-out", "Rows that a read asks the databases for at once, each the next; it waits for the last of them, as a search over many index servers does.";

        masters: Masters = Masters::Session, Domain::Choice(Masters::WORDS), Advanced, "Writes go to", "Where several databases take writes.";
        probe: Duration = Duration::from_secs(1), Domain::Time { least: Duration::from_millis(10), most: HOUR }, Advanced, "Probe", "How often several databases are asked which of them takes writes. 1 s is ProxySQL's read-only check.";
        pool: u32 = 0, Domain::Count { least: 0, most: 10_000, unit: "connections" }, Advanced, "Connection pool", "Connections to each machine it calls; 0: one per worker, as PHP has. HikariCP has 10.";
        pool_wait: Duration = Duration::from_secs(30), Domain::Time { least: Duration::from_millis(1), most: HOUR }, Advanced, "Pool wait", "For a free connection. 30 s is HikariCP's connectionTimeout.";
        retry_writes: bool = false, Domain::Flag, Advanced, "Retry unknown writes", "Also repeats a write of which nobody knows whether it happened: it may happen twice.";
        backoff: Duration = Duration::from_millis(100), Domain::Time { least: Duration::ZERO, most: HOUR }, Advanced, "Backoff", "Before the first retry at most; doubles each time up to 20 s, drawn at random (full jitter, AWS).";
        breaker: bool = false, Domain::Flag, Advanced, "Circuit breaker", "Stops calling a machine that mostly fails.";
        breaker_requests: u32 = 20, Domain::Count { least: 1, most: 1_000_000, unit: "calls" }, Advanced, "Breaker: calls", "In the last 10 s before it judges (Hystrix: 20).";
        breaker_share: f64 = 0.5, Domain::Share, Advanced, "Breaker: failures", "The share of them that opens it (Hystrix: 50%).";
        breaker_open: Duration = Duration::from_secs(5), Domain::Time { least: Duration::from_millis(1), most: HOUR }, Advanced, "Breaker: open for", "Then one call is let through to try (Hystrix: 5 s).";

        deploy: Deploy = Deploy::AllAtOnce, Domain::Choice(Deploy::WORDS), Advanced, "Deployment", "In which order the clones get new code.";
        deploy_time: Duration = Duration::from_secs(5), Domain::Time { least: Duration::ZERO, most: HOUR }, Advanced, "Deployment takes", "A clone that gets new code refuses requests for so long; then, if rolling, the next one begins.";
        upload: Upload = Upload::Sftp, Domain::Choice(Upload::WORDS), Advanced, "Upload", "How new code is carried to the server.";
        noise: f64 = 0.5, Domain::Share, Advanced, "Neighbours take", "The most that neighbours on a shared host take, for 3 s on average after 10 s of quiet.";
        blocked_in: String = String::new(), Domain::Text { most: 200 }, Advanced, "Blocked in", "Regions (or zones) of users in which the host's address is blocked, parted by spaces.";
    }
}

/// Dollars an hour for size S: a t3.medium of Amazon EC2, on demand in us-east-1.
const PRICE: f64 = 0.0416;

impl Settings {
    pub fn price_per_hour(&self) -> f64 {
        let host = match self.host {
            Host::Shared => 1.0 / 3.0,
            Host::Vps => 1.0,
            Host::Own => 3.0,
        };
        PRICE * self.size.price() * host
    }

    /// Service times are multiplied by this, neighbours apart.
    pub fn effort(&self) -> f64 {
        let host = if self.host == Host::Own { 1.5 } else { 1.0 };
        let compile = if self.opcode_cache { 1.0 } else { self.compile };
        compile / (self.size.speed() * host)
    }

    /// How much longer the work takes with so many workers busy: the universal scalability law (Gunther 2007).
    pub fn crowding(&self, busy: u32) -> f64 {
        let others = busy.saturating_sub(1) as f64;
        1.0 + self.contention * others + self.coherency * others * busy as f64
    }

    /// Requests that can be in work, and that can wait: on shared processors nobody waits.
    pub fn places(&self) -> (u32, u32) {
        match self.discipline {
            Discipline::Workers => (self.workers, self.room),
            Discipline::Sharing => (self.workers + self.room, 0),
        }
    }

    /// The numbers of the regions in which it is blocked.
    pub fn blocked(&self) -> Vec<u32> {
        self.blocked_in.split_whitespace().map(region).collect()
    }
}
