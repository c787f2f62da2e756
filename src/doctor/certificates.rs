//! Whom TLS trusts: the system, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name in its place, and `ca_file`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Finding;
use crate::config::Config;
use crate::oauth::{Http, HttpOptions, count_certificates};
use keyfob_base::files;

const CHECK: &str = "certificates";

/// Larger than any bundle.
const LIMIT: u64 = 16 * 1024 * 1024;

/// Whether the variables are looked at here: elsewhere the system's own verifier is asked.
const VARIABLES_COUNT: bool = cfg!(all(unix, not(target_os = "macos")));

/// Reads what is named.
pub fn certificates(config: &Config) -> Vec<Finding> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|_| VARIABLES_COUNT)
            .map(PathBuf::from)
    };
    let (file, folder) = (variable("SSL_CERT_FILE"), variable("SSL_CERT_DIR"));
    let mut trusted = Vec::new();
    let mut findings = Vec::new();
    if let Some(file) = &file {
        match count(file) {
            Ok(count) => trusted.push(format!("{} of SSL_CERT_FILE", certificates_of(count))),
            Err(what) => findings.push(Finding::fail(
                CHECK,
                format!("SSL_CERT_FILE names {what}, so no provider is trusted"),
                "set SSL_CERT_FILE to a file of certificates in PEM, or unset it",
            )),
        }
    }
    if let Some(folders) = &folder {
        let missing = std::env::split_paths(folders)
            .filter(|folder| !folder.is_dir())
            .count();
        if missing > 0 {
            findings.push(Finding::warn(
                CHECK,
                "SSL_CERT_DIR names what is no folder",
                "set SSL_CERT_DIR to folders of certificates, or unset it",
            ));
        }
        trusted.push("those in SSL_CERT_DIR".into());
    }
    if file.is_none() && folder.is_none() {
        trusted.push("the system's".into());
    }
    if let Some(file) = &config.ca_file {
        match ca_file(file) {
            Ok(count) => trusted.push(format!("{} of {}", certificates_of(count), file.display())),
            Err(what) => findings.push(Finding::fail(
                CHECK,
                format!(
                    "`ca_file` {} {what}, and whatever needs the network fails",
                    file.display()
                ),
                "mend `ca_file` in config.toml, or remove that line",
            )),
        }
    }
    if findings.is_empty() {
        findings.push(Finding::pass(
            CHECK,
            format!("{} are trusted", trusted.join(", and ")),
        ));
    }
    findings
}

fn certificates_of(count: usize) -> String {
    match count {
        1 => "1 certificate".into(),
        count => format!("{count} certificates"),
    }
}

/// What is wrong goes on after "names".
fn count(file: &Path) -> Result<usize, String> {
    match files::read(file, LIMIT) {
        Ok(None) => Err("no file that is there".into()),
        Ok(Some(pem)) => match count_certificates(&pem) {
            0 => Err("a file that holds no certificate in PEM".into()),
            count => Ok(count),
        },
        Err(error) => Err(format!("a file that cannot be read: {error}")),
    }
}

/// What is wrong goes on after the file's name.
fn ca_file(file: &Path) -> Result<usize, String> {
    let pem = match files::read(file, LIMIT) {
        Ok(None) => return Err("is not there".into()),
        Ok(Some(pem)) => pem,
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    let count = count_certificates(&pem);
    let options = HttpOptions {
        ca_pem: Some(pem),
        trace: Arc::new(|_| {}),
    };
    match Http::new(options) {
        Ok(_) => Ok(count),
        Err(_) if count == 0 => Err("holds no certificate in PEM".into()),
        Err(_) => Err("holds a broken certificate".into()),
    }
}
