//! Names of variables: which can carry a token at all, and which may be named by whom.
//!
//! A person who names one (`--env`, `--name`) may take any but those of [`RESERVED`]: what is put there is a
//! server's word, and there it would be run, or decide what is run. A definition, which may come from
//! elsewhere, may name only what has the shape of its own tokens, and none of [`OTHERS`].

use crate::names::token_variable;

/// Whether `name` can be a variable in every shell: `[A-Za-z_][A-Za-z0-9_]*`, 255 characters at most.
pub(crate) fn is_variable(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Why a variable is no place for a token.
pub(crate) type Reason = &'static str;

/// Names and beginnings (`X*`), parted by blanks; each group with what somebody gains who sets one.
const RESERVED: &[(Reason, &str)] = &[
    ("is keyfob's own", "KEYFOB_*"),
    (
        "is run by a shell",
        "BASH_* BASHOPTS CDPATH ENV FCEDIT FIGNORE FISH_* FPATH FUNCNEST GLOBIGNORE HISTCONTROL HISTFILE IFS \
         INPUTRC KSH_* MAILCHECK MAILPATH PROMPT PROMPT_* PROMPT1 PROMPT2 PROMPT3 PROMPT4 PS0 PS1 PS2 PS3 PS4 \
         PSMODULEPATH PSVAR RPROMPT RPROMPT2 RPS1 RPS2 SHELLOPTS SPROMPT STARSHIP_* TIMEFMT ZDOTDIR __FISH* \
         __PSLOCKDOWNPOLICY",
    ),
    (
        "is obeyed by the loader or the C library",
        "CAML_LD_LIBRARY_PATH DYLD_* GCONV_PATH GETCONF_DIR GLIBC_TUNABLES HOSTALIASES LD_* LDR_* LIBPATH \
         LOCALDOMAIN LOCPATH MALLOC_* NLSPATH RESOLV_* RES_OPTIONS SHLIB_PATH TZDIR __COMPAT_LAYER",
    ),
    (
        "says who and where everything is",
        "ALLUSERSPROFILE APPDATA CI COMMONPROGRAMFILES* COMPUTERNAME COMSPEC DISPLAY EUID GROUPS HOME HOMEDRIVE \
         HOMEPATH HOSTNAME LANG LANGUAGE LC_* LOCALAPPDATA LOGNAME MAIL MANPATH OLDPWD OS PATH PATHEXT \
         POSIXLY_CORRECT PPID PROGRAMDATA PROGRAMFILES* PUBLIC PWD SHELL SHLVL SYSTEMDRIVE SYSTEMROOT TEMP TERM \
         TERMCAP TERMINFO* TMP TMPDIR TZ UID USER USERDOMAIN USERNAME USERPROFILE WAYLAND_DISPLAY WINDIR \
         XAUTHORITY XDG_* _",
    ),
    (
        "is run by git or another tool for versions",
        "CVS_RSH EMAIL GIT_ALLOW_PROTOCOL GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ASKPASS GIT_ATTR_* GIT_AUTHOR_* \
         GIT_CEILING_DIRECTORIES GIT_COMMITTER_* GIT_COMMON_DIR GIT_CONFIG* GIT_CURL_* GIT_DIR GIT_EDITOR \
         GIT_EXEC_PATH GIT_EXTERNAL_DIFF GIT_GRAFT_FILE GIT_HTTP_* GIT_INDEX_FILE GIT_INTERNAL_* GIT_NAMESPACE \
         GIT_OBJECT_DIRECTORY GIT_PAGER* GIT_PROTOCOL* GIT_PROXY_* GIT_REDIRECT_* GIT_REPLACE_* \
         GIT_SEQUENCE_EDITOR GIT_SHELL_* GIT_SSH GIT_SSH_* GIT_SSL_* GIT_TEMPLATE_DIR GIT_TERMINAL_PROMPT \
         GIT_TRACE* GIT_WORK_TREE HGEDITOR HGMERGE HGRCPATH HGUSER JJ_CONFIG JJ_EDITOR RSYNC_* SVN_EDITOR SVN_SSH",
    ),
    (
        "names a program that others start",
        "AR AS BAT_PAGER BORG_RSH BROWSER CC CPP CXX DELTA_PAGER DIFFPROG EDITOR GH_BROWSER GH_EDITOR GH_PAGER \
         GH_PATH LD LESS LESSCLOSE LESSKEY* LESSOPEN MANLESS MANOPT MANPAGER MANROFFOPT MORE NM PAGER \
         SSH_ASKPASS* SSH_AUTH_SOCK SSH_SK_* SUDO_* SYSTEMD_* TCLLIBPATH VISUAL",
    ),
    (
        "is run or loaded by an interpreter",
        "BUN_INSPECT* BUN_OPTIONS BUNDLE_* CATALINA_* CLASSPATH COMPLUS_* CORECLR_* COR_* DENO_CERT DENO_DIR \
         DOTNET_* ELECTRON_* ELIXIR_ERL_OPTIONS ERL_* EXINIT GEM_HOME GEM_PATH GHCRTS GVIMINIT JAVA_HOME \
         JAVA_OPTS JAVA_TOOL_OPTIONS JDK_* JULIA_* LUA_CPATH* LUA_INIT* LUA_PATH* MYVIMRC NODE_EXTRA_CA_CERTS \
         NODE_OPTIONS NODE_PATH NODE_REPL_* NODE_TLS_* NODE_V8_COVERAGE OCAMLRUNPARAM PERL5* PERLLIB PERL_MB_OPT \
         PERL_MM_OPT PERL_UNICODE PHPRC PHP_INI_SCAN_DIR PYTHON* RUBY* R_ENVIRON* R_HOME R_LIBS* R_PROFILE* \
         TCL_LIBRARY VIMINIT VIMRUNTIME _JAVA_OPTIONS EMACSLOADPATH",
    ),
    (
        "decides what a build or a package manager runs",
        "ACLOCAL_PATH ANSIBLE_* ANT_* CARGO CARGO_ALIAS_* CARGO_BUILD_* CARGO_ENCODED_* CARGO_HOME CARGO_HTTP_* \
         CARGO_NET_* CARGO_PROFILE_* CARGO_TARGET_* CFLAGS CGO_* CMAKE_* COMPILER_PATH COMPOSER_HOME CPATH \
         CPLUS_INCLUDE_PATH CPPFLAGS CXXFLAGS C_INCLUDE_PATH DOCKER_CONFIG DOCKER_CONTEXT DOCKER_HOST GCC_* \
         GNUMAKEFLAGS GO111MODULE GOAUTH GOBIN GOENV GOEXPERIMENT GOFLAGS GOINSECURE GONOSUMDB GOPATH GOPRIVATE \
         GOPROXY GOROOT GOSUMDB GOTOOLCHAIN GOVCS GRADLE_* GREP_OPTIONS GZIP KUBECONFIG LDFLAGS LIBRARY_PATH \
         MAKEFILES MAKEFLAGS MAVEN_* MFLAGS NIX_* NPM_CONFIG_* PIP_* PKG_CONFIG* POETRY_CONFIG_DIR POETRY_HOME \
         RUSTC RUSTC_* RUSTDOC RUSTDOCFLAGS RUSTFLAGS RUSTUP_* SBT_OPTS TAPE TAR_OPTIONS TF_CLI_* UNZIP \
         UV_CONFIG_FILE UV_DEFAULT_INDEX UV_INDEX_URL UV_PYTHON* VIRTUAL_ENV XZ_DEFAULTS XZ_OPT YARN_IGNORE_* \
         YARN_RC_FILENAME YARN_YARN_PATH ZIPOPT",
    ),
    (
        "decides whom a connection trusts, or where it goes",
        "ALL_PROXY AWS_CA_BUNDLE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE CURL_CA_BUNDLE CURL_HOME DBUS_* \
         FTP_PROXY GNUPGHOME GPG_* HTTPS_PROXY HTTP_PROXY NETRC NOTIFY_SOCKET LISTEN_FDS LISTEN_PID NO_PROXY \
         OPENSSL_* PINENTRY_* REQUESTS_CA_BUNDLE SSLKEYLOGFILE SSL_CERT_* WGETRC",
    ),
    (
        "has modules loaded into desktop programs",
        "GDK_PIXBUF_* GIO_* GI_TYPELIB_PATH GST_* GTK_* QML2_* QML_* QT_* VK_*",
    ),
    (
        "is a CI runner's own",
        "ACTIONS_* GITHUB_ENV GITHUB_OUTPUT GITHUB_PATH GITHUB_STATE GITHUB_STEP_SUMMARY GITHUB_WORKSPACE \
         RUNNER_*",
    ),
];

/// What no definition of a user's may name, whatever the shape: the variables in which people keep the
/// credentials of others than its own server.
const OTHERS: &str = "ALIBABA_* ALICLOUD_* AMAZON_* ANTHROPIC_* ARM_* ARTIFACTORY_* AWS_* AZ_* AZURE_* BUILDKITE_* CARGO_* \
     CF_* CI_* CIRCLE_* CLAUDE_* CLOUDFLARE_* CLOUDSDK_* CODECOV_* CODEX_* DATADOG_* DD_* DIGITALOCEAN_* DO_* \
     DOCKER_* FASTLY_* FLY_* GCLOUD_* GCP_* GEMINI_* GH_* GITEA_* GITHUB_* GITLAB_* GL_* GOOGLE_* HCLOUD_* \
     HEROKU_* HF_* HOMEBREW_* HUGGINGFACE_* HUGGING_* JENKINS_* KUBE* LINODE_* MISTRAL_* NETLIFY_* NODE_* \
     NPM_* NUGET_* OCI_* OPENAI_* PG* PULUMI_* PYPI_* SENTRY_* SLACK_* SNYK_* SONAR_* SSH_* STRIPE_* TF_* \
     TRAVIS_* TWILIO_* TWINE_* UV_* VAULT_* VERCEL_* WANDB_*";

/// How the variables end in which a definition may have tokens.
const ENDINGS: [&str; 3] = ["_TOKEN", "_PAT", "_KEY"];

/// Why a person may not have a token put into a variable; `None` where they may. Letters of either case are the
/// same, as they are on Windows.
pub(crate) fn reserved(name: &str) -> Option<Reason> {
    let name = name.to_ascii_uppercase();
    let shaped = ENDINGS.iter().any(|end| name.ends_with(end));
    let mut groups = RESERVED.iter();
    groups.find_map(|(reason, patterns)| {
        let pattern = matching(&name, patterns)?;
        // `PYTHON_TOKEN` is nothing to Python.
        let harmless = shaped && pattern.ends_with('*') && !ENTIRE.contains(&pattern);
        (!harmless).then_some(*reason)
    })
}

/// The families that have no token but their owner's.
const ENTIRE: [&str; 6] = [
    "ACTIONS_*",
    "BASH_*",
    "DYLD_*",
    "KEYFOB_*",
    "LD_*",
    "RUNNER_*",
];

/// What stands against a variable that a definition of the user's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Objection {
    /// It never may.
    Never(Reason),
    /// It may once the person has said so: it does not look like one for this provider's tokens.
    Unlike,
}

/// Judges a variable that the definition of `provider` names, which is no built-in row: one that it reads a token
/// from, or has one put into. `of_another` says whether a built-in row has it.
pub(crate) fn object_to(
    provider: &str,
    name: &str,
    of_another: impl FnOnce(&str) -> bool,
) -> Option<Objection> {
    if let Some(reason) = reserved(name) {
        return Some(Objection::Never(reason));
    }
    let upper = name.to_ascii_uppercase();
    let usual = token_variable(provider);
    let own = usual.trim_start_matches('_').trim_end_matches("_TOKEN");
    // `GITHUB_WORK_TOKEN` is that of `github-work`; `AWS_SESSION_TOKEN` is nobody's but Amazon's.
    let family = matching(&upper, OTHERS);
    let extended = |family: &str| {
        let stem = family.trim_end_matches(['*', '_']);
        let longer = own.len() > stem.len() + 1 && own.starts_with(stem);
        ROWS.contains(&stem) && longer && upper.starts_with(&format!("{own}_"))
    };
    let foreign = family.is_some_and(|family| !extended(family));
    if foreign || of_another(name) {
        return Some(Objection::Never(
            "is where another service's credentials are kept",
        ));
    }
    let shaped = ENDINGS.iter().any(|end| upper.ends_with(end));
    let named = format!("_{upper}").contains(&format!("_{own}_"));
    (!(shaped && named)).then_some(Objection::Unlike)
}

/// The families of services that people name further definitions after, such as `github-work`.
const ROWS: [&str; 6] = ["CLAUDE", "CODEX", "GITEA", "GITHUB", "GITLAB", "SLACK"];

/// The first of `patterns`, parted by blanks, that a name fits.
fn matching<'a>(name: &str, patterns: &'a str) -> Option<&'a str> {
    let mut patterns = patterns.split_whitespace();
    patterns.find(|pattern| match pattern.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == *pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_run_or_obeyed_is_no_place_for_a_servers_words() {
        for name in [
            "PATH",
            "Path",
            "HOME",
            "SHELL",
            "IFS",
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "LC_ALL",
            "KEYFOB_ACCOUNT",
            "KEYFOB_X_TOKEN",
            "ACTIONS_RUNTIME_TOKEN",
            "keyfob_home",
            "CI",
            "PROMPT_COMMAND",
            "GIT_SSH_COMMAND",
            "PYTHONSTARTUP",
            "NODE_OPTIONS",
            "BASH_FUNC_ls",
            "BASH_ENV",
            "PERL5OPT",
            "RUBYOPT",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "LESSOPEN",
            "PAGER",
            "EDITOR",
            "BROWSER",
            "SSH_ASKPASS",
            "HTTPS_PROXY",
            "https_proxy",
            "npm_config_script_shell",
            "CARGO_BUILD_RUSTC",
            "GITHUB_PATH",
            "GTK_MODULES",
            "DOTNET_STARTUP_HOOKS",
            "ZDOTDIR",
            "PS1",
            "PS4",
            "_",
        ] {
            assert!(reserved(name).is_some(), "{name}");
        }
        for name in [
            "HF_TOKEN",
            "GH_TOKEN",
            "GITHUB_TOKEN",
            "CI_TOKEN",
            "HOMEPAGE",
            "MY_PATH",
            "NPM_TOKEN",
            "NODE_AUTH_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "GIT_TOKEN",
            "GIT_PASSWORD",
            "GOOGLE_OAUTH_ACCESS_TOKEN",
            "UV_PUBLISH_TOKEN",
            "HOMEBREW_GITHUB_API_TOKEN",
            "DENO_AUTH_TOKENS",
            "TF_TOKEN_app",
            "SSH_TOKEN",
            "TOKEN",
            "ACME",
        ] {
            assert_eq!(reserved(name), None, "{name}");
        }
    }

    #[test]
    fn a_definition_names_its_own_and_nobody_elses() {
        use Objection::{Never, Unlike};
        let row = |name: &str| ["GH_ENTERPRISE_TOKEN", "FRAMEIO_TOKEN"].contains(&name);
        for (provider, name, expected) in [
            ("acme", "ACME_TOKEN", "fine"),
            ("acme", "ACME_PAT", "fine"),
            ("acme", "acme_api_key", "fine"),
            ("acme", "MY_ACME_TOKEN", "fine"),
            ("acme-eu", "ACME_EU_TOKEN", "fine"),
            ("github-work", "GITHUB_WORK_TOKEN", "fine"),
            ("github-work", "GITHUB_TOKEN", "never"),
            ("github", "GITHUB_WORK_TOKEN", "never"),
            ("9lives", "_9LIVES_TOKEN", "fine"),
            ("acme", "ACME", "unlike"),
            ("acme", "ACMEX_TOKEN", "unlike"),
            ("acme", "TOKEN", "unlike"),
            ("acme", "MY_TOKEN", "unlike"),
            ("acme", "ACME_SECRET", "unlike"),
            ("acme", "AWS_SECRET_ACCESS_KEY", "never"),
            ("aws-secret-access", "AWS_SECRET_ACCESS_KEY", "never"),
            ("aws-session", "AWS_SESSION_TOKEN", "never"),
            ("acme", "HF_TOKEN", "never"),
            ("gh", "GH_TOKEN", "never"),
            ("gh-enterprise", "GH_ENTERPRISE_TOKEN", "never"),
            ("frameio-x", "FRAMEIO_TOKEN", "never"),
            ("python", "PYTHON_TOKEN", "fine"),
            ("ld", "LD_TOKEN", "never"),
            ("python", "PYTHONSTARTUP", "never"),
            ("acme", "PROMPT_COMMAND", "never"),
            ("acme", "GIT_SSH_COMMAND", "never"),
            ("key", "NODE_OPTIONS", "never"),
        ] {
            let found = match object_to(provider, name, row) {
                None => "fine",
                Some(Unlike) => "unlike",
                Some(Never(_)) => "never",
            };
            assert_eq!(found, expected, "{provider}: {name}");
        }
    }
}
