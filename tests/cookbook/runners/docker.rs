//! `docker login` without docker: a script that reads what docker reads, asks the registry as
//! docker does, and keeps the password where docker keeps it.

use crate::machine::Machine;

const DOCKER: &str = r#"#!/bin/sh
set -e
[ "$*" = "login $2 --username $4 --password-stdin" ]
password=$(cat)
[ "$password" ]
basic=$(printf '%s:%s' "$4" "$password" | base64 -w 0)
printf 'Authorization: Basic %s\n' "$basic" | curl -fsS -H @- "https://$2/token" >/dev/null
mkdir -p ~/.docker
printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$2" "$basic" > ~/.docker/config.json
echo Login Succeeded
"#;

/// Puts the script on the machine's `PATH`, before any other docker.
pub fn install(machine: &Machine) {
    machine.program("bin/docker", DOCKER);
}
