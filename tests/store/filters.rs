//! Filters: what the database compares, and what is compared of calls that are not stored, must
//! be the same.

use call_history::model::{
    Direction, Directory, Entry, NumberForm, Owner, Principal, Status, TextSearch,
};
use call_history::store::calls::replace;
use call_history::store::history::{Filter, Order, PageQuery, count, page};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::made_up::{call, entry, time};
use crate::support::TestDatabase;

const CALLS: i64 = 400;
const QUESTIONS: usize = 400;

const NUMBERS: [&str; 6] = ["0611223344", "+33611223344", "1000", "anonymous", "*98", ""];
const NAMES: [&str; 6] = ["José", "%", "Σίσυφος", "o_o", "\u{212a}im", "\u{130}PEK"];
const STATUSES: [Status; 4] = [
    Status::Answered,
    Status::Emitted,
    Status::Missed,
    Status::Ongoing,
];

fn owners() -> [Owner; 4] {
    [
        Owner::user("alice"),
        Owner::queue("blue"),
        Owner::customer("0611223344"),
        Owner::all(),
    ]
}

fn some(random: &mut StdRng, of: &[&str]) -> Option<String> {
    let text = of.choose(random).unwrap();
    (!text.is_empty()).then(|| (*text).to_owned())
}

/// Short or long.
fn seconds(random: &mut StdRng) -> i64 {
    let most = if random.random() { 110 } else { 600 };
    random.random_range(0..most)
}

/// An entry of which anything may be the case, also what no call gives.
pub(crate) fn any_entry(random: &mut StdRng, owner: Owner, start: i64) -> Entry {
    let mut made = entry(owner, start);
    made.status = *STATUSES.choose(random).unwrap();
    made.direction = *Direction::ALL.choose(random).unwrap();
    (made.talk_seconds, made.talking_since) = match random.random_range(0..4) {
        0 => (None, None),
        1 => (None, Some(time(start + random.random_range(0..50)))),
        _ => (Some(seconds(random)), None),
    };
    made.wait_seconds = random.random_bool(0.6).then(|| seconds(random));
    made.answered_elsewhere = random.random_bool(0.1);
    made.src.number = some(random, &NUMBERS);
    made.src.user = some(random, &["alice", "bob", "", ""]);
    made.src.name = some(random, &NAMES);
    made.dst.number = some(random, &NUMBERS);
    made.dialed = some(random, &NUMBERS);
    made.queue = some(random, &["blue", "Blue", ""]);
    made.agent = some(random, &["7", "07", ""]);
    made.account_code = some(random, &["sales", "sales ", ""]);
    made.has_recording = random.random();
    made
}

fn any_filter(random: &mut StdRng) -> Filter {
    let mut filter = Filter {
        now: time(CALLS + 40),
        ..Filter::default()
    };
    for _ in 0..random.random_range(1..=3) {
        let seconds = seconds(random);
        match random.random_range(0..11) {
            0 => filter.statuses.push(*STATUSES.choose(random).unwrap()),
            1 => filter
                .directions
                .push(*Direction::ALL.choose(random).unwrap()),
            2 | 3 => {
                filter.numbers.insert(any_form(random));
            }
            4 => filter.queues.extend(some(random, &["blue", "BLUE"])),
            5 => filter.agents.extend(some(random, &["7", "7 "])),
            6 => filter.account_codes.extend(some(random, &["sales", "%"])),
            7 => filter.least_talk = Some(seconds),
            8 => filter.most_talk = Some(seconds),
            9 => filter.least_wait = Some(seconds),
            _ => filter.has_recording = Some(random.random()),
        }
    }
    if random.random_bool(0.2) {
        let text = *[
            "jos", "JOSÉ", "%", "ΣΊ", "_", "alice", "06 11", "kIm", "i", "pek", "ip",
        ]
        .choose(random)
        .unwrap();
        filter.text = Some(TextSearch::new(text, &Directory::default()));
    }
    filter
}

fn any_form(random: &mut StdRng) -> NumberForm {
    let text = |text: &str| text.to_owned();
    match random.random_range(0..6) {
        0 => NumberForm::Exactly(text("0611223344")),
        1 => NumberForm::Exactly(text("33611223344")),
        2 => NumberForm::BeginsWith(text("06"), random.random_range(0..12)),
        3 => NumberForm::BeginsWith(text("1000"), 0),
        4 => NumberForm::EndsWith(text("344")),
        _ => NumberForm::EndsWith(text("1223344")),
    }
}

#[test]
fn the_database_lets_pass_what_passes_elsewhere() {
    let seed = std::env::var("SEED").map_or(7, |text| text.parse().unwrap());
    let random = &mut StdRng::seed_from_u64(seed);
    let database = TestDatabase::new();
    let conn = &mut database.connect();
    let calls: Vec<_> = (0..CALLS)
        .map(|nr| {
            let [user, queue, customer, all] = owners();
            let entries = [user, queue, customer].map(|owner| any_entry(random, owner, nr / 3));
            let mut made = call(&format!("1.{nr}"), nr / 3, entries.to_vec());
            made.summary = any_entry(random, all, nr / 3);
            made
        })
        .collect();
    replace(conn, &calls, &[]).unwrap();
    let mut listed = 0;
    for _ in 0..QUESTIONS {
        let owner = owners().choose(random).unwrap().clone();
        let whose = Principal::administrator().readable([owner.clone()]);
        let everything = PageQuery {
            answered_elsewhere: true,
            limit: 1000,
            ..PageQuery::default()
        };
        let mut whole = page(conn, &whose, &everything).unwrap();
        assert_eq!(whole.len(), calls.len());
        let after = whole.choose(random).map(|line| line.position());
        let query = PageQuery {
            from: random.random_bool(0.3).then(|| time(20)),
            until: random.random_bool(0.3).then(|| time(110)),
            filter: any_filter(random),
            answered_elsewhere: random.random(),
            order: match random.random() {
                true => Order::Descending,
                false => Order::Ascending,
            },
            after: after.filter(|_| random.random_bool(0.5)),
            limit: 1000,
        };
        if query.order == Order::Ascending {
            whole.reverse();
        }
        whole.retain(|line| query.wants(line));
        let found = page(conn, &whose, &query).unwrap();
        assert_eq!(found, whole, "{owner:?} {query:?}");
        if query.after.is_none() {
            let counted = count(conn, &whose, &query, 1000).unwrap();
            assert_eq!(counted, whole.len(), "{owner:?} {query:?}");
        }
        listed += found.len();
    }
    // Not only empty lists were compared.
    assert!(listed > 10 * QUESTIONS, "{listed}");
}
