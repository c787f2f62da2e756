//! Each flow from the first word to the last, with a person at the sandbox's real pages.

mod browser;
mod by_url;
mod device;
mod embedded;
mod machine;
mod paste;

use keyfob_sandbox::Options;

/// A person is at the page, and nothing is approved by itself.
fn with_pages(options: &mut Options) {
    options.approve = None;
}
