//! The golden cases as cells. What the cells have no word for becomes the nearest that they
//! have: these are beginnings, not the cases themselves.

use crate::drive::cells::{FIRST_LENGTH, FIRST_WORD, SIZE};
use crate::drive::words;

/// The cells of each case of a golden text.
pub(crate) fn cells(text: &str) -> Vec<Vec<u8>> {
    let mut cases: Vec<Vec<u8>> = Vec::new();
    let has_agents = text.contains("agent=2501");
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match (words.first().copied(), cases.last_mut()) {
            (Some("case"), _) => {
                let flags = if has_agents { 4 } else { 0 };
                cases.push(vec![7, flags, 0, 0, 0, 0, 0, 0, 0, 0]);
            }
            (Some("cdr"), Some(case)) => case.extend(cdr(&words)),
            (Some("log"), Some(case)) => case.extend(event(&words)),
            (Some("chan"), Some(case)) => case.extend(life(&words)),
            _ => {}
        }
    }
    cases
}

fn cdr(words: &[&str]) -> [u8; SIZE] {
    let option = |name: &str| {
        let mut options = words.iter().filter_map(|word| word.split_once('='));
        options
            .find(|(n, _)| *n == name)
            .map_or("", |(_, value)| value)
    };
    let (second, fraction) = moment(words[1]);
    let length: usize = words[2].parse().unwrap_or(0);
    let billed: u8 = words[3].parse().unwrap_or(0);
    let answered = u8::from(words[4] == "ANSWERED") * 128;
    let sequence: u8 = option("sequence").parse().map_or(0, |n: u8| n % 31 + 1);
    [
        sequence << 3,
        second,
        length.min(FIRST_LENGTH - 1) as u8,
        billed.min(127) + answered,
        channel(words[5]),
        channel(words[6]),
        place(&words::APPLICATIONS, option("lastapp"))
            | place(&words::ARGUMENTS, option("lastdata")) << 3,
        place(&words::NUMBERS, option("src")) | place(&words::NUMBERS, option("dst")) << 4,
        place(&words::IDS, option("uniqueid")),
        fraction,
    ]
}

/// The events of a channel's life (`tests/golden/lives.rs`).
fn life(words: &[&str]) -> Vec<u8> {
    let (begin, end) = words[2].split_once('-').unwrap_or((words[2], ""));
    let mut cells = Vec::new();
    let mut push = |at: &str, kind: &str, app: u8, bridge: u8| {
        let (second, fraction) = moment(at);
        let own = if words[1].ends_with("-1") {
            0
        } else {
            15 << 4 | 15
        };
        let kind = place(&words::CHANNEL_EVENTS, kind);
        let name = channel(words[1]);
        cells.extend([
            255 - 120,
            second,
            fraction,
            kind,
            name,
            own,
            app,
            bridge,
            1,
            2,
        ]);
    };
    push(begin, "CHAN_START", 0, 0);
    for word in &words[3..] {
        match word.split_once('=') {
            Some(("run", what)) => {
                let (at, what) = what.split_once(':').unwrap_or((begin, what));
                let (app, data) = what.split_once('(').unwrap_or((what, ""));
                let app = place(&words::APPLICATIONS, app)
                    | place(&words::ARGUMENTS, data.trim_end_matches(')')) << 3;
                push(at, "APP_START", app, 0);
            }
            Some(("in", what)) => {
                let (span, bridge) = what.split_once(':').unwrap_or((what, ""));
                let (from, until) = span.split_once('-').unwrap_or((span, ""));
                let bridge = if bridge == "hold" {
                    255
                } else {
                    bridge.len() as u8
                };
                push(from, "BRIDGE_ENTER", 0, bridge);
                if !until.is_empty() {
                    push(until, "BRIDGE_EXIT", 0, bridge);
                }
            }
            _ => {}
        }
    }
    if !end.is_empty() {
        push(end, "CHAN_END", 0, 0);
    }
    cells
}

fn event(words: &[&str]) -> [u8; SIZE] {
    let (second, fraction) = moment(words[1]);
    let mut cell = [
        4,
        second,
        fraction,
        place(&words::QUEUES, words[3]) | place(&words::EVENTS, words[5]) << 3,
        place(&words::IDS, words[2]) | place(&words::MEMBERS, words[4]) << 3,
        0,
        0,
        0,
        0,
        0,
    ];
    let mut data = words.get(6).copied().unwrap_or_default().splitn(5, '|');
    for byte in &mut cell[5..] {
        let text = data.next().unwrap_or_default();
        let number = text.parse().ok().filter(|n: &usize| *n < FIRST_WORD);
        let word = || FIRST_WORD + usize::from(place(&words::DATA, text));
        *byte = number.unwrap_or_else(word) as u8;
    }
    cell
}

fn moment(text: &str) -> (u8, u8) {
    let second: f64 = text.parse().unwrap_or(0.0);
    (second.min(255.0) as u8, (second.fract() * 256.0) as u8)
}

/// The place of a word; of the first where it is none of them.
fn place(list: &[&str], word: &str) -> u8 {
    list.iter().position(|known| *known == word).unwrap_or(0) as u8
}

fn channel(name: &str) -> u8 {
    if let Some((pair, half)) = name.split_once(';') {
        let extension = pair.split('@').next().unwrap_or(pair);
        let is_like = |known: &&str| known.split('@').next() == Some(extension);
        let n = words::CHANNELS
            .iter()
            .position(is_like)
            .unwrap_or(words::FIRST_LOCAL);
        return n as u8 | u8::from(half == "2") << 4;
    }
    let (endpoint, suffix) = name.rsplit_once('-').unwrap_or(("", "0"));
    let suffix: u8 = suffix.parse().unwrap_or(0);
    place(&words::CHANNELS, endpoint) | (suffix % 16) << 4
}
