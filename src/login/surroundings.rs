//! Where a login runs: which browser could be opened from here, and why none, if none.

/// What was recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// This is an SSH session.
    pub ssh: bool,
    /// A container, by what made it known: `docker`, `podman`, …
    pub container: Option<String>,
    /// Windows Subsystem for Linux.
    pub wsl: bool,
    /// A continuous-integration job, by its variable.
    pub ci: Option<String>,
    /// A graphical display is there.
    pub display: bool,
}

impl Surroundings {
    /// Looks at the environment and the few files that tell a container and WSL.
    pub fn detect() -> Self {
        todo!()
    }
}
