//! The queue in front of the writer.
