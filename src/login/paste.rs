//! What was pasted: the address that the browser ended on, or what a provider's page showed instead.

use crate::secret::Secret;

/// What a pasted text is.
#[derive(Debug, PartialEq, Eq)]
pub enum Pasted {
    /// The query string of a redirect, to be judged as one that the listener received.
    Redirect(Secret),
    /// A bare code, from a provider whose page shows one.
    Code(Secret),
    /// Enter alone.
    Nothing,
    /// None of these; what is wrong with it and what to paste, in one sentence that holds nothing of it.
    Wrong(String),
}

/// Reads a pasted text: the whole address, `CODE#STATE`, or where `shows_code` the code alone.
/// `redirect_uri` is what the browser was sent to end on, `authorization_endpoint` where it began.
pub fn read(
    _text: &Secret,
    _redirect_uri: &str,
    _authorization_endpoint: &url::Url,
    _shows_code: bool,
) -> Pasted {
    todo!()
}
