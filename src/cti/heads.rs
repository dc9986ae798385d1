//! The heads of WebSocket frames (RFC 6455, 5.2), read before the frames are, for what they say of
//! lengths.

/// Reads along with the bytes of a client.
pub struct Heads {
    longest: usize,
    /// The head of a frame, as far as it has come.
    head: Vec<u8>,
    /// What of the frame is still to come.
    rest: usize,
}

impl Heads {
    /// Of frames whose content may have so many bytes.
    pub fn new(longest: usize) -> Self {
        Self {
            longest,
            head: Vec::with_capacity(10),
            rest: 0,
        }
    }

    /// Whether all frames that begin in these bytes, which follow those given before, are short
    /// enough. Once one is not, nothing more is to be given.
    pub fn are_short(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let skipped = self.rest.min(bytes.len());
            self.rest -= skipped;
            bytes = &bytes[skipped..];
            let Some((first, others)) = bytes.split_first() else {
                return true;
            };
            self.head.push(*first);
            bytes = others;
            if let Some(length) = length(&self.head) {
                if length > self.longest {
                    return false;
                }
                let mask = if self.head[1] & 0x80 == 0 { 0 } else { 4 };
                self.rest = length + mask;
                self.head.clear();
            }
        }
        true
    }
}

/// The length of a frame's content, once so much of its head has come.
fn length(head: &[u8]) -> Option<usize> {
    let said = usize::from(head.get(1)? & 0x7f);
    let big_endian = |bytes: &[u8]| {
        let number = bytes
            .iter()
            .fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
        usize::try_from(number).unwrap_or(usize::MAX)
    };
    match said {
        126 => head.get(2..4).map(big_endian),
        127 => head.get(2..10).map(big_endian),
        short => Some(short),
    }
}
