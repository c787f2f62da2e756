//! The command that a hint names: the login as it was typed, for a shorter one could lead elsewhere.

use super::Login;

/// Everything that says where, as whom and for what; how the sign-in is done is left to whoever repeats it.
/// It begins with `start`.
pub(crate) fn command_again(start: &[&str], args: &Login) -> String {
    let mut words: Vec<String> = start.iter().map(|word| (*word).to_owned()).collect();
    let mut option = |name: &str, value: &str| words.extend([name.into(), value.into()]);
    let several = [
        ("--scope", &args.scope),
        ("--for", &args.presets),
        ("--resource", &args.resource),
        ("--accept-origin", &args.accept_origin),
    ];
    for (name, values) in several {
        for value in values {
            option(name, value);
        }
    }
    let store = args.store.map(|store| store.to_string());
    let single = [
        ("--audience", &args.audience),
        ("--as", &args.name),
        ("--keep-as", &args.keep_as),
        ("--client-id", &args.client_id),
        ("--store", &store),
    ];
    for (name, value) in single {
        if let Some(value) = value {
            option(name, value);
        }
    }
    let flags = [
        ("--replace", args.replace),
        ("--no-keep", args.no_keep),
        ("--switch", args.switch),
        ("--passphrase", args.passphrase),
        ("--with-token", args.with_token),
        ("--no-verify", args.no_verify),
    ];
    let flags = flags.into_iter().filter(|(_, given)| *given);
    words.extend(flags.map(|(name, _)| name.to_owned()));
    let quoted = words.iter().map(|word| match shlex::try_quote(word) {
        Ok(quoted) => quoted.into_owned(),
        Err(_) => word.clone(), // a NUL, which no argument holds
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::verbs::{Cli, Command};

    fn typed(line: &str) -> String {
        let words = shlex::split(line).unwrap();
        match Cli::try_parse_from(words).unwrap().command {
            Command::Login(args) => command_again(&["keyfob", "login", &args.target], &args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_typed_is_what_is_typed_again() {
        for line in [
            "keyfob login acme",
            "keyfob login acme/ada",
            "keyfob login https://id.example.com/ --no-keep",
            "keyfob login acme --scope 'openid email' --scope read --as work --store file",
            "keyfob login acme --for read --resource https://api.example.com/ --audience api --client-id x --replace --switch",
            "keyfob login acme --as ci --with-token --no-verify",
        ] {
            assert_eq!(typed(line), line);
        }
        let how = "keyfob login acme --timeout 3s --port 9000 --flow paste --no-browser -q";
        assert_eq!(typed(how), "keyfob login acme");
    }
}
