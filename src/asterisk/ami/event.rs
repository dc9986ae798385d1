//! What events say: of phones, and of channels and queues, as `cel` and `queue_log` say it.

use chrono::TimeDelta;

use super::message::Message;
use crate::asterisk::cdr::LONGEST;
use crate::asterisk::queue_log::data_columns;
use crate::asterisk::{Channel, ChannelEvent, Event, Happening, HungUp, QueueEvent};
use crate::model::Time;

/// What an event says, as far as somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The state of a hint.
    Hint {
        /// The extension: `1000`.
        exten: String,
        /// Its context.
        context: String,
        /// What it watches, as in the dialplan: `PJSIP/1000&Custom:DND1000`.
        watched: String,
        /// The state as a number.
        status: i32,
    },
    /// Something happened to a channel.
    Channel(ChannelEvent),
    /// A channel makes another ring, since that one began.
    Dials {
        /// The channel that does.
        event: ChannelEvent,
        /// The uniqueid of the other.
        rings: String,
    },
    /// Something happened in a queue.
    Queue(QueueEvent),
}

/// What this event says, which came at this time. None when nobody asks.
pub fn report(message: &Message, now: Time) -> Option<Report> {
    let happening = match message.event() {
        "ExtensionStatus" => return hint(message),
        "Newchannel" => Happening::Start,
        "Newstate" | "Newexten" | "NewCallerid" => Happening::Other,
        "BridgeEnter" => Happening::Enter {
            bridge: bridge(message)?,
            holding: message.get("BridgeTechnology") == "holding_bridge",
        },
        "BridgeLeave" => Happening::Exit {
            bridge: bridge(message)?,
        },
        "Hangup" => Happening::End,
        "DialBegin" => return dials(message, now),
        _ => return queue(message, now).map(Report::Queue),
    };
    channel(message, happening, now).map(Report::Channel)
}

/// What an item of a list of channels says of one, at this time: the events that led to it, as
/// far as they can be known. When it came into its bridge cannot: it is now. `is_holding` tells
/// in which bridges nobody hears the others.
pub fn listed_channel(
    message: &Message,
    is_holding: impl Fn(&str) -> bool,
    now: Time,
) -> Vec<ChannelEvent> {
    let began = seconds(message.get("Duration"))
        .and_then(|seconds| now.checked_sub_signed(TimeDelta::seconds(seconds)));
    let mut events = Vec::new();
    events.extend(channel(message, Happening::Start, began.unwrap_or(now)));
    let bridge = message.short("BridgeId");
    if !bridge.is_empty() {
        let enter = Happening::Enter {
            bridge: bridge.to_owned(),
            holding: is_holding(bridge),
        };
        events.extend(channel(message, enter, now));
    }
    events
}

/// Whether a list of hints was refused because there are none.
pub fn is_no_hints(response: &Message) -> bool {
    response.get("Message").starts_with("No dialplan hints")
}

fn hint(message: &Message) -> Option<Report> {
    let exten = message.get("Exten");
    let status = message.get("Status").trim().parse().ok()?;
    (!exten.is_empty()).then(|| Report::Hint {
        exten: exten.to_owned(),
        context: message.get("Context").to_owned(),
        watched: message.get("Hint").to_owned(),
        status,
    })
}

fn bridge(message: &Message) -> Option<String> {
    let bridge = message.short("BridgeUniqueid");
    (!bridge.is_empty()).then(|| bridge.to_owned())
}

fn channel(message: &Message, happening: Happening, time: Time) -> Option<ChannelEvent> {
    let text = |key: &str| message.short(key).to_owned();
    let uniqueid = text("Uniqueid");
    let channel =
        Channel::parse(message.short("Channel")).filter(|channel| !channel.is_message())?;
    let linkedid = Some(text("Linkedid")).filter(|linkedid| !linkedid.is_empty());
    (!uniqueid.is_empty()).then(|| ChannelEvent {
        time,
        again: None,
        happening,
        linkedid: linkedid.unwrap_or_else(|| uniqueid.clone()),
        uniqueid,
        channel: Some(channel),
        application: text("Application"),
        data: text(match message.event() {
            "Newexten" => "AppData",
            _ => "ApplicationData",
        }),
        exten: text("Exten"),
        number: text("CallerIDNum"),
        name: text("CallerIDName"),
        accountcode: text("AccountCode"),
    })
}

/// Events of class `dialplan`, which would name the application, are many; this one says as much.
fn dials(message: &Message, now: Time) -> Option<Report> {
    let rung = Channel::parse(message.short("DestChannel"))?;
    let mut event = channel(message, Happening::Other, now)?;
    event.application = "Dial".to_owned();
    event.data = match rung {
        Channel::Phone { endpoint, .. } => endpoint,
        Channel::Local { pair, .. } => {
            let dialled = pair.rsplit_once('-');
            dialled.map_or(pair.clone(), |(dialled, _)| dialled.to_owned())
        }
    };
    let rings = message.short("DestUniqueid").to_owned();
    Some(Report::Dials { event, rings })
}

/// The event of the queue log that Asterisk writes together with this one.
fn queue(message: &Message, now: Time) -> Option<QueueEvent> {
    let get = |key: &'static str| message.short(key);
    let member = get("MemberName");
    let (event, member, data) = match message.event() {
        "QueueCallerJoin" => (
            Event::EnterQueue,
            "",
            ["", get("CallerIDNum"), get("Position")],
        ),
        // With an answer, too; the log has no word for it.
        "QueueCallerLeave" => (Event::Other("LEAVE".to_owned()), "", ["", "", ""]),
        "QueueCallerAbandon" => (
            Event::Abandon,
            "",
            [get("Position"), get("OriginalPosition"), get("HoldTime")],
        ),
        "AgentConnect" => (
            Event::Connect,
            member,
            [get("HoldTime"), get("DestUniqueid"), get("RingTime")],
        ),
        // How long it rang is written in different units.
        "AgentRingNoAnswer" => (Event::RingNoAnswer, member, ["", "", ""]),
        "AgentDump" => (Event::AgentDump, member, ["", "", ""]),
        "AgentComplete" => (
            Event::Complete(match get("Reason") {
                "caller" => Some(HungUp::Caller),
                "agent" => Some(HungUp::Member),
                _ => None,
            }),
            member,
            [get("HoldTime"), get("TalkTime"), ""],
        ),
        _ => return None,
    };
    let (callid, queue) = (get("Uniqueid"), get("Queue"));
    (!callid.is_empty() && !queue.is_empty()).then(|| QueueEvent {
        time: now,
        fraction: true,
        again: None,
        place: 0,
        callid: callid.to_owned(),
        queue: queue.to_owned(),
        member: member.to_owned(),
        event,
        data: data_columns(data.into_iter()),
    })
}

/// `HH:MM:SS`, or seconds.
fn seconds(duration: &str) -> Option<i64> {
    let parts = duration.split(':');
    let total = parts.into_iter().try_fold(0_i64, |total, part| {
        let part = part.trim().parse::<u32>().ok()?;
        total.checked_mul(60)?.checked_add(i64::from(part))
    })?;
    (total <= LONGEST).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        Time::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn every_code_of_a_hint_passes_through() {
        for code in [0, 1, 2, 4, 8, 9, 16, 17, -1, -2] {
            let text = code.to_string();
            let message = Message::from([
                ("Event", "ExtensionStatus"),
                ("Exten", "1000"),
                ("Context", "default"),
                ("Hint", "PJSIP/1000"),
                ("Status", &text),
            ]);
            let Some(Report::Hint { status, exten, .. }) = report(&message, now()) else {
                panic!("{code}");
            };
            assert_eq!((exten.as_str(), status), ("1000", code));
        }
        for status in ["", "Idle", "99999999999"] {
            let fields = [
                ("Event", "ExtensionStatus"),
                ("Exten", "1"),
                ("Status", status),
            ];
            assert_eq!(report(&fields.into(), now()), None, "{status}");
        }
    }

    #[test]
    fn a_channel_without_an_id_or_a_name_is_none() {
        for (channel, id) in [
            ("", "1.1"),
            ("PJSIP/1000-1", ""),
            ("Message/ast_msg_queue", "1.1"),
        ] {
            let fields = [
                ("Event", "Newchannel"),
                ("Channel", channel),
                ("Uniqueid", id),
            ];
            assert_eq!(report(&fields.into(), now()), None, "{channel} {id}");
        }
        let bridge = [
            ("Event", "BridgeEnter"),
            ("Channel", "SIP/1-1"),
            ("Uniqueid", "1.1"),
        ];
        assert_eq!(report(&bridge.into(), now()), None, "no bridge");
    }

    #[test]
    fn who_dials_ran_dial_with_the_phone_that_rings() {
        for (rung, data) in [
            ("PJSIP/1001-00000002", "PJSIP/1001"),
            ("Local/1001@from-queue-00000003;1", "Local/1001@from-queue"),
        ] {
            let message = Message::from([
                ("Event", "DialBegin"),
                ("Channel", "PJSIP/1000-00000001"),
                ("Uniqueid", "1.1"),
                ("DestChannel", rung),
                ("DestUniqueid", "1.2"),
            ]);
            let Some(Report::Dials { event, rings }) = report(&message, now()) else {
                panic!("{rung}");
            };
            assert_eq!(
                (event.application.as_str(), event.data.as_str()),
                ("Dial", data)
            );
            assert_eq!((event.linkedid.as_str(), rings.as_str()), ("1.1", "1.2"));
        }
    }

    #[test]
    fn a_listed_channel_began_so_long_ago_and_may_be_in_a_bridge() {
        let listed = |duration: &str, bridge: &str| {
            let message = Message::from([
                ("Event", "CoreShowChannel"),
                ("Channel", "PJSIP/1000-00000001"),
                ("Uniqueid", "1.1"),
                ("Duration", duration),
                ("BridgeId", bridge),
            ]);
            listed_channel(&message, |bridge| bridge == "parked", now())
        };
        let ago = |seconds| now() - TimeDelta::seconds(seconds);
        for (duration, expected) in [
            ("00:01:05", ago(65)),
            ("100:00:00", ago(360_000)),
            ("7", ago(7)),
            ("", now()),
            ("-1:00:00", now()),
            ("99999999:00:00", now()),
        ] {
            let events = listed(duration, "");
            assert_eq!(events[0].time, expected, "{duration}");
            assert_eq!((events.len(), &events[0].happening), (1, &Happening::Start));
        }
        for (bridge, holding) in [("b", false), ("parked", true)] {
            let expected = Happening::Enter {
                bridge: bridge.to_owned(),
                holding,
            };
            let enter = &listed("00:00:05", bridge)[1];
            assert_eq!((&enter.happening, enter.time), (&expected, now()));
        }
    }

    #[test]
    fn queue_events_are_those_of_the_log() {
        let message = |event: &str| {
            Message::from([
                ("Event", event),
                ("Queue", "blue"),
                ("Uniqueid", "1.1"),
                ("CallerIDNum", "0611"),
                ("MemberName", "Agent/2501"),
                ("HoldTime", "7"),
                ("TalkTime", "9"),
                ("Reason", "caller"),
            ])
        };
        for (name, expected, member, hold, talk) in [
            ("QueueCallerJoin", Event::EnterQueue, "", None, None),
            ("AgentConnect", Event::Connect, "Agent/2501", Some(7), None),
            (
                "AgentComplete",
                Event::Complete(Some(HungUp::Caller)),
                "Agent/2501",
                Some(7),
                Some(9),
            ),
            ("QueueCallerAbandon", Event::Abandon, "", Some(7), None),
        ] {
            let Some(Report::Queue(event)) = report(&message(name), now()) else {
                panic!("{name}");
            };
            assert_eq!((&event.event, event.member.as_str()), (&expected, member));
            assert_eq!((event.hold(), event.talk()), (hold, talk), "{name}");
        }
        assert_eq!(report(&message("QueueMemberStatus"), now()), None);
    }
}
