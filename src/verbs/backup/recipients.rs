//! Whom a backup is encrypted to: age recipients, which are public.

use std::collections::BTreeSet;

use age::x25519::Recipient;

use super::Backup;
use crate::error::{Code, Error, Result};
use keyfob_base::escape::escape_short;
use keyfob_base::files;

/// The largest file of recipients that is read, in bytes.
const LIMIT: u64 = 64 * 1024;

/// What a secret key of age begins with; it is never repeated.
const IDENTITY: &str = "AGE-SECRET-KEY-";

/// The recipients that were given; `None` where none was, and a passphrase is meant.
pub(crate) fn read(args: &Backup) -> Result<Option<Vec<Recipient>>> {
    let typed = args.recipient.iter().map(|text| parse(text, "--recipient"));
    let mut recipients = typed.collect::<Result<Vec<_>>>()?;
    if let Some(file) = &args.recipients_file {
        let shown = format!("`{}`", file.display());
        let unread = |cause: String| {
            let message = format!("cannot read {shown}: {cause}");
            Error::new(Code::Usage, message).hint("name a file of age recipients, a line each")
        };
        let bytes = files::read(file, LIMIT).map_err(|error| unread(error.to_string()))?;
        let bytes = bytes.ok_or_else(|| unread("there is none".into()))?;
        let text = String::from_utf8(bytes).map_err(|_| unread("it is no text".into()))?;
        let before = recipients.len();
        for line in text.lines().map(str::trim) {
            if !line.is_empty() && !line.starts_with('#') {
                recipients.push(parse(line, &shown)?);
            }
        }
        if recipients.len() == before {
            return Err(unread("no recipient is in it".into()));
        }
    }
    let mut seen = BTreeSet::new();
    recipients.retain(|recipient| seen.insert(recipient.to_string()));
    Ok(Some(recipients).filter(|recipients| !recipients.is_empty()))
}

fn parse(text: &str, place: &str) -> Result<Recipient> {
    let text = text.trim();
    if text.to_ascii_uppercase().contains(IDENTITY) {
        let what = format!("{place} holds a secret key, and a recipient is public");
        return Err(Error::new(Code::Usage, what)
            .hint("give what `age-keygen -y` prints of it, and keep the key to yourself"));
    }
    text.parse().map_err(|_| {
        let shown = escape_short(text, 80);
        Error::new(
            Code::Usage,
            format!("`{shown}` in {place} is no age recipient"),
        )
        .hint("one begins with `age1`, as `age-keygen` prints it; those of plugins and of SSH are not understood")
    })
}
