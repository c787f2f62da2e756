use super::*;

const URL: &str = "https://id.example.com/device?user_code=WDJB-MJHT";

const TERMINAL: Canvas = Canvas {
    width: 80,
    height: 24,
    colour: true,
    unicode: true,
};

const COLOURLESS: Canvas = Canvas {
    colour: false,
    ..TERMINAL
};

/// What a camera sees: true is dark. Foreground and background as the terminal has them.
fn seen(drawing: &str, foreground: bool, background: bool) -> Vec<Vec<bool>> {
    let plain = console::strip_ansi_codes(drawing);
    let half = |line: &str, upper: bool| {
        let module = |c| {
            let drawn = match c {
                '█' => true,
                '▀' => upper,
                '▄' => !upper,
                ' ' => false,
                _ => panic!("no half block: {c}"),
            };
            if drawn { foreground } else { background }
        };
        line.chars().map(module).collect()
    };
    let halves = plain
        .lines()
        .flat_map(|line| [half(line, true), half(line, false)]);
    halves.collect()
}

/// Reads a code as a telephone does, each module four pixels wide.
fn read(modules: &[Vec<bool>]) -> String {
    let side = modules[0].len() * 4;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        if modules[y / 4][x / 4] { 0 } else { 255 }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[test]
fn a_reader_finds_the_url_in_the_drawing() {
    for url in [
        URL.to_owned(),
        format!("https://a.example/{}", "x".repeat(60)),
    ] {
        let tall = |canvas| Canvas {
            height: 30,
            ..canvas
        };
        let coloured = qr(&url, &tall(TERMINAL)).unwrap();
        assert_eq!(read(&seen(&coloured, true, false)), url);
        let plain = qr(&url, &tall(COLOURLESS)).unwrap();
        assert_eq!(read(&seen(&plain, false, true)), url, "on a dark terminal");
        assert!(!plain.contains('\x1b'));
    }
}

#[test]
fn the_drawing_has_its_quiet_zone_and_its_own_colours() {
    let drawing = qr(URL, &TERMINAL).unwrap();
    for line in drawing.lines() {
        assert!(
            line.starts_with(BLACK_ON_WHITE) && line.ends_with(PLAIN),
            "{line:?}"
        );
    }
    let modules = seen(&drawing, true, false);
    let (width, height) = (modules[0].len(), modules.len());
    for (y, line) in modules.iter().enumerate() {
        for (x, dark) in line.iter().enumerate() {
            let quiet = x < 4 || y < 4 || x + 4 >= width || y + 4 >= height.min(width);
            assert!(!(quiet && *dark), "{x} {y}");
        }
    }
}

#[test]
fn what_would_not_be_seen_whole_is_not_drawn() {
    let drawing = qr(URL, &TERMINAL).unwrap();
    let (height, width) = (
        drawing.lines().count(),
        seen(&drawing, true, false)[0].len(),
    );
    let fits = |width, height| {
        let canvas = Canvas {
            width,
            height,
            ..TERMINAL
        };
        qr(URL, &canvas).is_some()
    };
    assert!(fits(width, height + WORDS));
    assert!(!fits(width - 1, height + WORDS) && !fits(width, height + WORDS - 1));
    assert!(!fits(0, 0), "no terminal");
    let latin = Canvas {
        unicode: false,
        ..TERMINAL
    };
    assert_eq!(qr(URL, &latin), None);
    assert_eq!(qr(&"x".repeat(10_000), &TERMINAL), None);
}

#[test]
fn codes_are_grouped_unless_they_have_groups() {
    for (code, shown) in [
        ("WDJBMJHT", "WDJB MJHT"),
        ("ABCDEF", "ABC DEF"),
        ("ABCDEFG", "ABCD EFG"),
        ("123456789", "123 456 789"),
        ("ABCDEFGHIJ", "ABCD EFG HIJ"),
        ("ABCDE", "ABCDE"),
        ("WDJB-MJHT", "WDJB-MJHT"),
        ("ABC DEF GHI", "ABC DEF GHI"),
        ("", ""),
        ("ÄÖÜäöüß", "ÄÖÜäöüß"),
    ] {
        assert_eq!(grouped(code), shown);
    }
}

#[test]
fn the_code_stands_in_a_box() {
    let drawn = "  ╔═══════════════╗\n  ║               ║\n  ║   WDJB MJHT   ║\n  ║               ║\n  ╚═══════════════╝";
    assert_eq!(code_box("WDJBMJHT", &COLOURLESS), drawn);
    let ascii = Canvas::default();
    assert_eq!(
        code_box("12345", &ascii),
        "  +-----------+\n  |           |\n  |   12345   |\n  |           |\n  +-----------+"
    );
    let coloured = code_box("WDJBMJHT", &TERMINAL);
    assert_eq!(console::strip_ansi_codes(&coloured), drawn);
    assert!(coloured.contains("\x1b[1mWDJB MJHT\x1b[0m"), "{coloured:?}");
    let narrow = Canvas {
        width: 18,
        ..COLOURLESS
    };
    assert_eq!(code_box("WDJBMJHT", &narrow), "  WDJB MJHT");
}

#[test]
fn a_hostile_code_draws_nothing_of_its_own() {
    let shown = code_box("\x1b[2J\u{202e}\nx", &COLOURLESS);
    assert!(!shown.contains(['\x1b', '\u{202e}']), "{shown:?}");
    assert_eq!(shown.lines().count(), 5);
    let shown = code_box(&"日".repeat(500), &COLOURLESS);
    assert!(shown.chars().count() < 500, "{shown}");
    let widths: Vec<_> = shown.lines().map(measure_text_width).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{shown}");
}

#[test]
fn a_code_and_its_qr_code_are_seen_together_or_the_code_alone() {
    let on = |width, height| {
        let canvas = Canvas {
            width,
            height,
            ..TERMINAL
        };
        code("WDJBMJHT", Some(URL), &canvas)
    };
    let alone = code_box("WDJBMJHT", &TERMINAL);
    let beside = on(80, 24);
    assert!(beside.scans);
    let lines: Vec<_> = beside.lines.lines().collect();
    assert_eq!(lines.len() + WORDS, 23, "{}", beside.lines);
    let plain = console::strip_ansi_codes(lines[9]).into_owned();
    assert!(plain.starts_with("  ║   WDJB MJHT   ║   "), "{plain}");
    let widths: Vec<_> = lines.iter().map(|line| measure_text_width(line)).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");

    let above = on(40, 40);
    assert!(above.scans && above.lines.starts_with(&alone), "{above:?}");
    for (width, height) in [(40, 24), (80, 22), (30, 60), (0, 0)] {
        let drawing = on(width, height);
        assert!(!drawing.scans, "{width} by {height}");
        assert!(drawing.lines.contains("WDJB MJHT"), "{drawing:?}");
    }
    assert!(!code("WDJBMJHT", None, &TERMINAL).scans);
}
