//! Where the heads of requests end.

/// Where in a head what was handed out ends.
#[derive(Default)]
pub(super) enum Lines {
    /// Before it. Empty lines may stand there, of which actix takes note only with what follows:
    /// to hand them out one by one would have it look at all of them again and again.
    #[default]
    Before,
    /// Within a line.
    Within,
    /// Behind one.
    Behind,
}

impl Lines {
    /// Where a head ends in what follows: behind an empty line, which a body may have as well.
    pub(super) fn end_of_head(&mut self, bytes: &[u8]) -> Option<usize> {
        for (place, byte) in bytes.iter().enumerate() {
            match (byte, &self) {
                (b'\n', Self::Within) => *self = Self::Behind,
                (b'\n', Self::Behind) => {
                    *self = Self::Before;
                    return Some(place + 1);
                }
                (b'\n' | b'\r', _) => {}
                _ => *self = Self::Within,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_behind_an_empty_line_wherever_it_is_cut() {
        let heads = [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\nHost: x\n\n",
            "\r\n\n\n\r\n\r\nGET / HTTP/1.0\n\r\n",
            "0\r\n\r\n",
        ];
        let all = heads.concat();
        for length in 1..=all.len() {
            let mut lines = Lines::default();
            let mut ends = Vec::new();
            let mut place = 0;
            for mut piece in all.as_bytes().chunks(length) {
                while let Some(end) = lines.end_of_head(piece) {
                    ends.push(place + end);
                    place += end;
                    piece = &piece[end..];
                }
                place += piece.len();
            }
            let expected = (1..=heads.len()).map(|count| heads[..count].concat().len());
            assert_eq!(ends, expected.collect::<Vec<_>>(), "{length}");
        }
    }
}
