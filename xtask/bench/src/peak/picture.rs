//! A picture of a peak: what came in, what went out, and what waited in between.

mod panel;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::samples::{Sample, Samples};
use panel::{Panel, Scale};

/// When what happened.
pub struct Marks {
    /// People began to send at a normal rate.
    pub start: Instant,
    /// From when to when the peak was.
    pub peak: (Instant, Instant),
    /// Postgres was let go.
    pub let_go: Instant,
    /// The queue has been empty for a moment.
    pub end: Instant,
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 470.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 845.0;

/// How many points a line has at most.
const POINTS: f64 = 65.0;

/// Colours for a light and a dark page; with the background, so that it is readable on either also
/// where the picture is shown by itself.
const STYLE: &str = "
    svg { --page: #ffffff; --text: #1f2937; --soft: #6b7280; --line: #e5e7eb; --band: #f1f5f9;
          --in: #1d4ed8; --out: #c2410c; --depth: #64748b; }
    @media (prefers-color-scheme: dark) {
        svg { --page: #0d1117; --text: #e5e7eb; --soft: #9ca3af; --line: #2a313c; --band: #161d2a;
              --in: #7aa7ff; --out: #fb923c; --depth: #94a3b8; }
    }
    text { font: 12px system-ui, sans-serif; fill: var(--soft); }
    .title { font-size: 15px; font-weight: 600; fill: var(--text); }
    .name { font-weight: 600; fill: var(--text); }
    .right { text-anchor: end; } .middle { text-anchor: middle; }
    .page { fill: var(--page); } .band { fill: var(--band); }
    .scale { stroke: var(--line); }
    .mark { stroke: var(--soft); stroke-dasharray: 4 4; }
    .in, .out { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .in { stroke: var(--in); } .out { stroke: var(--out); }
    .depth { fill: var(--depth); fill-opacity: 0.25; stroke: var(--depth); stroke-width: 2; }
    text.in { fill: var(--in); stroke: none; font-weight: 600; }
    text.out { fill: var(--out); stroke: none; font-weight: 600; }
";

/// An SVG document; empty where there are no samples.
pub fn draw(samples: &Samples, marks: &Marks, capacity: f64) -> String {
    let points = points(samples, marks);
    if points.is_empty() {
        return String::new();
    }
    let span = marks.end.duration_since(marks.start).as_secs_f64();
    let most = |of: fn(&Point) -> f64| points.iter().map(of).fold(1.0, f64::max);
    // Once Postgres is let go it commits so much that all before would lie on the ground.
    let ceiling = 1.25 * most(|point| point.rate_in);
    let at_last = most(|point| point.rate_out);
    let rates = Panel {
        top: 82.0,
        bottom: 250.0,
        span,
        scale: Scale::up_to(ceiling),
    };
    let depths = Panel {
        top: 310.0,
        bottom: 420.0,
        span,
        scale: Scale::up_to(most(|point| point.depth)),
    };
    let seconds = |at: Instant| at.duration_since(marks.start).as_secs_f64();
    let peak = (seconds(marks.peak.0), seconds(marks.peak.1));
    let mut svg = head(capacity, peak);
    for panel in [&rates, &depths] {
        panel.band(&mut svg, peak);
        panel.grid(&mut svg);
        panel.mark(&mut svg, seconds(marks.let_go));
    }
    let name = |svg: &mut String, y: f64, name: &str| {
        let _ = writeln!(
            svg,
            r#"<text class="name" x="{LEFT}" y="{y}">{name}</text>"#
        );
    };
    name(&mut svg, rates.top - 12.0, "Messages a second");
    name(
        &mut svg,
        depths.top - 12.0,
        "Messages accepted and not yet committed",
    );
    let _ = writeln!(
        svg,
        r#"<text class="in right" x="{:.1}" y="{:.1}">in: accepted</text>
<text class="out right" x="{RIGHT}" y="{:.1}">out: committed by Postgres</text>
<text class="right" x="{:.1}" y="{:.1}">Postgres let go: up to {at_last:.0} a second</text>"#,
        RIGHT - 195.0,
        rates.top - 12.0,
        rates.top - 12.0,
        rates.x(seconds(marks.let_go)) - 6.0,
        rates.top + 14.0,
    );
    rates.line(&mut svg, "in", &points, |point| point.rate_in);
    rates.line(&mut svg, "out", &points, |point| {
        point.rate_out.min(ceiling)
    });
    depths.area(&mut svg, "depth", &points, |point| point.depth);
    depths.seconds(&mut svg);
    svg.push_str("</svg>\n");
    svg
}

fn head(capacity: f64, peak: (f64, f64)) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">
<title>A peak of messages, levelled by the queue</title>
<style>{STYLE}</style>
<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>
<text class="title" x="{LEFT}" y="26">A peak, levelled by the queue</text>
<text x="{LEFT}" y="46">Postgres throttled to {capacity:.0} messages a second; ten times as many sent for {:.0} s (shaded).</text>
"#,
        peak.1 - peak.0
    )
}

/// The mean over a short time, at its middle.
struct Point {
    second: f64,
    rate_in: f64,
    rate_out: f64,
    depth: f64,
}

fn points(samples: &Samples, marks: &Marks) -> Vec<Point> {
    let span = marks.end.duration_since(marks.start).as_secs_f64();
    let step = (span / POINTS).max(1.0);
    let mut points = Vec::new();
    let mut second = 0.0;
    while second + step <= span {
        let at = |second: f64| between(&samples.0, marks.start + Duration::from_secs_f64(second));
        if let (Some(begin), Some(end)) = (at(second), at(second + step)) {
            points.push(Point {
                second: second + step / 2.0,
                rate_in: (end.0 - begin.0) / step,
                rate_out: (end.1 - begin.1) / step,
                depth: ((end.0 - end.1 + begin.0 - begin.1) / 2.0).max(0.0),
            });
        }
        second += step;
    }
    points
}

/// What was accepted and committed at a time between two samples.
fn between(samples: &[Sample], at: Instant) -> Option<(f64, f64)> {
    let next = samples.partition_point(|sample| sample.at <= at);
    let (before, after) = (samples.get(next.checked_sub(1)?)?, samples.get(next)?);
    let whole = after.at.duration_since(before.at).as_secs_f64();
    let part = at.duration_since(before.at).as_secs_f64() / whole;
    let mix = |one: f64, other: f64| one + (other - one) * part;
    Some((
        mix(before.accepted, after.accepted),
        mix(before.committed, after.committed),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_shows_what_was_sampled() {
        let start = Instant::now();
        let second = |seconds| start + Duration::from_secs(seconds);
        let sample = |seconds: u32| Sample {
            at: second(seconds.into()),
            accepted: f64::from(seconds) * 100.0,
            committed: f64::from(seconds) * 40.0,
            memory: 0,
        };
        let samples = Samples((0..=20).map(sample).collect());
        let marks = Marks {
            start,
            peak: (second(5), second(10)),
            let_go: second(15),
            end: second(20),
        };
        let points = points(&samples, &marks);
        assert!(points.len() >= 19);
        for point in &points {
            assert!((point.rate_in - 100.0).abs() < 1e-6);
            assert!((point.rate_out - 40.0).abs() < 1e-6);
            assert!((point.depth - point.second * 60.0).abs() < 1e-6);
        }
        let svg = draw(&samples, &marks, 40.0);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains("for 5 s") && svg.ends_with("</svg>\n"));
        assert_eq!(draw(&Samples::default(), &marks, 40.0), "");
    }
}
