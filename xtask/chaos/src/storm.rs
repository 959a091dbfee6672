//! Faults, one round after the other, and what is seen meanwhile.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

use crate::checker::{self, Positions};
use crate::dice::Dice;
use crate::faults::{self, Kind, Round, Rounds, Scene};
use crate::field::Field;
use crate::mistakes;
use crate::options::Options;
use crate::people::People;
use crate::probe::Probes;
use crate::pulse::Pulse;
use crate::violation::{Breach, Violation};

/// How long it may take until messages arrive again after a fault.
const RECOVERED: Duration = Duration::from_mins(2);

/// Faults, and what is seen meanwhile.
pub struct Storm<'a> {
    field: &'a Field,
    people: &'a Arc<People>,
    /// How many of the people carry probes: the last ones, of whom the first and the last are at the
    /// balancer.
    probes: usize,
    violations: Vec<Violation>,
    positions: Positions,
}

impl<'a> Storm<'a> {
    pub fn new(field: &'a Field, people: &'a Arc<People>, probes: usize) -> Self {
        Self {
            field,
            people,
            probes,
            violations: Vec::new(),
            positions: Positions::default(),
        }
    }

    /// Makes faults for as long as is asked for, and waits after each until messages arrive again.
    ///
    /// # Errors
    /// When a part does not do what is asked of it, or does not come back.
    pub async fn rage(&mut self, options: &Options, dice: &mut Dice) -> Result<Vec<Round>> {
        let end = Instant::now() + Duration::from_secs(options.seconds);
        let mut next = Rounds::of(kinds(options, self.field), options.alone, dice.split());
        let mut rounds = Vec::new();
        let carriers = &self.people.clients[self.people.clients.len() - self.probes..];
        let (Some(from), Some(to)) = (carriers.first(), carriers.last()) else {
            bail!("nobody carries probes");
        };
        let pulse = Pulse::begin(Arc::clone(from), Arc::clone(to));
        while Instant::now() < end {
            sleep(next.calm()).await;
            let mut kinds = next.next();
            kinds.retain(|kind| kind.is_impossible(self.field).is_none());
            if kinds.is_empty() {
                continue;
            }
            pulse.longest();
            let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
            let names = names.join(" and ");
            let mut scene = Scene {
                field: self.field,
                people: self.people,
                dice: dice.split(),
                handle: Handle::current(),
            };
            let made = block_in_place(|| faults::make(&kinds, &mut scene));
            let lasted = made.with_context(|| names.clone())?;
            let recovered = Probes::of(self.people, self.probes)
                .measure(RECOVERED)
                .await;
            let waited = pulse.longest();
            eprint!("  … {names} for {:.1} s", lasted.as_secs_f64());
            match &recovered {
                Ok(time) => {
                    let (time, waited) = (time.as_secs_f64(), waited.as_secs_f64());
                    eprintln!(", recovered after {time:.2} s, longest wait {waited:.2} s");
                }
                Err(late) => {
                    eprintln!(", not recovered: {late}");
                    let what = format!("{RECOVERED:?} after {names}, not arrived: {late}");
                    self.violations.push(Violation::new(Breach::Stuck, what));
                }
            }
            rounds.push(Round {
                kinds,
                recovered: recovered.ok(),
                waited,
            });
            self.compare_positions()?;
        }
        Ok(rounds)
    }

    /// What was found, to the end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn end(mut self) -> Result<Vec<Violation>> {
        self.compare_positions()?;
        Ok(self.violations)
    }

    fn compare_positions(&mut self) -> Result<()> {
        let now = block_in_place(|| checker::positions(self.field))?;
        checker::check_positions(&self.positions, &now, &mut self.violations);
        self.positions = now;
        Ok(())
    }
}

/// Those asked for, those that bring a mistake to light, or all, as far as they are possible here.
fn kinds(options: &Options, field: &Field) -> Vec<Kind> {
    use clap::ValueEnum as _;
    let asked = match (options.faults.as_slice(), options.mistake) {
        ([], None) => Kind::value_variants().to_vec(),
        ([], Some(mistake)) => mistakes::faults(mistake).to_vec(),
        (faults, _) => faults.to_vec(),
    };
    let possible = |kind: &Kind| match kind.is_impossible(field) {
        None => true,
        Some(why) => {
            eprintln!("  … left out: {}, since {why}", kind.name());
            false
        }
    };
    asked.into_iter().filter(possible).collect()
}
