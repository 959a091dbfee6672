//! A parser of `text/event-stream` that takes bytes as they come.

/// One event of the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The `event:` line; empty for none.
    pub event: String,
    /// The `data:` lines, joined by line feeds.
    pub data: String,
    /// The `id:` line, if this event had one.
    pub id: Option<String>,
}

/// Keeps what has come of a line and of an event until the rest comes.
///
/// Lines end in LF, CR LF or CR, as the standard has it, and are decoded when they are whole, so that
/// a character may be cut anywhere.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    frame: Frame,
    has_data: bool,
    after_cr: bool,
    begun: bool,
}

impl Parser {
    /// Takes in some bytes, and gives the events that they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        for &byte in bytes {
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    frames.extend(self.end_line(&line));
                }
                other => self.line.push(other),
            }
        }
        frames
    }

    fn end_line(&mut self, line: &[u8]) -> Option<Frame> {
        let text = String::from_utf8_lossy(line);
        let mut text = text.as_ref();
        if !std::mem::replace(&mut self.begun, true) {
            text = text.strip_prefix('\u{feff}').unwrap_or(text);
        }
        if text.is_empty() {
            let frame = std::mem::take(&mut self.frame);
            return std::mem::take(&mut self.has_data).then_some(frame);
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.frame.event),
            "data" => {
                if self.has_data {
                    self.frame.data.push('\n');
                }
                self.frame.data.push_str(value);
                self.has_data = true;
            }
            "id" if !value.contains('\0') => self.frame.id = Some(value.to_owned()),
            // A comment (no field name), `retry`, or a field of a later version.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(event: &str, data: &str, id: Option<&str>) -> Frame {
        Frame {
            event: event.to_owned(),
            data: data.to_owned(),
            id: id.map(str::to_owned),
        }
    }

    const STREAM: &str = "\u{feff}event: sync\nid: 7\ndata: {\"a\":1}\n\n: comment\n\nevent:event\r\ndata: 你好 👋\r\ndata:\r\ndata:  two\r\n\r\ndata: x\rid: 9\r\rretry: 5\nevent: dropped\n\ndata\n\n";

    fn expected() -> Vec<Frame> {
        vec![
            frame("sync", "{\"a\":1}", Some("7")),
            frame("event", "你好 👋\n\n two", None),
            frame("", "x", Some("9")),
            frame("", "", None),
        ]
    }

    #[test]
    fn reads_every_line_ending_comment_and_field() {
        assert_eq!(Parser::default().feed(STREAM.as_bytes()), expected());
    }

    #[test]
    fn does_not_care_where_the_bytes_are_cut() {
        let bytes = STREAM.as_bytes();
        for size in 1..bytes.len() {
            let mut parser = Parser::default();
            let frames: Vec<_> = bytes.chunks(size).flat_map(|it| parser.feed(it)).collect();
            assert_eq!(frames, expected(), "cut every {size} bytes");
        }
    }

    #[test]
    fn keeps_what_is_not_complete() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"data: 1\n"), []);
        assert_eq!(parser.feed(b"\n"), [frame("", "1", None)]);
    }
}
