//! What happens in calls: one function for each kind of call. They play it on the stage,
//! which writes the rows, and note what really happened.

mod conference;
mod direct;
mod inbound;
mod outside;
mod queue;
mod queue_calls;
mod transfer;

use rand::Rng;

use super::stage::Stage;

type Scene = fn(&mut Stage<'_>, i64);

/// Kinds of calls, and how many of 1,000 calls they are.
const SCENES: [(u32, Scene); 16] = [
    (190, direct::internal),
    (20, direct::mailbox),
    (25, direct::click_to_call),
    (220, outside::outbound),
    (10, outside::forwarded),
    (120, inbound::direct),
    (60, inbound::group),
    (20, inbound::one_after_another),
    (25, inbound::menu_only),
    (4, conference::conference),
    (25, transfer::blind),
    (20, transfer::attended),
    (150, queue_calls::answered),
    (60, queue_calls::unanswered),
    (26, queue_calls::refused),
    (25, queue_calls::overflow),
];

/// Plays one call that begins now.
pub(super) fn play(stage: &mut Stage<'_>, at: i64) {
    let total: u32 = SCENES.iter().map(|(weight, _)| weight).sum();
    let mut rest = stage.random.random_range(0..total);
    for (weight, scene) in SCENES {
        if rest < weight {
            return scene(stage, at);
        }
        rest -= weight;
    }
}
