//! `keyfob sandbox serve`, the real program.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use keyfob_testkit::client::{Client, json, refusal};

/// The program, ended with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(arguments: &[&str]) -> Child {
    Command::new(keyfob_testkit::program::keyfob())
        .args(["sandbox", "serve"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn it_serves_as_told_and_says_where_everything_is() {
    let mut serving = Serving(serve(&["--device-interval", "7s"]));
    let mut issuer = String::new();
    let stdout = serving.0.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut issuer).unwrap();
    let client = Client::new(issuer.trim());
    let codes = client.device("read").await;
    assert_eq!(codes["interval"], 7);
    assert_eq!(codes["verification_uri"], format!("{}/device", client.base));
    assert_eq!(
        refusal(client.exchange("x").await, 400).await,
        "invalid_grant"
    );

    let path = "/.well-known/openid-configuration";
    let metadata = json(client.get(path, &[]).await, 200).await;
    serving.0.kill().unwrap();
    let mut said = String::new();
    let mut stderr = serving.0.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    for (name, endpoint) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let line = |line: &str| {
                line.split_whitespace()
                    .eq([name, endpoint.as_str().unwrap()])
            };
            assert!(said.lines().any(line), "{name}: {said}");
        }
    }
}
