//! Bytes → messages, in bounded memory whatever comes.

use std::mem;

use crate::asterisk::text;

/// A longer line is left out: no field that is asked for comes near it.
const LONGEST_LINE: usize = 8 * 1024;

/// More fields of one message than these are left out.
const MOST_FIELDS: usize = 256;

/// More bytes of one message than these are left out.
const LARGEST: usize = 64 * 1024;

/// Of a field that is kept for as long as a call no more bytes than these are: Asterisk's own
/// names and numbers have 80 to 256.
const LONGEST_FIELD: usize = 512;

/// A response or an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    fields: Vec<(String, String)>,
}

impl Message {
    /// The first value with this key, whatever its case; empty when there is none, or
    /// `<unknown>`, which is how Asterisk writes that.
    pub fn get(&self, key: &str) -> &str {
        let named = self
            .fields
            .iter()
            .find(|(k, _)| k.eq_ignore_ascii_case(key));
        let value = named.map_or("", |(_, value)| value.as_str());
        if value == "<unknown>" { "" } else { value }
    }

    /// The same, cut to so many bytes as are kept of a field.
    pub fn short(&self, key: &str) -> &str {
        let value = self.get(key);
        &value[..value.floor_char_boundary(LONGEST_FIELD)]
    }

    /// The message with this field, too.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.fields.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Which event it is; empty for a response.
    pub fn event(&self) -> &str {
        self.get("Event")
    }

    /// Whether it answers an action: `Some(true)` that it is done; None when it is an event.
    pub fn succeeded(&self) -> Option<bool> {
        let response = self.get("Response");
        (!response.is_empty()).then(|| {
            ["Success", "Goodbye", "Pong"]
                .iter()
                .any(|word| response.eq_ignore_ascii_case(word))
        })
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Message {
    fn from(fields: [(&str, &str); N]) -> Self {
        let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Self {
            fields: fields.map(own).to_vec(),
        }
    }
}

/// Makes messages of what a connection brings, in whatever pieces.
#[derive(Debug, Default)]
pub struct Reader {
    greeting: Option<String>,
    line: Vec<u8>,
    /// The line is too long: the rest of it is passed over.
    too_long: bool,
    message: Message,
    size: usize,
}

impl Reader {
    /// The first line of the connection, once it is there.
    pub fn greeting(&self) -> Option<&str> {
        self.greeting.as_deref()
    }

    /// The messages that end within these bytes, which follow those given before.
    pub fn read(&mut self, mut bytes: &[u8]) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.add(&bytes[..end]);
            messages.extend(self.end_line());
            bytes = &bytes[end + 1..];
        }
        self.add(bytes);
        messages
    }

    fn add(&mut self, part: &[u8]) {
        // One more than counts: the carriage return.
        if self.too_long || self.line.len() + part.len() > LONGEST_LINE + 1 {
            self.too_long = true;
            self.line.clear();
        } else {
            self.line.extend_from_slice(part);
        }
    }

    fn end_line(&mut self) -> Option<Message> {
        let mut line = mem::take(&mut self.line);
        let too_long = mem::take(&mut self.too_long);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if self.greeting.is_none() {
            self.greeting = Some(text::decoded(&line));
        } else if line.is_empty() && !too_long {
            self.size = 0;
            let message = mem::take(&mut self.message);
            return (!message.fields.is_empty()).then_some(message);
        } else {
            self.field(&line);
        }
        self.line = line;
        self.line.clear();
        None
    }

    fn field(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return;
        };
        let has_room = self.message.fields.len() < MOST_FIELDS && self.size + line.len() <= LARGEST;
        if !has_room {
            return;
        }
        self.size += line.len();
        let (key, value) = (&line[..colon], &line[colon + 1..]);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let field = (text::decoded(key.trim_ascii()), text::decoded(value));
        self.message.fields.push(field);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GREETING: &[u8] = b"Asterisk Call Manager/9.0.0\r\n";

    /// What a connection says, in pieces of so many bytes.
    fn read(bytes: &[u8], piece: usize) -> (Option<String>, Vec<Message>) {
        let mut reader = Reader::default();
        let pieces = bytes.chunks(piece.max(1));
        let messages = pieces.flat_map(|piece| reader.read(piece)).collect();
        (reader.greeting().map(str::to_owned), messages)
    }

    fn messages(text: &str) -> Vec<Message> {
        read(&[GREETING, text.as_bytes()].concat(), usize::MAX).1
    }

    #[test]
    fn messages_are_the_same_in_whatever_pieces() {
        let text = "Response: Success\r\nActionID: 1\r\nMessage: a: b\r\n\r\n\
                    Event: Hangup\r\nUniqueid: 1.1\r\n\r\n\r\nEvent: Half";
        let bytes = [GREETING, text.as_bytes()].concat();
        let whole = read(&bytes, usize::MAX);
        assert_eq!(whole.0.as_deref(), Some("Asterisk Call Manager/9.0.0"));
        let [response, event] = &whole.1[..] else {
            panic!("{:?}", whole.1);
        };
        assert_eq!(response.succeeded(), Some(true));
        assert_eq!(response.get("message"), "a: b");
        assert_eq!((event.event(), event.get("UNIQUEID")), ("Hangup", "1.1"));
        assert_eq!(event.succeeded(), None);
        for piece in 1..40 {
            assert_eq!(read(&bytes, piece), whole);
        }
    }

    #[test]
    fn what_is_no_field_is_passed_over() {
        let [message] = &messages("no colon\r\n: no key\r\nA:1\nB:  2 \r\nC:\r\nA: 2\r\n\r\n")[..]
        else {
            panic!("one message");
        };
        let values = ["A", "B", "C", "D", ""].map(|key| message.get(key));
        assert_eq!(values, ["1", " 2 ", "", "", "no key"]);
        let unknown = &messages("CallerIDNum: <unknown>\r\n\r\n")[0];
        assert_eq!(unknown.get("CallerIDNum"), "");
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_latin_1() {
        let bytes = [GREETING, b"Name: Ren\xe9\r\n\r\n"].concat();
        assert_eq!(read(&bytes, 3).1[0].get("Name"), "René");
    }

    #[test]
    fn a_line_that_is_too_long_is_left_out_and_the_rest_of_its_message_is_not() {
        let value = "x".repeat(LONGEST_LINE - 3);
        let fits = messages(&format!("A: {value}\r\nB: 2\r\n\r\n"));
        assert_eq!(fits[0].get("A").len(), LONGEST_LINE - 3);
        let long = "x".repeat(10 << 20);
        let text = format!("A: {long}\r\nB: 2\r\n\r\n{long}\r\n\r\nC: 3\r\n\r\n");
        for piece in [1000, 4096, usize::MAX] {
            let read = read(&[GREETING, text.as_bytes()].concat(), piece).1;
            assert_eq!(read, [Message::from([("B", "2")]), [("C", "3")].into()]);
        }
    }

    #[test]
    fn what_is_kept_of_a_field_is_cut_between_characters() {
        for (value, length) in [
            ("", 0),
            (&*"x".repeat(512), 512),
            (&"x".repeat(513), 512),
            (&"é".repeat(300), 512),
            (&format!("x{}", "é".repeat(300)), 511),
            (&"€".repeat(300), 510),
        ] {
            let message = Message::from([("Exten", value)]);
            assert_eq!(message.short("Exten"), &value[..length]);
        }
    }

    #[test]
    fn a_message_has_bounds() {
        let many: String = (0..2 * MOST_FIELDS)
            .map(|n| format!("K{n}: v\r\n"))
            .collect();
        assert_eq!(messages(&(many + "\r\n"))[0].fields.len(), MOST_FIELDS);
        let large = format!("A: {}\r\n", "x".repeat(LONGEST_LINE - 3)).repeat(100) + "\r\n";
        let size: usize = messages(&large)[0]
            .fields
            .iter()
            .map(|(_, v)| v.len())
            .sum();
        assert!(size <= LARGEST);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_the_same_in_whatever_pieces(
            bytes in proptest::collection::vec(
                prop_oneof![Just(b'\r'), Just(b'\n'), Just(b':'), Just(b' '), any::<u8>()], 0..300),
            piece in 1_usize..20,
        ) {
            prop_assert_eq!(read(&bytes, piece), read(&bytes, usize::MAX));
        }

        #[test]
        fn what_is_written_is_read(fields in proptest::collection::vec(
            ("[A-Za-z]{1,8}", "[^\r\n]{0,20}"), 1..6)) {
            let lines = fields.iter().map(|(key, value)| format!("{key}: {value}\r\n"));
            let read = messages(&(lines.collect::<String>() + "\r\n"));
            prop_assert_eq!(&read[0].fields, &fields);
        }
    }
}
