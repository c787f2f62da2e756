//! Pasted lines on a real terminal: what arrives, what is seen of it, and that the terminal is afterwards as
//! it was, however the program ended. The program is this binary itself, started once more.

#![cfg(unix)]
#![allow(missing_docs)] // tests
#![allow(clippy::unwrap_used)]

use std::process::Command;

use keyfob::interrupts::Interrupts;
use keyfob::term::entry::{Entry, LONGEST, Typed};
use keyfob::term::{Console, Manner, Terminal};
use keyfob_testkit::screen::Screen;

/// Says to the second process what to do.
const PART: &str = "KEYFOB_TEST_PART";

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_QUIT: &str = "\x1c";
const CTRL_U: &str = "\x15";
const CTRL_Z: &str = "\x1a";

/// Not a test but the program of all others.
#[test]
fn program() {
    let Ok(part) = std::env::var(PART) else {
        return;
    };
    let console = Console::new(Manner::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ended = runtime.block_on(async {
        let interrupts = Interrupts::listen();
        tokio::select! {
            () = listen(&console, &part) => Ok(()),
            interrupted = interrupts.obeyed() => Err(interrupted),
        }
    });
    if let Err(error) = ended {
        console.fail(&error);
        std::process::exit(error.code.exit().into());
    }
    let answer = console.ask("and now?", "nothing").unwrap();
    console.say(&format!("answered {answer}"));
    std::process::exit(0);
}

/// Tells what arrives, until Ctrl-D.
async fn listen(console: &Console, part: &str) {
    let mut entry = match Entry::begin() {
        Ok(entry) => entry,
        Err(cause) => return console.say(&format!("refused: {cause}")),
    };
    let waiting = console.progress("waiting");
    console.say("ready");
    loop {
        match entry.next().await {
            Typed::Line(line) => {
                let (text, all_x) = (line.expose(), line.expose().bytes().all(|b| b == b'x'));
                console.say(&format!("line of {} bytes, x alone: {all_x}", text.len()));
                if part == "panic" {
                    let panic = || panic!("on purpose");
                    let _ = std::thread::spawn(panic).join();
                    std::process::abort(); // as the released program does
                }
            }
            Typed::TooLong => console.say("too long"),
            Typed::Closed => break,
        }
    }
    drop(waiting);
    console.say("closed");
}

fn program_as(part: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "program", "--nocapture"])
        .env(PART, part);
    command
}

/// The program in front of a person, ready; and the terminal's settings from before.
fn start(part: &str) -> (Screen, String) {
    // The shell tells when the settings from before have been seen.
    let mut shell = Command::new("sh");
    let program = program_as(part);
    shell.args(["-c", "echo before; read go; exec \"$0\" \"$@\""]);
    shell.arg(program.get_program()).args(program.get_args());
    shell.env(PART, part).env("PATH", path());
    let mut screen = Screen::start(&shell);
    screen.wait_for("before");
    let settings = screen.settings();
    screen.press("\r");
    screen.wait_for("ready");
    assert_ne!(screen.settings(), settings);
    (screen, settings)
}

/// An interactive shell that edits no lines itself, so that it leaves the terminal's settings alone.
fn shell() -> (Screen, String) {
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "--noediting", "-i"]);
    bash.env("PS1", "prompt> ").env("HISTFILE", "");
    bash.env("PATH", path());
    let mut screen = Screen::start(&bash);
    screen.wait_for("prompt>");
    let settings = screen.settings();
    (screen, settings)
}

fn path() -> String {
    std::env::var("PATH").unwrap()
}

fn typed_in_a_shell(part: &str) -> String {
    let binary = std::env::current_exe().unwrap();
    format!(
        "{PART}={part} '{}' --exact program --nocapture",
        binary.display()
    )
}

#[track_caller]
fn kill(signal: &str, pid: u32) {
    let mut kill = Command::new("kill");
    kill.args([signal, &pid.to_string()]);
    assert!(kill.status().unwrap().success());
}

#[test]
fn the_longest_line_arrives_whole_and_a_longer_one_not_at_all() {
    let (mut screen, before) = start("lines");
    screen.press(&format!("{}\r", "x".repeat(LONGEST)));
    screen.wait_for("line of 16384 bytes, x alone: true");
    screen.press(&format!("{}\r", "x".repeat(LONGEST + 1)));
    screen.wait_for("too long");
    screen.press(&format!("{}{CTRL_U}xxx\x7f\r", "y".repeat(LONGEST + 1)));
    screen.wait_for("line of 2 bytes, x alone: true");
    screen.press(CTRL_D);
    screen.wait_for("and now?");
    assert_eq!(screen.settings(), before);
    screen.press("seen\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("answered seen"), "{shown}");
    let raw = screen.raw();
    assert!(!raw.contains("xx") && !raw.contains("yy"), "{raw:?}");
    assert!(
        raw.contains("and now? seen"),
        "the question is echoed: {raw:?}"
    );
}

#[test]
fn a_paste_with_marks_and_breaks_is_one_line() {
    let (mut screen, _) = start("lines");
    screen.press("\x1b[200~xxx\r\nyyy\x1b[201~\r");
    screen.wait_for("line of 7 bytes, x alone: false");
    screen.press("\r");
    screen.wait_for("line of 0 bytes");
}

#[test]
fn what_is_typed_too_late_is_for_nobody() {
    let (mut screen, _) = start("lines");
    screen.press(&format!("{CTRL_D}xxx-too-late\r"));
    screen.wait_for("and now?");
    screen.press("in time\r");
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("answered in time"), "{shown}");
    assert!(!screen.raw().contains("late"), "{:?}", screen.raw());
}

#[test]
fn signals_give_the_terminal_back() {
    for key in [CTRL_C, CTRL_QUIT] {
        let (mut screen, before) = start("lines");
        screen.press("xxx");
        screen.press(key);
        assert_interrupted(&mut screen, &before);
    }
    for signal in ["-TERM", "-HUP", "-QUIT"] {
        let (mut screen, before) = start("lines");
        screen.wait_for("waiting");
        kill(signal, screen.pid());
        assert_interrupted(&mut screen, &before);
    }
}

#[track_caller]
fn assert_interrupted(screen: &mut Screen, before: &str) {
    let (status, shown) = screen.end();
    assert_eq!(status, 130, "{shown}");
    assert_eq!(screen.settings(), before);
    assert!(shown.contains("error: interrupted"), "{shown}");
    assert!(
        !shown.contains("waiting"),
        "the moving line is gone: {shown}"
    );
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let (mut screen, before) = start("panic");
    screen.press("xxx\r");
    let (_, shown) = screen.end();
    assert!(shown.contains("on purpose"), "{shown}");
    assert_eq!(screen.settings(), before);
}

#[test]
fn a_stopped_program_gives_the_terminal_back_until_it_goes_on() {
    let (mut screen, before) = shell();
    screen.press(&format!("{}\r", typed_in_a_shell("lines")));
    screen.wait_for("ready");
    for _ in 0..3 {
        let reading = screen.settings();
        assert_ne!(reading, before);
        screen.press("xx");
        std::thread::sleep(std::time::Duration::from_millis(300)); // they are read, not dropped with the stop
        screen.press(CTRL_Z);
        screen.wait_for("Stopped");
        assert_eq!(screen.settings(), before);
        screen.press("clear; fg\r");
        screen.wait_for_echo(false);
        assert_eq!(screen.settings(), reading);
        screen.press("xx\r");
        screen.wait_for("line of 4 bytes, x alone: true");
    }
    screen.press(CTRL_C);
    screen.wait_for("error: interrupted");
    screen.wait_for("prompt>");
    screen.press("echo $((40 + 2)) keys\r");
    screen.wait_for("42 keys");
    assert_eq!(screen.settings(), before);
}

/// An interactive shell mends the terminal itself; one that runs a script does not.
#[test]
fn a_stopped_program_gives_the_terminal_back_by_itself() {
    let script = "set -m; echo before; read go; \"$0\" \"$@\"; echo stopped; read go; fg";
    let (program, mut shell) = (program_as("lines"), Command::new("sh"));
    shell.args(["-c", script]).arg(program.get_program());
    shell.args(program.get_args());
    shell.env(PART, "lines").env("PATH", path());
    let mut screen = Screen::start(&shell);
    screen.wait_for("before");
    let before = screen.settings();
    screen.press("\r");
    screen.wait_for("ready");
    let reading = screen.settings();
    screen.press(CTRL_Z);
    screen.wait_for("stopped");
    assert_eq!(screen.settings(), before);
    screen.press("\r");
    screen.wait_for_echo(false);
    assert_eq!(screen.settings(), reading);
    screen.press("xxx\r");
    screen.wait_for("line of 3 bytes, x alone: true");
    screen.press(CTRL_C);
    assert_interrupted(&mut screen, &before);
}

#[test]
fn a_program_in_the_background_leaves_the_terminal_to_the_shell() {
    let (mut screen, before) = shell();
    screen.press(&format!("{} &\r", typed_in_a_shell("lines")));
    screen.wait_for("refused: another job has the terminal");
    screen.press("kill -KILL %1; wait; clear\r");

    screen.press(&format!("{}\r", typed_in_a_shell("lines")));
    screen.wait_for("ready");
    screen.press(CTRL_Z);
    screen.wait_for("Stopped");
    screen.press("clear; bg\r");
    screen.wait_for("&");
    screen.press("echo the shell has $((40 + 2)) keys\r");
    screen.wait_for("the shell has 42 keys");
    assert_eq!(screen.settings(), before);
    screen.press("clear; fg\r");
    screen.wait_for_echo(false);
    screen.press("xxx\r");
    screen.wait_for("line of 3 bytes, x alone: true");
    screen.press(CTRL_Z);
    screen.wait_for("Stopped");
    screen.press("kill %1; wait; echo $((40 + 3))\r");
    screen.wait_for("43");
    assert_eq!(screen.settings(), before);
}

#[test]
fn where_no_shell_could_continue_it_nothing_stops() {
    let (mut screen, before) = start("lines");
    screen.press(CTRL_Z);
    screen.press("xxx\r");
    screen.wait_for("line of 3 bytes, x alone: true");
    screen.press(CTRL_C);
    assert_interrupted(&mut screen, &before);
}
