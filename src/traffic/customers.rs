//! Who calls from outside, and who is called there: few very often, many once.

use rand::Rng;
use rand::rngs::StdRng;

use super::names::{LAST, TRADES};

/// Beginnings of numbers that the French regulator keeps free for films and books, with four
/// digits to follow; the mobile ones come first.
const BLOCKS: [&str; 5] = ["063998", "026191", "046571", "053649", "019900"];

/// How many numbers the blocks have.
const NUMBERS: usize = BLOCKS.len() * 10_000;

/// Somebody outside.
pub(super) struct Customer {
    pub(super) number: String,
    /// The name in the caller id; mostly none.
    pub(super) name: String,
}

/// The most faithful customer.
pub(super) fn best() -> Customer {
    customer(0)
}

/// Somebody outside. Ranks are drawn so that the first calls twice as often as the second.
pub(super) fn draw(random: &mut StdRng) -> Customer {
    let most = (NUMBERS as f64).ln();
    let rank = (random.random::<f64>() * most).exp() as usize;
    customer(rank.saturating_sub(1))
}

fn customer(rank: usize) -> Customer {
    // 7919 is prime, so that each rank has a number of its own.
    let place = (rank * 7919 + 1234) % NUMBERS;
    let within = place % 10_000;
    let number = match rank % 29 {
        // The same for London and British mobiles.
        11 => format!("+44207946{:04}", within % 1000),
        23 => format!("+447700900{:03}", within % 1000),
        _ => format!("{}{within:04}", BLOCKS[place / 10_000]),
    };
    let name = match rank % 5 {
        1 => format!(
            "{} {}",
            TRADES[rank % TRADES.len()],
            LAST[rank % LAST.len()]
        ),
        3 => LAST[(rank * 3) % LAST.len()].to_uppercase(),
        _ => String::new(),
    };
    Customer { number, name }
}
