//! Where a login runs: which browser could be opened from here, and why none, if none.

use crate::config::says_yes;

const CI_PRODUCTS: [&str; 10] = [
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BUILDKITE",
    "CIRCLECI",
    "TRAVIS",
    "JENKINS_URL",
    "TF_BUILD",
    "TEAMCITY_VERSION",
    "BITBUCKET_BUILD_NUMBER",
    "DRONE",
];

/// What engines leave in a process's cgroup, where that is not hidden from it, and whose it is.
const CGROUPS: [(&str, &str); 5] = [
    ("kubepods", "kubernetes"),
    ("docker", "docker"),
    ("libpod", "podman"),
    ("containerd", "containerd"),
    ("/lxc", "lxc"),
];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    pub ssh: bool,
    /// By what made it known: `docker`, `podman`, …
    pub container: Option<String>,
    pub wsl: bool,
    /// A continuous-integration job's variable.
    pub ci: Option<String>,
    pub display: bool,
}

impl Surroundings {
    pub(crate) fn detect() -> Self {
        Self::detect_in(
            |name| std::env::var(name).ok(),
            |file| {
                let bytes = std::fs::read(file).ok()?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            },
        )
    }

    fn detect_in(
        variable: impl Fn(&str) -> Option<String>,
        file: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let any = |names: &[&str]| names.iter().any(|name| variable(name).is_some());
        let container = container(&variable, &file);
        let microsoft = || {
            let kernel = file("/proc/version").unwrap_or_default();
            kernel.to_ascii_lowercase().contains("microsoft")
        };
        Self {
            ssh: any(&["SSH_CONNECTION", "SSH_TTY"]),
            // A container on a Windows machine has WSL's kernel and no way to Windows.
            wsl: any(&["WSL_DISTRO_NAME", "WSL_INTEROP"]) || container.is_none() && microsoft(),
            container,
            ci: ci(&variable),
            display: cfg!(any(windows, target_os = "macos"))
                || any(&["DISPLAY", "WAYLAND_DISPLAY"]),
        }
    }

    /// Why the system's browser is not opened here, in a few words; none where it is.
    pub(crate) fn obstacle(&self) -> Option<String> {
        if let Some(variable) = &self.ci {
            return Some(format!("this is a CI job (`{variable}` is set)"));
        }
        if self.ssh {
            return Some("this is an SSH session".into());
        }
        if self.display || self.wsl {
            return None;
        }
        Some(match self.container.as_deref() {
            Some("kubernetes") => "this is a Kubernetes pod without a display".into(),
            Some(engine) => format!(
                "this is {} {engine} container without a display",
                article(engine)
            ),
            None => "there is no display".into(),
        })
    }
}

fn article(name: &str) -> &'static str {
    if name.starts_with(['a', 'e', 'i', 'o', 'u']) || name.starts_with("lxc") {
        "an"
    } else {
        "a"
    }
}

/// The engine whose container this is. What it says itself comes before what can be guessed.
fn container(
    variable: &impl Fn(&str) -> Option<String>,
    file: &impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let engine = if variable("KUBERNETES_SERVICE_HOST").is_some() {
        "kubernetes"
    } else if let Some(engine) = variable("container") {
        // systemd's convention, which podman and lxc follow
        return Some(if is_engine(&engine) {
            engine
        } else {
            "unknown".into()
        });
    } else if file("/.dockerenv").is_some() {
        "docker"
    } else if file("/run/.containerenv").is_some() {
        "podman"
    } else {
        let groups = file("/proc/1/cgroup").unwrap_or_default();
        let known = CGROUPS.iter().find(|(mark, _)| groups.contains(mark));
        known?.1
    };
    Some(engine.into())
}

fn is_engine(value: &str) -> bool {
    value.len() <= 32
        && value
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `CI` decides, as it does for `--no-input`; a product's own variable says more.
fn ci(variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    variable("CI").filter(|value| says_yes(value.as_ref()))?;
    let product = CI_PRODUCTS.iter().find(|name| variable(name).is_some());
    Some((*product.unwrap_or(&"CI")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variables and files, the latter by their leading slash.
    fn detect(things: &[(&str, &str)]) -> Surroundings {
        let find = |wanted: &str| {
            let thing = things.iter().find(|(name, _)| *name == wanted);
            thing.map(|(_, value)| (*value).to_owned())
        };
        Surroundings::detect_in(find, find)
    }

    #[test]
    fn a_place_is_known_by_its_marks() {
        let ssh = ["SSH_CONNECTION", "SSH_TTY"];
        assert!(ssh.iter().all(|name| detect(&[(name, "x")]).ssh));
        assert!(!detect(&[("SSH_CONNECTION", ""), ("SSH_AUTH_SOCK", "x")]).ssh);

        for (thing, container) in [
            (("/.dockerenv", ""), "docker"),
            (("/run/.containerenv", ""), "podman"),
            (("container", "systemd-nspawn"), "systemd-nspawn"),
            (("container", "A-TOKEN"), "unknown"),
            (("KUBERNETES_SERVICE_HOST", "10.0.0.1"), "kubernetes"),
            (
                ("/proc/1/cgroup", "0::/system.slice/docker-12ab.scope"),
                "docker",
            ),
            (
                ("/proc/1/cgroup", "1:cpu:/kubepods/burstable/x"),
                "kubernetes",
            ),
            (("/proc/1/cgroup", "1:cpu:/lxc.payload.web"), "lxc"),
        ] {
            assert_eq!(detect(&[thing]).container.as_deref(), Some(container));
        }
        assert_eq!(
            detect(&[("/proc/1/cgroup", "0::/init.scope")]).container,
            None
        );

        assert!(detect(&[("WSL_DISTRO_NAME", "Debian")]).wsl);
        assert!(detect(&[("WSL_INTEROP", "/run/WSL/8_interop")]).wsl);
        let kernel = (
            "/proc/version",
            "Linux version 5.15.90.1-Microsoft-standard-WSL2",
        );
        assert!(detect(&[kernel]).wsl);
        assert!(!detect(&[kernel, ("/.dockerenv", "")]).wsl);
        assert!(!detect(&[("/proc/version", "Linux version 6.1.0-debian")]).wsl);
    }

    #[test]
    fn a_ci_job_is_known_by_its_product() {
        for (things, ci) in [
            (&[("CI", "true")][..], Some("CI")),
            (&[("CI", "1"), ("GITLAB_CI", "true")], Some("GITLAB_CI")),
            (&[("CI", "woodpecker")], Some("CI")),
            (&[("CI", "")], None),
            (&[("CI", "false"), ("GITHUB_ACTIONS", "true")], None),
            (&[("GITHUB_ACTIONS", "true")], None),
        ] {
            assert_eq!(detect(things).ci.as_deref(), ci, "{things:?}");
        }
    }

    #[cfg(not(any(windows, target_os = "macos")))]
    #[test]
    fn what_stands_in_the_way_of_a_browser_is_said() {
        let (ssh, display) = (("SSH_TTY", "/dev/pts/0"), ("DISPLAY", ":0"));
        let (docker, wsl) = (("/.dockerenv", ""), ("WSL_DISTRO_NAME", "Debian"));
        for (things, why) in [
            (&[][..], "there is no display"),
            (&[("DISPLAY", "")], "there is no display"),
            (&[display], ""),
            (&[("WAYLAND_DISPLAY", "wayland-0")], ""),
            (&[wsl], ""),
            (&[docker, display], ""),
            (&[docker], "this is a docker container without a display"),
            (
                &[("container", "lxc")],
                "this is an lxc container without a display",
            ),
            (
                &[("container", "oci")],
                "this is an oci container without a display",
            ),
            (
                &[("KUBERNETES_SERVICE_HOST", "x")],
                "this is a Kubernetes pod without a display",
            ),
            (&[ssh], "this is an SSH session"),
            (&[ssh, display], "this is an SSH session"),
            (&[ssh, wsl], "this is an SSH session"),
            (
                &[ssh, ("TMUX", "/tmp/tmux-0/default,1,0")],
                "this is an SSH session",
            ),
            (&[("CI", "true"), display], "this is a CI job (`CI` is set)"),
        ] {
            let found = detect(things).obstacle().unwrap_or_default();
            assert_eq!(found, why, "{things:?}");
        }
    }
}
