//! The page itself: its recipes are what stands between two headings, their code what is run.

use std::cell::Cell;

const PAGE: &str = include_str!("../../docs/cookbook.md");

/// One recipe. It goes with all of its code having been taken.
pub struct Recipe {
    title: &'static str,
    blocks: Vec<Block>,
    taken: Cell<usize>,
}

/// A block of code, as it is printed.
#[derive(Debug, Clone)]
pub struct Block {
    /// What the fence says that it is.
    pub language: &'static str,
    /// The code.
    pub text: String,
}

/// The titles, in order.
pub fn titles() -> Vec<&'static str> {
    let headings = PAGE.lines().filter_map(|line| line.strip_prefix("## "));
    headings.collect()
}

/// The recipe with this title.
pub fn recipe(title: &str) -> Recipe {
    let mut lines = PAGE
        .lines()
        .skip_while(|line| line.strip_prefix("## ") != Some(title));
    let title = lines.next().expect("a recipe with this title");
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for line in lines.take_while(|line| !line.starts_with("## ")) {
        if let Some(language) = line.strip_prefix("```") {
            inside = !inside;
            if inside {
                let text = String::new();
                blocks.push(Block { language, text });
            }
        } else if inside {
            let block = blocks.last_mut().expect("a block was begun");
            block.text.push_str(line);
            block.text.push('\n');
        }
    }
    Recipe {
        title,
        blocks,
        taken: Cell::new(0),
    }
}

impl Recipe {
    /// The next block, which is in this language.
    #[track_caller]
    pub fn next(&self, language: &str) -> &Block {
        let block = self.blocks.get(self.taken.get());
        self.taken.set(self.taken.get() + 1);
        let block = block.unwrap_or_else(|| panic!("{} has no further block", self.title));
        assert_eq!(block.language, language, "{block:?}");
        block
    }
}

impl Drop for Recipe {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let all = self.blocks.len();
            assert_eq!(self.taken.get(), all, "blocks of {} were run", self.title);
        }
    }
}

impl Block {
    /// The file that the first line, a comment, says to put this into.
    #[track_caller]
    pub fn file(&self) -> &str {
        let first = self.text.lines().next().unwrap_or_default();
        first
            .strip_prefix("# ")
            .unwrap_or_else(|| panic!("no file name in {self:?}"))
    }
}
