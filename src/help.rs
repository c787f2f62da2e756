//! Pages that are no verb's, written once for the terminal and for the manual.
//!
//! Their source is a little of Markdown: a title, `## ` before a heading, lines with four blanks before them as
//! they stand, paragraphs, and code in them between backticks.

#[derive(Debug)]
pub struct Topic {
    pub name: &'static str,
    text: &'static str,
}

pub const TOPICS: [Topic; 4] = [
    topic("accounts", include_str!("help/accounts.md")),
    topic("scripting", include_str!("help/scripting.md")),
    topic("stores", include_str!("help/stores.md")),
    topic("providers", include_str!("help/providers.md")),
];

const fn topic(name: &'static str, text: &'static str) -> Topic {
    Topic { name, text }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Block<'a> {
    Heading(&'a str),
    Paragraph(String),
    Lines(Vec<&'a str>),
}

impl Topic {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        TOPICS.iter().find(|topic| topic.name == name)
    }

    pub(crate) fn about(&self) -> &'static str {
        let title = self.text.lines().next().unwrap_or_default();
        title.trim_start_matches("# ")
    }

    pub fn blocks(&self) -> Vec<Block<'static>> {
        let mut blocks = Vec::new();
        let mut fresh = true;
        for line in self.text.lines().skip(1) {
            let begun = !std::mem::replace(&mut fresh, line.is_empty());
            if line.is_empty() {
                continue;
            }
            let code = line.strip_prefix("    ");
            match (blocks.last_mut(), code) {
                (Some(Block::Lines(lines)), Some(code)) if begun => lines.push(code),
                (Some(Block::Paragraph(text)), None) if begun => {
                    text.push(' ');
                    text.push_str(line);
                }
                (_, Some(code)) => blocks.push(Block::Lines(vec![code])),
                (_, None) => blocks.push(match line.strip_prefix("## ") {
                    Some(heading) => Block::Heading(heading),
                    None => Block::Paragraph(line.to_owned()),
                }),
            }
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart() {
        let page = topic(
            "x",
            "# what it is\n\none\ntwo `a`\n\n## More\n\n    a  # b\n    c\n\n    d\n\nend\n",
        );
        assert_eq!(page.about(), "what it is");
        assert_eq!(
            page.blocks(),
            [
                Block::Paragraph("one two `a`".into()),
                Block::Heading("More"),
                Block::Lines(vec!["a  # b", "c"]),
                Block::Lines(vec!["d"]),
                Block::Paragraph("end".into()),
            ]
        );
    }

    #[test]
    fn every_page_is_short() {
        for topic in &TOPICS {
            let lines: Vec<&str> = topic.text.lines().collect();
            assert!(lines.len() < 60, "{}: {} lines", topic.name, lines.len());
            let widest = lines.iter().map(|line| line.chars().count()).max();
            assert!(widest <= Some(80), "{}: {widest:?}", topic.name);
            assert!(lines[0].starts_with("# ") && lines[1].is_empty());
            assert!(topic.text.is_ascii() && topic.text.matches('`').count() % 2 == 0);
        }
    }
}
