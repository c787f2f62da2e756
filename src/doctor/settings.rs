//! `KEYFOB_HOME` and `config.toml`, without which the rest is looked at in the usual places or not at all.

use std::path::Path;

use super::{Finding, Status, Topic};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::paths::Paths;

const CHECK: Topic = Topic("settings");

pub(crate) fn settings(paths: &Paths, config: &Result<Config>) -> Finding {
    let file = paths.config_file();
    let file = file.display();
    match config {
        Ok(config) => CHECK.pass(said(&file, config)),
        Err(error) => CHECK
            .report(Status::Fail, error)
            .append("every command fails, and what follows is seen with the defaults"),
    }
}

fn said(file: &dyn std::fmt::Display, config: &Config) -> String {
    let path = |name: &str, path: &Option<std::path::PathBuf>| {
        let path = path.as_ref()?;
        Some(format!("{name} = {}", path.display()))
    };
    let settings: Vec<String> = [
        config.store.map(|store| format!("store = {store}")),
        path("ca_file", &config.ca_file),
        path("state_dir", &config.state_dir),
        (!config.audit_log).then(|| "audit_log = false".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if settings.is_empty() {
        return format!("the defaults: {file} says nothing else");
    }
    format!("{file}: {}", settings.join(", "))
}

/// There are no folders to look into. What `KEYFOB_HOME` holds is only shown where it can be a path.
pub(crate) fn homeless(error: &Error) -> Finding {
    let home = std::env::var_os("KEYFOB_HOME").unwrap_or_default();
    let mut found = CHECK.report(Status::Fail, error);
    if !home.is_empty() && !Path::new(&home).is_absolute() {
        found.message = "KEYFOB_HOME is no absolute path".into();
    }
    found.append("every command fails, and accounts, stores and providers were not looked at")
}
