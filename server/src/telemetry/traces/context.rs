//! Which request something belongs to.

use std::fmt;
use std::str::FromStr;

/// Names a request, and its trace: 32 hexadecimal digits, not all of them zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A request that is traced, and the step of it that what comes next belongs to. Written as the header
/// `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// The request.
    pub id: TraceId,
    /// The step; 0 before the first.
    pub step: u64,
}

/// It is no `traceparent` of a version that is known, or says that the request is not traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotTraced;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{:016x}-01", self.id, self.step)
    }
}

impl FromStr for Trace {
    type Err = NotTraced;

    /// Reads a `traceparent`. Of a later version, what is known of it.
    fn from_str(header: &str) -> Result<Self, NotTraced> {
        let mut parts = header.split('-');
        let mut hex = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            part.bytes()
                .all(lower)
                .then(|| u128::from_str_radix(part, 16).ok())?
        };
        let read = (hex(2), hex(32), hex(16), hex(2));
        let (Some(version), Some(id), Some(step), Some(flags)) = read else {
            return Err(NotTraced);
        };
        let ends = version > 0 || parts.next().is_none();
        let step = u64::try_from(step).map_err(|_| NotTraced)?;
        if version == 0xff || !ends || id == 0 || step == 0 || flags & 1 == 0 {
            return Err(NotTraced);
        }
        Ok(Self {
            id: TraceId(id),
            step,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_as_it_is_written() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace: Trace = header.parse().unwrap();
        assert_eq!(trace.to_string(), header);
        assert_eq!(trace.id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn what_is_no_trace_is_not_taken_for_one() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        for header in [
            "",
            "00",
            &format!("00-{id}-00f067aa0ba902b7-00"),
            &format!("00-{id}-0000000000000000-01"),
            &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            &format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()),
            &format!("00-{id}-00f067aa0ba902b7-01-more"),
            &format!("00-{id}-+0f067aa0ba902b7-01"),
            &format!("ff-{id}-00f067aa0ba902b7-01"),
            &format!("00-{id}0-0f067aa0ba902b7-01"),
        ] {
            assert_eq!(header.parse::<Trace>(), Err(NotTraced), "{header}");
        }
        let later = format!("01-{id}-00f067aa0ba902b7-01-more");
        assert!(later.parse::<Trace>().is_ok());
    }
}
