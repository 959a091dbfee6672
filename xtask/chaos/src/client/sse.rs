//! A parser of `text/event-stream` that takes bytes as they come.

/// One event of the stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Frame {
    pub event: String,
    /// The `data:` lines, joined by line feeds.
    pub data: String,
    pub id: Option<String>,
}

/// Keeps what has come of a line and of an event until the rest comes. The server ends its lines by
/// a line feed alone.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    frame: Frame,
    has_data: bool,
}

impl Parser {
    /// Takes in some bytes, and gives the events that they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                frames.extend(self.end_line(String::from_utf8_lossy(&line).trim_end()));
            }
        }
        frames
    }

    fn end_line(&mut self, line: &str) -> Option<Frame> {
        if line.is_empty() {
            let frame = std::mem::take(&mut self.frame);
            return std::mem::take(&mut self.has_data).then_some(frame);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.frame.event),
            "id" => self.frame.id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.frame.data.push('\n');
                }
                self.frame.data.push_str(value);
                self.has_data = true;
            }
            // A comment, or `retry`.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_not_care_where_the_bytes_are_cut() {
        let text = "event: sync\nid: 7\ndata: {\"a\":\"你\"}\n\n: beat\n\nevent: bye\ndata: {}\n\n";
        let frame = |event: &str, data: &str, id: Option<&str>| Frame {
            event: event.to_owned(),
            data: data.to_owned(),
            id: id.map(str::to_owned),
        };
        let expected = vec![
            frame("sync", "{\"a\":\"你\"}", Some("7")),
            frame("bye", "{}", None),
        ];
        for size in 1..text.len() {
            let mut parser = Parser::default();
            let pieces = text.as_bytes().chunks(size);
            let frames: Vec<_> = pieces.flat_map(|piece| parser.feed(piece)).collect();
            assert_eq!(frames, expected, "cut every {size} bytes");
        }
    }
}
