//! Nushell.

/// `$env.NAME = '…'`, which carries every value. Single quotes have no escape at all, so a value with a
/// quote in it goes into a raw string, `r#'…'#`, with as many `#` as end it nowhere else.
#[allow(clippy::unnecessary_wraps, reason = "it is a form")]
pub fn assign(variable: &str, value: &str) -> Option<String> {
    if !value.contains('\'') {
        return Some(format!("$env.{variable} = '{value}'"));
    }
    let mut hashes = "#".to_owned();
    while value.contains(&format!("'{hashes}")) {
        hashes.push('#');
    }
    Some(format!("$env.{variable} = r{hashes}'{value}'{hashes}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_makes_the_string_a_raw_one_that_ends_at_its_end() {
        assert_eq!(assign("V", r#"a"b\"#).unwrap(), r#"$env.V = 'a"b\'"#);
        assert_eq!(assign("V", "a'b").unwrap(), "$env.V = r#'a'b'#");
        assert_eq!(assign("V", "a'#b").unwrap(), "$env.V = r##'a'#b'##");
        assert_eq!(assign("V", "'###").unwrap(), "$env.V = r####''###'####");
    }
}
