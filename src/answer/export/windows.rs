//! PowerShell and the command prompt, which cannot be run where keyfob is tested: they get only what needs no
//! escape.

use super::is_simple;

/// `$env:NAME = '…'`, of `[A-Za-z0-9._~+/=-]` alone.
pub fn powershell(variable: &str, value: &str) -> Option<String> {
    is_simple(value).then(|| format!("$env:{variable} = '{value}'"))
}

/// `set "NAME=…"`, of `[A-Za-z0-9._~+/=-]` alone.
pub fn cmd(variable: &str, value: &str) -> Option<String> {
    is_simple(value).then(|| format!("set \"{variable}={value}\""))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::assert_simple_only;
    use super::*;

    #[test]
    fn simple_values_are_quoted_and_others_refused() {
        assert_eq!(powershell("V", "a~b==").unwrap(), "$env:V = 'a~b=='");
        assert_eq!(cmd("V", "a~b==").unwrap(), "set \"V=a~b==\"");
        assert_simple_only(powershell);
        assert_simple_only(cmd);
    }
}
