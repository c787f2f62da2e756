//! The built-in rows: one TOML file each, compiled in and parsed only when asked for.

/// Name and text of every row, sorted by name. The sandbox's is there with its feature alone.
const ROWS: &[(&str, &str)] = &[
    ("atlassian", include_str!("atlassian.toml")),
    ("auth0", include_str!("auth0.toml")),
    ("bitbucket", include_str!("bitbucket.toml")),
    ("claude", include_str!("claude.toml")),
    ("codeberg", include_str!("codeberg.toml")),
    ("codex", include_str!("codex.toml")),
    ("discord", include_str!("discord.toml")),
    ("dropbox", include_str!("dropbox.toml")),
    ("frameio", include_str!("frameio.toml")),
    ("gitea", include_str!("gitea.toml")),
    ("github", include_str!("github.toml")),
    ("gitlab", include_str!("gitlab.toml")),
    ("google", include_str!("google.toml")),
    ("huggingface", include_str!("huggingface.toml")),
    ("keycloak", include_str!("keycloak.toml")),
    ("linear", include_str!("linear.toml")),
    ("microsoft", include_str!("microsoft.toml")),
    ("notion", include_str!("notion.toml")),
    ("okta", include_str!("okta.toml")),
    ("reddit", include_str!("reddit.toml")),
    ("salesforce", include_str!("salesforce.toml")),
    #[cfg(feature = "sandbox")]
    (super::SANDBOX, include_str!("sandbox.toml")),
    ("slack", include_str!("slack.toml")),
    ("spotify", include_str!("spotify.toml")),
    ("twitch", include_str!("twitch.toml")),
    ("zoom", include_str!("zoom.toml")),
];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|(name, _)| *name)
}

pub(super) fn text(name: &str) -> Option<&'static str> {
    let (_, text) = ROWS.iter().find(|(row, _)| *row == name)?;
    Some(text)
}

pub(super) fn row(name: &str) -> Option<toml::Table> {
    let text = text(name)?;
    Some(text.parse().expect("a test parses every built-in row"))
}

#[cfg(test)]
mod tests;
