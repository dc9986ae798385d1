//! The words that cells choose from: what PBXs write, and some of what they should not.

/// Phones and trunks, without the suffix of a channel; from [`FIRST_LOCAL`] on Local channels,
/// without their pair and half; the last is no channel.
pub(crate) const CHANNELS: [&str; 16] = [
    "PJSIP/1001",
    "PJSIP/1002",
    "PJSIP/1003",
    "SIP/kim-mobile",
    "PJSIP/trunk",
    "PJSIP/trunk-ovh",
    "PJSIP/2001",
    "Agent/2501",
    "DAHDI/i1/0145678901",
    "SIP/1001",
    "PJSIP/1004",
    "Local/1001@q",
    "Local/1002@q",
    "Local/1@x",
    "Local/2@y",
    "",
];

/// Where the Local channels begin.
pub(crate) const FIRST_LOCAL: usize = 11;

/// `lastapp`.
pub(crate) const APPLICATIONS: [&str; 8] = [
    "Dial",
    "Queue",
    "ConfBridge",
    "MeetMe",
    "AppDial2",
    "Park",
    "Playback",
    "",
];

/// `lastdata`.
pub(crate) const ARGUMENTS: [&str; 16] = [
    "",
    "blue",
    "black",
    "blue,t",
    "PJSIP/1001",
    "PJSIP/1002",
    "PJSIP/1003",
    "PJSIP/1001&PJSIP/1002",
    "PJSIP/1002,30",
    "PJSIP/0677777777@trunk",
    "PJSIP/0145678901@trunk-ovh,60",
    "PJSIP/trunk/sip:0145678901@host",
    "PJSIP/trunk/",
    "8000",
    "@trunk",
    "&&/,|",
];

/// Numbers of those who call and of those who are called.
pub(crate) const NUMBERS: [&str; 16] = [
    "",
    "1001",
    "1002",
    "1003",
    "0611223344",
    "0145678901",
    "+33145678901",
    "s",
    "blue",
    "3000",
    "4000",
    "8000",
    "vmu1002",
    "anonymous",
    "*60",
    "2001",
];

/// Uniqueids and callids. The linkedid is the first.
pub(crate) const IDS: [&str; 8] = [
    "1.1",
    "1.2",
    "1.3",
    "1.5",
    "",
    "1767225600.7",
    "pbx-1767225610.8",
    "NONE",
];

/// `clid`.
pub(crate) const CALLER_IDS: [&str; 4] = [
    "",
    "\"Ann\" <1001>",
    "\"Out Side\" <0611223344>",
    "0611223344",
];

/// `duration` where it is no usual one.
pub(crate) const LENGTHS: [&str; 16] = [
    "", "-5", "0.9", "600", "86400", "2678400", "2678401", "1e300", "NaN", "x", "NULL", "86399",
    "3600", "1800", "7200", "300",
];

/// Names of queues.
pub(crate) const QUEUES: [&str; 8] = ["blue", "black", "NONE", "", "red", "Blue", "a|b", "1001"];

/// Names of queue members.
pub(crate) const MEMBERS: [&str; 16] = [
    "NONE",
    "Agent/2501",
    "Agent/2502",
    "Agent/9",
    "Agent/",
    "PJSIP/1001",
    "PJSIP/1002",
    "Local/1001@q/n",
    "ann",
    "Zoe",
    "The Boss",
    "1002",
    "",
    "2501",
    "SIP/kim-mobile",
    "PJSIP/trunk",
];

/// Events of the queue log.
pub(crate) const EVENTS: [&str; 22] = [
    "ENTERQUEUE",
    "CONNECT",
    "COMPLETECALLER",
    "COMPLETEAGENT",
    "BLINDTRANSFER",
    "TRANSFER",
    "ATTENDEDTRANSFER",
    "ABANDON",
    "EXITEMPTY",
    "LEAVEEMPTY",
    "EXITWITHTIMEOUT",
    "EXITWITHKEY",
    "WITHDRAW",
    "RINGNOANSWER",
    "RINGCANCELED",
    "SYSCOMPAT",
    "FULL",
    "CLOSED",
    "JOINEMPTY",
    "DIVERT_CA_RATIO",
    "DIVERT_HOLDTIME",
    "PAUSE",
];

/// Data of events that are no small number.
pub(crate) const DATA: [&str; 24] = [
    "",
    "0611223344",
    "LINK",
    "BRIDGE",
    "1002",
    "0000",
    "1000",
    "4000",
    "5000",
    "15000",
    "1.2",
    "1.4",
    "default",
    "info",
    "SIP/a",
    "10|1",
    "-1",
    "4.5",
    "NaN",
    "1000000000",
    "1e300",
    "2678400",
    "3600",
    "NULL",
];

/// Types of channel events, some of them as numbers.
pub(crate) const CHANNEL_EVENTS: [&str; 16] = [
    "CHAN_START",
    "BRIDGE_ENTER",
    "BRIDGE_EXIT",
    "HANGUP",
    "CHAN_END",
    "LINKEDID_END",
    "APP_START",
    "ANSWER",
    "CHAN_START",
    "BRIDGE_ENTER",
    "BLINDTRANSFER",
    "PICKUP",
    "1",
    "7",
    "14",
    "",
];
