//! The built-in rows: one TOML file each, compiled in and parsed only when asked for.

/// Name and text of every row, sorted by name. The sandbox's is there with its feature alone.
const ROWS: &[(&str, &str)] = &[
    ("atlassian", include_str!("builtin/atlassian.toml")),
    ("auth0", include_str!("builtin/auth0.toml")),
    ("bitbucket", include_str!("builtin/bitbucket.toml")),
    ("claude", include_str!("builtin/claude.toml")),
    ("codeberg", include_str!("builtin/codeberg.toml")),
    ("codex", include_str!("builtin/codex.toml")),
    ("discord", include_str!("builtin/discord.toml")),
    ("dropbox", include_str!("builtin/dropbox.toml")),
    ("frameio", include_str!("builtin/frameio.toml")),
    ("gitea", include_str!("builtin/gitea.toml")),
    ("github", include_str!("builtin/github.toml")),
    ("gitlab", include_str!("builtin/gitlab.toml")),
    ("google", include_str!("builtin/google.toml")),
    ("huggingface", include_str!("builtin/huggingface.toml")),
    ("keycloak", include_str!("builtin/keycloak.toml")),
    ("linear", include_str!("builtin/linear.toml")),
    ("microsoft", include_str!("builtin/microsoft.toml")),
    ("notion", include_str!("builtin/notion.toml")),
    ("okta", include_str!("builtin/okta.toml")),
    ("reddit", include_str!("builtin/reddit.toml")),
    ("salesforce", include_str!("builtin/salesforce.toml")),
    #[cfg(feature = "sandbox")]
    (super::SANDBOX, include_str!("builtin/sandbox.toml")),
    ("slack", include_str!("builtin/slack.toml")),
    ("spotify", include_str!("builtin/spotify.toml")),
    ("twitch", include_str!("builtin/twitch.toml")),
    ("zoom", include_str!("builtin/zoom.toml")),
];

/// The names of all rows.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|(name, _)| *name)
}

/// One row's text; `None` where no row has that name.
pub(super) fn text(name: &str) -> Option<&'static str> {
    let (_, text) = ROWS.iter().find(|(row, _)| *row == name)?;
    Some(text)
}

/// One row as a table; `None` where no row has that name.
pub(super) fn row(name: &str) -> Option<toml::Table> {
    let text = text(name)?;
    Some(text.parse().expect("a test parses every built-in row"))
}

#[cfg(test)]
mod tests;
