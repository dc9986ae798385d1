//! Calls composed of the shapes that PBXs write, as rows.

use call_history::asterisk::{Cdr, Kind, QueueEvent, Record};
use call_history::fold::{DEFAULT_SOURCE, Rows};
use call_history::model::{Directory, Queue, User, Validity, Valued};
use proptest::prelude::*;

/// Second 0 of every call.
const ZERO: i64 = 1_767_225_600;

/// One thing that happens to a caller. Times are seconds of ringing and of talk.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// An announcement or a menu.
    Menu(u8),
    /// These phones ring together; the first of them may answer.
    Ring {
        phones: Vec<u8>,
        local: bool,
        rang: u8,
        talk: Option<u8>,
    },
    /// A stay in a queue: members who do not answer one after the other, then one who may.
    Queue {
        queue: u8,
        members: Vec<u8>,
        local: bool,
        rang: u8,
        talk: Option<u8>,
    },
    /// Refused at the door of a queue.
    Refused(u8),
    /// The phone that was called calls another.
    Consult { from: u8, to: u8, talk: u8 },
    /// A conference room with another phone.
    Room(u8, u8),
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let phones = || proptest::collection::vec(0..8_u8, 1..4);
    let talk = || proptest::option::of(0..90_u8);
    prop_oneof![
        (0..20_u8).prop_map(Step::Menu),
        (phones(), any::<bool>(), 0..20_u8, talk()).prop_map(|(phones, local, rang, talk)| {
            Step::Ring {
                phones,
                local,
                rang,
                talk,
            }
        }),
        (0..3_u8, phones(), any::<bool>(), 0..20_u8, talk()).prop_map(
            |(queue, members, local, rang, talk)| Step::Queue {
                queue,
                members,
                local,
                rang,
                talk,
            }
        ),
        (0..3_u8).prop_map(Step::Refused),
        (0..8_u8, 0..8_u8, 0..30_u8).prop_map(|(from, to, talk)| Step::Consult { from, to, talk }),
        (0..8_u8, 0..60_u8).prop_map(|(phone, talk)| Step::Room(phone, talk)),
    ]
}

/// The rows of a call, written as a PBX writes them.
pub(crate) struct Pbx {
    caller: &'static str,
    src: &'static str,
    now: i64,
    channels: usize,
    pub(crate) cdr: Vec<Record>,
    pub(crate) queue_log: Vec<Record>,
    /// Without the `sequence` column, or one that is always 0.
    counted: bool,
}

impl Pbx {
    pub(crate) fn call(from_outside: bool, counted: bool, steps: &[Step]) -> Self {
        let (caller, src) = if from_outside {
            ("PJSIP/trunk-ovh-00000001", "0611223344")
        } else {
            ("PJSIP/1001-00000001", "1001")
        };
        let mut pbx = Self {
            caller,
            src,
            now: 0,
            channels: 1,
            cdr: Vec::new(),
            queue_log: Vec::new(),
            counted,
        };
        for step in steps {
            pbx.step(step);
        }
        pbx
    }

    fn step(&mut self, step: &Step) {
        let caller = self.caller;
        match step {
            Step::Menu(length) => {
                let length = i64::from(*length);
                self.row("1.1", caller, "", length, length, true, "BackGround", "");
                self.now += length;
            }
            Step::Ring {
                phones,
                local,
                rang,
                talk,
            } => self.ring(phones, *local, i64::from(*rang), *talk, "Dial", "group"),
            Step::Queue {
                queue,
                members,
                local,
                rang,
                talk,
            } => self.queue(*queue, members, *local, i64::from(*rang), *talk),
            Step::Refused(queue) => self.log(*queue, "NONE", "FULL", ""),
            Step::Consult { from, to, talk } => {
                let (from, to) = (self.channel(*from), self.channel(*to));
                let id = format!("1.{}", self.channels);
                let talk = i64::from(*talk);
                self.row(&id, &from, &to, talk + 1, talk, talk > 0, "Dial", "consult");
            }
            Step::Room(phone, talk) => {
                let other = self.channel(*phone);
                let talk = i64::from(*talk);
                self.row("1.1", caller, &other, talk, talk, true, "ConfBridge", "1");
                self.now += talk;
            }
        }
    }

    fn queue(&mut self, queue: u8, members: &[u8], local: bool, rang: i64, talk: Option<u8>) {
        let entered = self.now;
        let src = self.src;
        self.log(queue, "NONE", "ENTERQUEUE", &format!("|{src}|1"));
        let name = format!("queue{queue}");
        for member in members {
            self.ring(&[*member], local, rang, None, "Queue", &name);
            let agent = format!("Agent/25{member:02}");
            self.log(queue, &agent, "RINGNOANSWER", &format!("{}", rang * 1000));
        }
        let hold = self.now - entered + rang;
        let Some(talk) = talk else {
            self.log(queue, "NONE", "ABANDON", &format!("1|1|{hold}"));
            return;
        };
        let agent = format!("Agent/25{:02}", members[0]);
        let begun = self.now;
        self.ring(&members[..1], local, rang, Some(talk), "Queue", &name);
        let ended = self.now;
        self.now = begun + rang;
        self.log(queue, &agent, "CONNECT", &format!("{hold}|1.2|{rang}"));
        self.now = ended;
        let done = format!("{hold}|{talk}|1");
        self.log(queue, &agent, "COMPLETECALLER", &done);
    }

    fn ring(
        &mut self,
        phones: &[u8],
        local: bool,
        rang: i64,
        talk: Option<u8>,
        app: &str,
        data: &str,
    ) {
        let caller = self.caller;
        let mut length = rang;
        for (n, phone) in phones.iter().enumerate() {
            let talk = talk.map(i64::from).filter(|_| n == 0);
            let whole = rang + talk.unwrap_or(0);
            length = length.max(whole);
            let to = self.channel(*phone);
            let answered = talk.is_some();
            // The caller of a queue or a menu is up: the row bills the ringing as well.
            let billed = if app == "Queue" {
                whole
            } else {
                talk.unwrap_or(0)
            };
            if local {
                let half = format!("Local/10{phone:02}@users-{:08x}", self.channels);
                let id = format!("1.{}", self.channels);
                let (one, two) = (format!("{half};1"), format!("{half};2"));
                self.row("1.1", caller, &one, whole, billed, answered, app, data);
                self.row(
                    &id,
                    &two,
                    &to,
                    whole,
                    talk.unwrap_or(0),
                    answered,
                    "Dial",
                    "",
                );
            } else {
                self.row("1.1", caller, &to, whole, billed, answered, app, data);
            }
        }
        self.now += length;
    }

    fn channel(&mut self, phone: u8) -> String {
        self.channels += 1;
        format!("PJSIP/10{phone:02}-{:08x}", self.channels)
    }

    #[expect(clippy::too_many_arguments, reason = "a row has many columns")]
    fn row(
        &mut self,
        uniqueid: &str,
        channel: &str,
        dstchannel: &str,
        duration: i64,
        billsec: i64,
        answered: bool,
        lastapp: &str,
        lastdata: &str,
    ) {
        let mut record = Record::new(Kind::Cdr);
        let disposition = if answered { "ANSWERED" } else { "NO ANSWER" };
        let sequence = if self.counted { self.cdr.len() + 1 } else { 0 };
        for (column, value) in [
            ("start", &*(ZERO + self.now).to_string()),
            ("uniqueid", uniqueid),
            ("linkedid", "1.1"),
            ("channel", channel),
            ("dstchannel", dstchannel),
            ("duration", &duration.to_string()),
            ("billsec", &billsec.to_string()),
            ("disposition", disposition),
            ("lastapp", lastapp),
            ("lastdata", lastdata),
            ("src", self.src),
            ("dst", "3000"),
            ("sequence", &sequence.to_string()),
        ] {
            record.set(Kind::Cdr.position(column).unwrap(), value);
        }
        self.cdr.push(record);
    }

    fn log(&mut self, queue: u8, member: &str, event: &str, data: &str) {
        let mut record = Record::new(Kind::QueueLog);
        let time = (ZERO + self.now).to_string();
        let queue = format!("queue{queue}");
        let head = [&time, "1.1", &queue, member, event];
        for (n, value) in head.into_iter().chain(data.split('|')).enumerate() {
            record.set(n, value);
        }
        self.queue_log.push(record);
    }

    pub(crate) fn rows(&self) -> Rows {
        let zone = chrono_tz::UTC;
        let cdr = self.cdr.iter().map(|row| Cdr::read(row, zone).unwrap());
        let log = (0..).zip(&self.queue_log);
        let log = log.map(|(place, row)| QueueEvent::read(row, place, zone).unwrap());
        Rows {
            source: DEFAULT_SOURCE.to_owned(),
            linkedid: "1.1".to_owned(),
            cdr: cdr.collect(),
            queue_log: log.collect(),
            ..Rows::default()
        }
    }
}

/// Half of the phones are known, some of them as agents', two as one user's.
pub(crate) fn directory() -> Directory {
    let valued = |value: String| Valued {
        source: DEFAULT_SOURCE.to_owned(),
        value,
        validity: Validity::default(),
    };
    let users = (0..4_u8).map(|n| User {
        username: format!("user{n}"),
        numbers: vec![valued(format!("10{n:02}"))],
        endpoints: vec![
            valued(format!("PJSIP/10{n:02}")),
            valued(format!("PJSIP/10{:02}", (n + 4) / 2 * 2)),
        ],
        agent_number: (n % 2 == 0).then(|| format!("25{n:02}")),
        ..User::default()
    });
    let queue = Queue {
        name: "queue0".to_owned(),
        number: "3000".to_owned(),
        ..Queue::default()
    };
    Directory::new(users, [], [queue])
}
