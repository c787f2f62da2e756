//! The pages of `keyfob help` that are no verb's, as pages of the manual.

use roff::{Inline, Roff, bold, roman};

use super::{finish, sections, see_also, write_section};
use crate::help::{Block, TOPICS, Topic};

/// The section of the manual for what is no command.
pub(crate) const SECTION: &str = "7";

pub(crate) fn name(topic: &Topic) -> String {
    format!("keyfob-{}", topic.name)
}

pub(crate) fn render(topic: &Topic) -> String {
    let text = write_section(|roff| {
        roff.control("SH", ["NAME"]);
        roff.text([roman(format!("{} - {}", name(topic), topic.about()))]);
        roff.control("SH", ["DESCRIPTION"]);
        for block in topic.blocks() {
            add(roff, &block);
        }
        let others = TOPICS.iter().filter(|other| other.name != topic.name);
        let others = others.map(|other| (name(other), SECTION));
        see_also(
            roff,
            std::iter::once(("keyfob".to_owned(), "1")).chain(others),
        );
    });
    finish(&name(topic), SECTION, &text)
}

fn add(roff: &mut Roff, block: &Block) {
    match block {
        Block::Heading(heading) => {
            roff.control("SH", [heading.to_uppercase().as_str()]);
        }
        Block::Paragraph(text) => {
            roff.control("PP", []);
            roff.text(inlines(text));
        }
        Block::Lines(lines) => {
            roff.control("PP", []);
            sections::verbatim(roff, lines.iter().copied());
        }
    }
}

fn inlines(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, part)| if at % 2 == 0 { roman(part) } else { bold(part) })
        .collect()
}
