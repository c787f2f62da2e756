//! What a login would open here. Nothing is started.

use super::{Finding, Topic};
use crate::login::{BROWSER_VARIABLES, Browser, BrowserOptions, Surroundings};

const CHECK: Topic = Topic("browser");

pub(crate) fn browser(no_input: bool) -> Vec<Finding> {
    let asked = BrowserOptions {
        no_input,
        ..BrowserOptions::default()
    };
    let browser = Browser::detect(asked, &Surroundings::detect());
    let launchers = browser.launchers();
    let opens = launchers
        .iter()
        .find(|launcher| launcher.obstacle.is_none());
    match (&browser, opens) {
        (Browser::None(why), _) => {
            let instead =
                "`login` shows an address for any browser anywhere, and takes back where it ends";
            vec![CHECK.pass(format!("none is opened here: {why}; {instead}"))]
        }
        (Browser::Commands(_), opens) => {
            let variable = variable();
            // What was not found is not named: whatever stands there may be something else altogether.
            let mut findings: Vec<Finding> = launchers
                .iter()
                .enumerate()
                .filter_map(|(at, launcher)| Some((at + 1, launcher.obstacle.as_ref()?)))
                .map(|(entry, obstacle)| {
                    CHECK.warn(
                        format!("entry {entry} of {variable} {obstacle}"),
                        format!("correct {variable}, or unset it; `login` goes on with the next entry, and shows the address in any case"),
                    )
                })
                .collect();
            if let Some(launcher) = opens {
                let said = format!("`login` opens {}, by {variable}", launcher.program);
                findings.insert(0, CHECK.pass(said));
            }
            findings
        }
        (_, Some(launcher)) => {
            vec![CHECK.pass(format!("`login` opens {}", launcher.program))]
        }
        (_, None) => {
            let names: Vec<&str> = launchers.iter().map(|it| it.program.as_str()).collect();
            vec![CHECK.warn(format!(
                    "there is a display, and none of {} is installed",
                    names.join(", ")
                ),
                "install xdg-utils, or name a browser in KEYFOB_BROWSER; `login` shows the address in any case",
            )]
        }
    }
}

fn variable() -> &'static str {
    let set = |name: &&'static str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    BROWSER_VARIABLES
        .into_iter()
        .find(set)
        .unwrap_or(BROWSER_VARIABLES[0])
}
