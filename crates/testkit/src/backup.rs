//! Backups: the keys of the tests, a backup made with them, and a restore.

use secrecy::ExposeSecret;

use crate::home::{Home, Run};

/// An age identity of a test's own, as `age-keygen` writes it, and its recipient.
pub struct Keys {
    /// The file's text.
    pub identity: String,
    /// What may be known.
    pub recipient: String,
}

impl Keys {
    /// New ones.
    pub fn generate() -> Self {
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public().to_string();
        let secret = identity.to_string();
        Self {
            identity: format!("# public key: {recipient}\n{}\n", secret.expose_secret()),
            recipient,
        }
    }
}

impl Home {
    /// Writes all accounts to a file of the home, encrypted to `keys`; the file.
    #[track_caller]
    pub fn backed_up(&self, keys: &Keys, more: &[&str]) -> String {
        let file = self.text_path("keyfob.age");
        let args = ["backup", &file, "--recipient", &keys.recipient];
        self.run(&[&args, more].concat()).ok();
        file
    }

    /// Restores from a file, with the identity of this home.
    pub fn restore(&self, file: &str, more: &[&str]) -> Run {
        let key = self.text_path("key.txt");
        self.run(&[&["restore", file, "--identity", &key], more].concat())
    }
}
