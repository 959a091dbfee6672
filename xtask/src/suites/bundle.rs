//! What a first visit downloads has a budget.

use anyhow::Result;

use super::counts::Counts;
use crate::project::Project;
use crate::{build, sizes};

/// In bytes, as they travel. No more than it is; the aim is 424,000.
const BUDGET: u64 = 424_000;

pub fn check(project: &Project) -> Result<Counts> {
    let site = build::bundle(project, build::Profile::Dev)?;
    let files = sizes::of(&site)?;
    print!("{}", sizes::table(&files));
    let download = sizes::total(&files).brotli;
    println!("A first visit downloads {download} of at most {BUDGET} bytes.");
    Ok(Counts::one(download <= BUDGET))
}
