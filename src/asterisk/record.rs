//! The PBX's rows as they come: texts in named columns, nothing understood yet.
//!
//! A [`Record`] is what the landing tables hold. Keeping the texts means that no row is lost
//! because it could not be understood: `0000-00-00`, a word where a number belongs, a
//! disposition as a number. Column sets: Asterisk's own tables, FreePBX's, Issabel's.

use sha2::{Digest, Sha256};

/// One of the three kinds of rows that Asterisk writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Call detail records: one path between two parties.
    Cdr,
    /// Events of the queues.
    QueueLog,
    /// Channel events.
    Cel,
}

/// A column of a landing table.
#[derive(Debug)]
pub struct Column {
    /// Its name in our table and in the CSV header.
    pub name: &'static str,
    /// Other names that it has elsewhere.
    pub aliases: &'static [&'static str],
    /// How many characters fit.
    pub width: usize,
}

const fn column(name: &'static str, width: usize) -> Column {
    Column {
        name,
        aliases: &[],
        width,
    }
}

const fn alias(name: &'static str, aliases: &'static [&'static str], width: usize) -> Column {
    Column {
        name,
        aliases,
        width,
    }
}

/// Columns of `cdr`: Asterisk's own and FreePBX's. `calldate` is the classic name of `start`.
static CDR: [Column; 31] = [
    column("accountcode", 255),
    column("src", 255),
    column("dst", 255),
    column("dcontext", 255),
    column("clid", 255),
    column("channel", 255),
    column("dstchannel", 255),
    column("lastapp", 255),
    column("lastdata", 1024),
    alias("start", &["calldate"], 32),
    column("answer", 32),
    column("end", 32),
    column("duration", 32),
    column("billsec", 32),
    column("disposition", 45),
    column("amaflags", 45),
    column("userfield", 1024),
    column("uniqueid", 255),
    column("linkedid", 255),
    column("peeraccount", 255),
    column("sequence", 32),
    column("did", 255),
    column("recordingfile", 512),
    column("cnum", 255),
    column("cnam", 255),
    column("outbound_cnum", 255),
    column("outbound_cnam", 255),
    column("dst_cnam", 255),
    column("tenantid", 255),
    column("peertenantid", 255),
    // Asterisk's cdr_odbc writes this name and no other; the importer never does.
    column("calldate", 32),
];

/// Columns of `queue_log`. `time` is a local date and time, or an epoch.
static QUEUE_LOG: [Column; 10] = [
    column("time", 32),
    column("callid", 255),
    column("queuename", 256),
    column("agent", 255),
    column("event", 32),
    column("data1", 255),
    column("data2", 255),
    column("data3", 255),
    column("data4", 255),
    column("data5", 255),
];

/// Columns of `cel`.
static CEL: [Column; 20] = [
    column("eventtype", 64),
    column("eventtime", 32),
    column("userdeftype", 255),
    column("cid_name", 255),
    column("cid_num", 255),
    column("cid_ani", 255),
    column("cid_rdnis", 255),
    column("cid_dnid", 255),
    column("exten", 255),
    column("context", 255),
    alias("channame", &["channel"], 255),
    column("appname", 255),
    column("appdata", 2048),
    column("amaflags", 45),
    column("accountcode", 255),
    column("uniqueid", 255),
    column("linkedid", 255),
    column("peer", 1024),
    column("userfield", 1024),
    alias("extra", &["eventextra"], 4096),
];

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 3] = [Self::Cdr, Self::QueueLog, Self::Cel];

    /// The name of the landing table.
    pub fn table(self) -> &'static str {
        match self {
            Self::Cdr => "cdr",
            Self::QueueLog => "queue_log",
            Self::Cel => "cel",
        }
    }

    /// The columns, in the order of a [`Record`]'s values.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Cdr => &CDR,
            Self::QueueLog => &QUEUE_LOG,
            Self::Cel => &CEL,
        }
    }

    /// Columns without which a row says nothing.
    pub fn required(self) -> &'static [&'static str] {
        match self {
            Self::Cdr => &["start", "channel", "disposition"],
            Self::QueueLog => &["time", "callid", "queuename", "agent", "event"],
            Self::Cel => &["eventtype", "eventtime", "channame", "uniqueid"],
        }
    }

    /// The position of the column with this name (or alias), whatever its case.
    pub fn position(self, name: &str) -> Option<usize> {
        let by_name = |column: &Column| column.name.eq_ignore_ascii_case(name);
        let by_alias =
            |column: &Column| column.aliases.iter().any(|a| a.eq_ignore_ascii_case(name));
        let columns = self.columns();
        columns
            .iter()
            .position(by_alias)
            .or_else(|| columns.iter().position(by_name))
    }
}

/// One row of one kind, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    kind: Kind,
    values: Vec<Option<String>>,
}

impl Record {
    /// An empty row.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            values: vec![None; kind.columns().len()],
        }
    }

    /// Which kind of row.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Sets the value at a position; an empty text is no value.
    pub fn set(&mut self, position: usize, value: impl Into<String>) {
        let value = value.into();
        self.values[position] = (!value.is_empty()).then_some(value);
    }

    /// The values, in the order of [`Kind::columns`].
    pub fn values(&self) -> &[Option<String>] {
        &self.values
    }

    /// The value of a column; empty when there is none.
    ///
    /// # Panics
    /// When the kind has no column of this name: a programming error.
    pub fn get(&self, name: &str) -> &str {
        let position = self
            .kind
            .columns()
            .iter()
            .position(|column| column.name == name);
        debug_assert!(position.is_some(), "no column {name} in {:?}", self.kind);
        position
            .and_then(|position| self.values[position].as_deref())
            .unwrap_or_default()
    }

    /// What tells this row from all others of its source: a hash of what it says. NULL and
    /// the empty text are the same.
    pub fn fingerprint(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        for (position, value) in self.values.iter().enumerate() {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                hash.update((position as u32).to_be_bytes());
                hash.update((value.len() as u64).to_be_bytes());
                hash.update(value);
            }
        }
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&hash.finalize()[..16]);
        fingerprint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calldate_is_start_in_any_case() {
        let start = Kind::Cdr.columns().iter().position(|c| c.name == "start");
        assert_eq!(Kind::Cdr.position("CALLDATE"), start);
        assert_eq!(Kind::Cdr.position("Start"), start);
        assert_eq!(Kind::Cdr.position("nonsense"), None);
    }

    #[test]
    fn an_empty_value_and_none_have_one_fingerprint_but_columns_do_not_mix() {
        let mut a = Record::new(Kind::QueueLog);
        let b = a.clone();
        a.set(5, "");
        assert_eq!(a.fingerprint(), b.fingerprint());
        let mut c = b.clone();
        a.set(5, "x");
        c.set(6, "x");
        assert_ne!(a.fingerprint(), c.fingerprint());
    }
}
