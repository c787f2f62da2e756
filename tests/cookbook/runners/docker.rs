//! `docker login` where docker is not installed: a script that reads what docker reads, asks the registry as
//! docker does, and keeps the password where docker keeps it.

use crate::machine::Machine;

const DOCKER: &str = r#"#!/bin/sh
set -e
[ "$*" = "login $2 --username $4 --password-stdin" ]
password=$(cat)
[ "$password" ]
basic=$(printf '%s:%s' "$4" "$password" | base64 -w 0)
printf 'header = "Authorization: Basic %s"\n' "$basic" | curl -fsS -K - "https://$2/token" >/dev/null
mkdir -p ~/.docker
printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$2" "$basic" > ~/.docker/config.json
echo Login Succeeded
"#;

/// Puts the script on the `PATH` where nothing else is called so.
pub fn install(machine: &Machine) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("docker").exists()) {
        machine.program("bin/docker", DOCKER);
    }
}
