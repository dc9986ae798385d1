//! Calls as a PBX writes them down.

use crate::support::TestDatabase;
use crate::support::service::succeed;

/// The row of one phone that rang, in the call that `id` names.
pub(super) struct Row {
    /// The call: its uniqueid, in seconds, which is also when it began.
    pub(super) id: u32,
    /// Which of the call's rows.
    pub(super) number: u32,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    /// How long it rang, and how long was talked.
    pub(super) ringing: u32,
    pub(super) talk: u32,
}

impl Row {
    /// Somebody calls and is answered.
    pub(super) fn answered(number: u32, from: &'static str, to: &'static str) -> Self {
        Self {
            id: 1_790_000_000,
            number,
            from,
            to,
            ringing: 2,
            talk: 3,
        }
    }

    /// The row of a CSV file.
    pub(super) fn text(&self) -> String {
        let start = chrono::DateTime::from_timestamp(self.id.into(), 0).unwrap();
        let start = start.format("%Y-%m-%d %H:%M:%S");
        let Self {
            id,
            number,
            from,
            to,
            talk,
            ..
        } = self;
        let duration = self.ringing + talk;
        let disposition = if *talk == 0 { "NO ANSWER" } else { "ANSWERED" };
        format!(
            "{start},\"User\" <{from}>,{from},{to},default,PJSIP/{from}-{id:08x},\
             PJSIP/{to}-{number:08x},Dial,PJSIP/{to},{duration},{talk},{disposition},3,,\
             {id}.1,,{id}.1\n"
        )
    }
}

/// Imports rows.
pub(super) fn import(database: &TestDatabase, rows: impl IntoIterator<Item = String>) {
    let head = "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,\
                billsec,disposition,amaflags,accountcode,uniqueid,userfield,linkedid\n";
    let csv: String = std::iter::once(head.to_owned()).chain(rows).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cdr.csv");
    std::fs::write(&path, csv).unwrap();
    succeed(database, &["import", "--cdr", path.to_str().unwrap()]);
}
