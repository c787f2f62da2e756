//! `keyfob sandbox serve`, the real program.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use keyfob_sandbox::{ACTS, Options};

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
async fn it_acts_as_told_and_says_where_everything_is() {
    let mut serving = Serving(serve(&[
        "--act",
        "errors-under-200",
        "--act",
        "verification-url",
        "--device-interval",
        "7s",
    ]));
    let mut issuer = String::new();
    let stdout = serving.0.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut issuer).unwrap();
    let client = Client::new(issuer.trim());
    let codes = client.device("read").await;
    assert_eq!(codes["interval"], 7);
    assert_eq!(codes["verification_url"], format!("{}/device", client.base));
    assert_eq!(
        refusal(client.exchange("x").await, 200).await,
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

#[test]
fn an_unknown_act_is_answered_with_the_nearest() {
    let output = serve(&["--act", "errors-under-20"])
        .wait_with_output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("'errors-under-200'"), "{said}");
}

#[test]
fn every_act_has_a_name_of_its_own_and_does_something() {
    let names: Vec<&str> = ACTS.iter().map(|act| act.name).collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    for act in &ACTS {
        let mut options = Options::default();
        (act.apply)(&mut options);
        assert_ne!(options, Options::default(), "{}", act.name);
        assert!(!act.help.ends_with('.'), "{}", act.help);
    }
}
