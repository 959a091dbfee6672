//! What a first visit downloads has a budget.

use anyhow::Result;

use super::counts::Counts;
use crate::project::Project;
use crate::{build, sizes};

/// In bytes, as they travel. The aim is 350,000.
const BUDGET: u64 = 424_000;

/// What a standard library adds that was built for speed, as rustup's is.
const LIBRARY_FOR_SPEED: u64 = 20_000;

pub fn check(project: &Project) -> Result<Counts> {
    let site = build::bundle(project, build::Profile::Dev)?;
    let files = sizes::of(&site)?;
    print!("{}", sizes::table(&files));
    let download = sizes::total(&files).brotli;
    let budget = if project.compiler.has_small_library() {
        BUDGET
    } else {
        BUDGET + LIBRARY_FOR_SPEED
    };
    println!("A first visit downloads {download} of at most {budget} bytes.");
    Ok(Counts::one(download <= budget))
}
