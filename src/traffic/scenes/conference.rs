//! A few people in a room.

use crate::traffic::rows::{Channel, Disposition, Leg};
use crate::traffic::stage::Stage;
use rand::Rng;

/// Three or four people call the same conference room. Asterisk writes a row for each pair.
pub(super) fn conference(stage: &mut Stage<'_>, at: i64) {
    let room = format!("80{:02}", stage.random.random_range(0..10));
    let count = stage.random.random_range(3..5);
    let mut people: Vec<usize> = Vec::new();
    let mut joined: Vec<(Channel, i64, i64)> = Vec::new();
    let mut now = at;
    let length = stage.talk(900.0) + 60_000;
    for n in 0..count {
        let user = stage.somebody(now, &people);
        let face = stage.face(user);
        let channel = if n == 0 {
            stage.user_calls(user, &face, now)
        } else {
            stage.joins(user, &face, now)
        };
        let leaves = at + length + stage.between(0.2, 20.0);
        stage.occupy(user, leaves);
        people.push(user);
        joined.push((channel, now, leaves));
        now += if n == 0 {
            stage.between(0.3, 0.9)
        } else {
            stage.between(2.0, 40.0)
        };
    }
    let linkedid = stage.truth.linkedid.clone();
    for i in 0..joined.len() {
        for j in i + 1..joined.len() {
            let (from, entered, leaves) = &joined[i];
            let (to, joins, other_leaves) = &joined[j];
            // The first two: alone in the room is in it as well.
            let start = if (i, j) == (0, 1) { *entered } else { *joins };
            let end = *leaves.min(other_leaves);
            stage.leg(&Leg {
                from,
                to: Some(to),
                start,
                answer: Some(start),
                end,
                disposition: Disposition::Answered,
                application: "ConfBridge",
                data: &room,
                context: "from-internal",
                dst: &room,
                dst_name: "",
                linkedid: &linkedid,
                made: start,
                talk: Some((start, end)),
            });
            for n in [i, j] {
                stage.truth.callers[n].talk.push((start, end));
            }
        }
    }
}
