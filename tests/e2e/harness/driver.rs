//! The process that drives the browser: chromedriver on a free port, ended with the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// How often it may fail to find a port, and the browser to start, before the test fails.
pub const ATTEMPTS: usize = 5;

pub struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// `CHROMEDRIVER` says which; else the one on the `PATH`. It asks for a free port of IPv4 and then for the same one of
    /// IPv6; when another process was given that one in between, it ends, and is started again.
    pub fn start() -> Driver {
        let program = std::env::var("CHROMEDRIVER").unwrap_or("chromedriver".into());
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            match Driver::attempt(&program) {
                Ok(driver) => return driver,
                Err(last_words) => said = last_words,
            }
        }
        panic!("{program} ended {ATTEMPTS} times without telling its port:\n{said}");
    }

    /// What it said when it ended without a port.
    fn attempt(program: &str) -> Result<Driver, String> {
        let mut process = Command::new(program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}; `make test` installs what is missing"));
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut said = String::new();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            said += &line;
            said.push('\n');
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        let Some(port) = port else {
            let _ = process.kill();
            let _ = process.wait();
            return Err(said);
        };
        // A full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Driver { process, port })
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
