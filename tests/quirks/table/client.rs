//! Who keyfob is there, how it proves that, and how it came to be known.

use keyfob_base::secret::Secret;
use keyfob_sandbox::{AuthMethod, Options};

use super::row::{PLAIN, Row};
use crate::stage::{ENDPOINTS, Stage, same};

#[test]
fn client() {
    super::practise(&ROWS);
}

fn confidential(options: &mut Options, method: AuthMethod) {
    options.client_secret = Some(Secret::new(SECRET));
    options.quirks.client_auth = Some(method);
}

/// A secret with everything in it that an encoding may lose.
const SECRET: &str = "s/e+c r%t:ü";

const DOCUMENT: &str = "https://fob.example.com/client.json";

pub const ROWS: [Row; 10] = [
    Row {
        key: "client_id",
        without: "!client_id",
        fails: "keyfob is not registered at Practice",
        ..PLAIN
    },
    Row {
        key: "client_auth",
        with: "client_auth = \"none\"",
        without: "client_auth = \"basic_without_secret\"",
        fails: "invalid_client",
        ..PLAIN
    },
    Row {
        key: "client_auth",
        acts: |o| o.quirks.client_auth = Some(AuthMethod::BasicWithoutSecret),
        with: "client_auth = \"basic_without_secret\"",
        fails: "invalid_client",
        ..PLAIN
    },
    Row {
        key: "client_auth",
        acts: |o| confidential(o, AuthMethod::ClientSecretBasic),
        with: "client_auth = \"client_secret_basic\"",
        without: "client_auth = \"client_secret_post\"",
        fails: "invalid_client",
        ..PLAIN
    },
    Row {
        key: "client_auth",
        acts: |o| confidential(o, AuthMethod::ClientSecretPost),
        with: "client_auth = \"client_secret_post\"",
        fails: "invalid_client",
        ..PLAIN
    },
    Row {
        key: "client_secret_required", // says it before consent, and not after
        acts: |o| confidential(o, AuthMethod::ClientSecretPost),
        with: "client_secret_required = true",
        drill: |s| s.refused(&[], "needs `client_auth` to be `client_secret_post`"),
        fails: "the browser was opened",
        ..PLAIN
    },
    Row {
        key: "client_id_metadata_document_supported",
        acts: |o| o.known_documents = vec![DOCUMENT.into()],
        given: ENDPOINTS,
        with: "!client_id\nclient_id_metadata_document_supported = true",
        without: "!client_id",
        drill: |s| {
            s.refused(&[], "`keyfob provider metadata acme`")?;
            s.login(&["--client-id", DOCUMENT])?;
            s.run(&["refresh", "acme"]).map(drop)
        },
        fails: "keyfob login acme --client-id ID",
    },
    Row {
        key: "registration.dynamic",
        with: "!client_id\nregistration.dynamic = true",
        without: "!client_id",
        drill: ready,
        fails: "needs a client id",
        ..PLAIN
    },
    Row {
        key: "registration.page",
        given: ENDPOINTS,
        with: "!client_id\nregistration.page = \"{base}/clients\"",
        without: "!client_id",
        drill: |s| s.refused(&[], &format!("register a client at {}", s.url("/clients"))),
        fails: "register a client at Practice",
        ..PLAIN
    },
    Row {
        key: "registration.values",
        given: ENDPOINTS,
        with: "!client_id\nregistration.values = [\"Callback: {redirect_uri}\"]",
        without: "!client_id",
        drill: |s| s.refused(&[], "\n         Callback: http://127.0.0.1/callback/acme\n"),
        fails: "Redirect URI: http://127.0.0.1/callback/acme",
        ..PLAIN
    },
];

/// What `provider list` says of it.
fn ready(stage: &Stage) -> Result<(), String> {
    let list = stage.run(&["provider", "list"])?;
    let line = list.stdout.lines().find(|line| line.starts_with("acme"));
    let line = line.unwrap_or_default();
    same(&line.ends_with("ready"), &true).map_err(|_| line.to_owned())
}
