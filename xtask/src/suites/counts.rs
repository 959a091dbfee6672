//! How many tests passed and failed, read from what the test programs print.

use std::fmt;
use std::iter::Sum;

use anyhow::{Context, Result};
use serde_json::Value;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl Counts {
    pub const FAILED: Self = Self {
        passed: 0,
        failed: 1,
    };

    /// One check that stands for one test.
    pub fn one(passed: bool) -> Self {
        if passed {
            Self {
                passed: 1,
                failed: 0,
            }
        } else {
            Self::FAILED
        }
    }

    /// Adds what a line of a Rust test program tells, if it is its summary.
    pub fn read(&mut self, line: &str) {
        let Some(summary) = line.trim().strip_prefix("test result: ") else {
            return;
        };
        let number_before = |word: &str| -> u64 {
            summary
                .split_once(word)
                .and_then(|(before, _)| before.split_whitespace().last()?.parse().ok())
                .unwrap_or_default()
        };
        self.passed += number_before(" passed");
        self.failed += number_before(" failed");
    }

    /// The counts, given whether the program that printed them succeeded: a program that could not
    /// be built, or died before its summary, is one failure, and so is one that ran no test.
    pub fn concluded(mut self, success: bool) -> Self {
        if self.failed == 0 && (!success || self.passed == 0) {
            self.failed = 1;
        }
        self
    }

    /// From the report of Playwright's JSON reporter. A test that passed only when it was repeated
    /// has failed.
    pub fn of_playwright(report: &str) -> Result<Self> {
        let report: Value =
            serde_json::from_str(report).context("Playwright's report is not JSON")?;
        let stats = &report["stats"];
        let number = |key: &str| {
            stats[key]
                .as_u64()
                .with_context(|| format!("Playwright's report lacks {key}"))
        };
        let broken = crate::project::list(&report["errors"]).count() as u64;
        Ok(Self {
            passed: number("expected")?,
            failed: number("unexpected")? + number("flaky")? + broken,
        })
    }

    /// From a report in the format of `JUnit`: what its outermost element says.
    pub fn of_junit(report: &str) -> Result<Self> {
        let start = report
            .find("<testsuites")
            .context("not a report of tests")?;
        let element = report[start..].split('>').next().unwrap_or_default();
        let number = |name: &str| -> Result<u64> {
            let value = element.split(&format!(" {name}=\"")).nth(1);
            let value = value.and_then(|rest| rest.split('"').next()?.parse().ok());
            value.with_context(|| format!("the report of tests lacks {name}"))
        };
        let failed = number("failures")? + number("errors")?;
        Ok(Self {
            passed: number("tests")?.saturating_sub(failed),
            failed,
        })
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, next| Self {
            passed: sum.passed + next.passed,
            failed: sum.failed + next.failed,
        })
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_several_programs_add_up() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test a::says_test_result ... ok",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.10s",
        ] {
            counts.read(line);
        }
        assert_eq!(
            counts,
            Counts {
                passed: 14,
                failed: 1
            }
        );
        assert_eq!(counts.to_string(), "14 passed, 1 failed");
    }

    #[test]
    fn a_program_that_died_or_ran_nothing_is_a_failure() {
        let passed = Counts {
            passed: 3,
            failed: 0,
        };
        assert_eq!(passed.concluded(true), passed);
        assert_eq!(
            passed.concluded(false),
            Counts {
                passed: 3,
                failed: 1
            }
        );
        assert_eq!(Counts::default().concluded(true), Counts::FAILED);
        let counted = Counts {
            passed: 3,
            failed: 2,
        };
        assert_eq!(counted.concluded(false), counted);
    }

    #[test]
    fn a_report_in_the_format_of_junit_is_counted() {
        let report = "<?xml version=\"1.0\"?>\n<testsuites disabled=\"0\" errors=\"1\" failures=\"2\" \
            tests=\"9\" time=\"1.0\"><testsuite failures=\"2\" name=\"a\" tests=\"9\"/></testsuites>";
        assert_eq!(
            Counts::of_junit(report).unwrap(),
            Counts {
                passed: 6,
                failed: 3
            }
        );
        assert!(Counts::of_junit("<testsuites tests=\"1\">").is_err());
        assert!(Counts::of_junit("").is_err());
    }

    #[test]
    fn a_report_of_playwright_is_counted() {
        let report = r#"{"errors":[],"stats":{"expected":5,"unexpected":1,"flaky":1,"skipped":2}}"#;
        assert_eq!(
            Counts::of_playwright(report).unwrap(),
            Counts {
                passed: 5,
                failed: 2
            }
        );
        let broken = r#"{"errors":[{}],"stats":{"expected":0,"unexpected":0,"flaky":0}}"#;
        assert_eq!(Counts::of_playwright(broken).unwrap(), Counts::FAILED);
        assert!(Counts::of_playwright("{}").is_err());
    }
}
