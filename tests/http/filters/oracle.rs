//! The oracle: what a filter lists is what plain code keeps of the whole list, as it is served.

use std::collections::BTreeSet;
use std::path::Path;

use call_history::asterisk::{Kind, Record};
use call_history::traffic::{FREEPBX_CDR, QUEUE_LOG, Shape, Traffic};
use chrono::DateTime;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::in_france;
use super::questions::{Question, Subject};
use crate::support::TestDatabase;
use crate::support::service::{Service, succeed};

/// 2026-01-29T00:00:00Z
const END: i64 = 1_769_644_800;
/// Of all made-up calls, and short enough to search texts in.
const WINDOW: &str = "from=2026-01-01&until=2026-01-30";

/// How many questions; `FILTERS` asks more.
fn questions() -> usize {
    std::env::var("FILTERS").map_or(250, |text| text.parse().unwrap())
}

#[test]
fn a_filtered_history_is_what_plain_code_keeps_of_the_whole() {
    let database = TestDatabase::new();
    let subjects = fill(&database);
    let service = in_france(&database);
    let seed = std::env::var("SEED").map_or(20_261_123, |text| text.parse().unwrap());
    let mut random = StdRng::seed_from_u64(seed);
    let mut listed = 0;
    let whole: Vec<Vec<Value>> = subjects
        .iter()
        .map(|subject| {
            let path = format!("{}&{WINDOW}&answeredElsewhere=include", subject.path());
            let whole = service.walk(&format!("{path}&size=1000"));
            assert!(whole.len() > 9, "{path}: {}", whole.len());
            whole
        })
        .collect();
    for _ in 0..questions() {
        let place = random.random_range(0..subjects.len());
        let question = Question::random(&mut random, &subjects[place], &whole[place]);
        listed += check(&service, &mut random, &question, &whole[place]);
    }
    // Not only empty lists were compared.
    assert!(listed > questions(), "{listed}");
}

/// Asks, page by page, and compares; returns how many entries there were.
fn check(service: &Service, random: &mut StdRng, question: &Question, whole: &[Value]) -> usize {
    let expected = question.answer(whole);
    let most = (expected.len() / 12).max(1);
    let size = random.random_range(most..=most + 40);
    let path = format!("{}&{WINDOW}&size={size}", question.path());
    let first = service.get(&path);
    let total = first.header("x-total-count").map(str::to_owned);
    let wanted = question.total.then(|| expected.len().to_string());
    assert_eq!(total, wanted, "{path}");
    let listed = service.walk(&path);
    let keys = |entries: &[Value]| -> Vec<String> {
        let key = |e: &Value| {
            let calls = &e["calls"];
            format!(
                "{} {} {} {calls}",
                e["startedAt"], e["callId"], e["queueName"]
            )
        };
        entries.iter().map(key).collect()
    };
    let (listed, wanted) = (keys(&listed), keys(&expected));
    let difference = listed
        .iter()
        .zip(&wanted)
        .find(|(listed, wanted)| listed != wanted);
    assert_eq!(difference, None, "{path}");
    assert_eq!(listed.len(), wanted.len(), "{path}");
    expected.len()
}

/// Takes in made-up calls; returns whose histories are asked for.
fn fill(database: &TestDatabase) -> Vec<Subject> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let shape = Shape {
        users: 12,
        agents: 5,
        queues: 4,
        days: 28,
        calls_per_working_day: 25.0,
        ..Shape::company(DateTime::from_timestamp(END, 0).unwrap())
    };
    let mut traffic = Traffic::new(&shape, 7);
    let (users, _, queues) = traffic.directory();
    let mut csv = "username,first_name,last_name,numbers,endpoints,agent_number\n".to_owned();
    for user in &users {
        let agent = user.agent_number.clone().unwrap_or_default();
        let (first, last) = (&user.first_name, &user.last_name);
        let (number, endpoint) = (&user.numbers[0].value, &user.endpoints[0].value);
        csv += &format!(
            "{},{first},{last},{number},{endpoint},{agent}\n",
            user.username
        );
    }
    std::fs::write(path("users"), csv).unwrap();
    let (best_user, best_agent, best_customer) = traffic.busiest();
    let (mut cdr, mut queue_log) = (Vec::new(), Vec::new());
    for call in &mut traffic {
        cdr.extend(call.cdr);
        queue_log.extend(call.queue_log);
    }
    write(Path::new(&path("cdr")), Kind::Cdr, &FREEPBX_CDR, &cdr);
    write(
        Path::new(&path("queue_log")),
        Kind::QueueLog,
        &QUEUE_LOG,
        &queue_log,
    );
    succeed(
        database,
        &["directory", "import", "--users", &path("users")],
    );
    let (cdr, queue_log) = (path("cdr"), path("queue_log"));
    succeed(
        database,
        &["import", "--cdr", &cdr, "--queue-log", &queue_log],
    );
    let names: BTreeSet<_> = queues.iter().map(|queue| queue.name.clone()).collect();
    assert!(names.contains("blue"));
    vec![
        Subject::User(best_user),
        Subject::User(users[0].username.clone()),
        Subject::Agent(best_agent),
        Subject::Queue("blue".to_owned()),
        Subject::Queue("bl".to_owned()),
        Subject::Customer(best_customer),
        Subject::All,
    ]
}

fn write(file: &Path, kind: Kind, columns: &[&str], rows: &[Record]) {
    let mut writer = csv::Writer::from_path(file).unwrap();
    writer.write_record(columns).unwrap();
    let places: Vec<usize> = columns
        .iter()
        .map(|name| kind.position(name).unwrap())
        .collect();
    for row in rows {
        let values = row.values();
        let fields = places
            .iter()
            .map(|place| values[*place].as_deref().unwrap_or_default());
        writer.write_record(fields).unwrap();
    }
    writer.flush().unwrap();
}
