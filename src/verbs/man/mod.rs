//! `man`: the pages, from the same declarations as the help, with the sections that those lack.

mod json;
mod sections;
#[cfg(test)]
mod tests;
mod topics;

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, Command, CommandFactory};
use clap_complete::engine::ArgValueCompleter;
use clap_mangen::Man as Mangen;
use roff::{Roff, bold, roman};

use super::print;
use crate::complete;
use crate::error::{Error, Result};
use crate::help::{TOPICS, Topic};
use crate::verbs::Cli;
use crate::words::Text;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob man token | man -l -
  keyfob man accounts | man -l -        a page of section 7
  keyfob man --dir man                  write every page

Into a folder that is called man1, only the pages of verbs are written; the others go into man7 beside it.")]
pub struct Man {
    /// The verb or page of `keyfob help` to print; `keyfob`'s own where absent
    #[arg(value_name = "VERB", num_args = 0..=2, add = ArgValueCompleter::new(complete::pages))]
    pub verb: Vec<String>,
    /// Write all pages into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    pub dir: Option<PathBuf>,
}

/// A verb's page is in this section of the manual: user commands.
const SECTION: &str = "1";

struct ManPage {
    name: String,
    command: Command,
    see_also: Vec<String>,
}

pub(crate) fn run(args: &Man) -> Result<()> {
    let Some(dir) = &args.dir else {
        return print(&Text::new(&page(args)?));
    };
    let files = write_all(dir)?;
    let names: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    print(&Text::new(&names.join("\n")))
}

/// Gives one page: of the verb that was named, `provider show` as two words or as `provider-show`, or
/// keyfob's own. An unknown verb is `usage` with the nearest one.
pub(crate) fn page(args: &Man) -> Result<String> {
    let wanted = match args.verb.join("-") {
        verb if verb.is_empty() || verb == "keyfob" => "keyfob".to_owned(),
        verb if verb.starts_with("keyfob-") => verb,
        verb => format!("keyfob-{verb}"),
    };
    let pages = collect_pages();
    if let Some(topic) = wanted.strip_prefix("keyfob-").and_then(Topic::find) {
        return Ok(topics::render(topic));
    }
    match pages.iter().find(|page| page.name == wanted) {
        Some(page) => Ok(render(page)),
        None => Err(explain_unknown(&args.verb.join(" "), &wanted, &pages)),
    }
}

pub fn write_all(dir: &Path) -> Result<Vec<PathBuf>> {
    let failed = |path: &Path, cause: &io::Error| {
        Error::io(format!("cannot write {}", path.display()), cause)
    };
    let pages = collect_pages();
    let verbs = pages
        .iter()
        .map(|page| (dir.join(format!("{}.{SECTION}", page.name)), render(page)));
    let beside = match dir.file_name() {
        Some(name) if name == "man1" => dir.with_file_name("man7"),
        _ => dir.to_owned(),
    };
    let topics = TOPICS.iter().map(|topic| {
        let file = format!("{}.{}", topics::name(topic), topics::SECTION);
        (beside.join(file), topics::render(topic))
    });
    for folder in [dir, &beside] {
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    verbs
        .chain(topics)
        .map(|(path, page)| {
            fs::write(&path, page).map_err(|error| failed(&path, &error))?;
            Ok(path)
        })
        .collect()
}

fn collect_pages() -> Vec<ManPage> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    collect(&root, &[], &mut pages);
    pages
}

/// Adds a verb's page and those below it. Each refers to what is above, beside and below it.
fn collect(command: &Command, above: &[&Command], pages: &mut Vec<ManPage>) {
    let verbs = |command: &Command| -> Vec<String> {
        let shown = command.get_subcommands().filter(|verb| !verb.is_hide_set());
        shown.map(name).collect()
    };
    let name_here = name(command);
    let mut see_also: Vec<String> = above.iter().map(|command| name(command)).collect();
    let mut others = verbs(command);
    others.extend(above.last().map(|parent| verbs(parent)).unwrap_or_default());
    others.sort_unstable();
    see_also.extend(others);
    see_also.retain(|other| *other != name_here);
    pages.push(ManPage {
        name: name_here,
        command: command.clone(),
        see_also,
    });
    let path: Vec<&Command> = above.iter().copied().chain([command]).collect();
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        collect(verb, &path, pages);
    }
}

fn name(command: &Command) -> String {
    command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned()
}

fn explain_unknown(verb: &str, wanted: &str, pages: &[ManPage]) -> Error {
    let distance = |name: &String| strsim::damerau_levenshtein(name, wanted);
    let error = Error::usage(format!("there is no verb `{verb}`"));
    let names = pages.iter().map(|page| page.name.clone());
    let nearest = names
        .chain(TOPICS.iter().map(topics::name))
        .min_by_key(distance)
        .filter(|name| distance(name) <= 3);
    match nearest {
        Some(near) if near != "keyfob" => {
            let verb = near.trim_start_matches("keyfob-");
            error.hint(format!("did you mean `keyfob man {verb}`?"))
        }
        _ => error.hint("`keyfob help` lists the verbs and pages"),
    }
}

fn render(page: &ManPage) -> String {
    let mangen = Mangen::new(page.command.clone());
    let help = page.command.get_after_help().map(ToString::to_string);
    let (examples, notes) = split(help.as_deref().unwrap_or_default());
    let root = page.name == "keyfob";

    let mut text = render_section(|to| mangen.render_name_section(to));
    text += &render_section(|to| mangen.render_synopsis_section(to));
    text += &render_section(|to| mangen.render_description_section(to));
    text += &write_section(|roff| sections::paragraphs(roff, &notes));
    if page.command.has_subcommands() {
        text += &render_section(|to| mangen.render_subcommands_section(to));
    }
    text += &render_section(|to| mangen.render_options_section(to));
    text += &write_section(|roff| {
        json::json(roff, &page.name);
        sections::exit_status(roff, root);
        if root {
            sections::environment(roff);
            sections::files(roff);
        }
        sections::examples(roff, &examples);
        let topics = TOPICS.iter().filter(|_| root);
        let topics = topics.map(|topic| (topics::name(topic), topics::SECTION));
        let verbs = page.see_also.iter().map(|name| (name.clone(), SECTION));
        see_also(roff, verbs.chain(topics));
    });
    finish(&page.name, SECTION, &text)
}

fn finish(name: &str, section: &str, text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    ascii(&format!("{}{}\n", title(name, section), lines.join("\n")))
}

/// The title without a date or a version, which would be stale by the next release; then no
/// hyphenation, for names are looked for and copied.
fn title(name: &str, section: &str) -> String {
    let name = name.to_uppercase();
    format!(".TH {name} {section} \"\" keyfob \"keyfob manual\"\n.nh\n.ad l\n{PREAMBLE}")
}

/// What the roff crate begins every document with: an apostrophe that stays one.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

fn render_section(section: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut text = Vec::new();
    section(&mut text).expect("a Vec takes everything");
    String::from_utf8(text)
        .expect("declarations are UTF-8")
        .replace(PREAMBLE, "")
}

fn write_section(section: impl FnOnce(&mut Roff)) -> String {
    let mut roff = Roff::new();
    section(&mut roff);
    roff.render().replace(PREAMBLE, "")
}

fn split(help: &str) -> (Vec<&str>, Vec<&str>) {
    let (examples, notes): (Vec<&str>, Vec<&str>) = help
        .lines()
        .filter(|line| line.trim() != "Examples:")
        .partition(|line| line.starts_with("  "));
    let examples = examples.iter().map(|line| line.trim()).collect();
    (examples, notes)
}

fn see_also<'a>(roff: &mut Roff, pages: impl Iterator<Item = (String, &'a str)>) {
    roff.control("SH", ["SEE ALSO"]);
    let mut line = Vec::new();
    for (at, (name, section)) in pages.enumerate() {
        if at > 0 {
            line.push(roman(", "));
        }
        line.push(bold(name));
        line.push(roman(format!("({section})")));
    }
    roff.text(line);
}

/// Writes other characters as roff's names for them, since not every `man` reads UTF-8.
fn ascii(text: &str) -> String {
    use std::fmt::Write;
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            plain.push(c);
        } else {
            let _ = write!(plain, "\\[u{:04X}]", u32::from(c)); // writing to a String cannot fail
        }
    }
    plain
}
