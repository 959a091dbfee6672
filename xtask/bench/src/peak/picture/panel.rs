//! One diagram of a picture: a scale, and lines over seconds.

use std::fmt::Write as _;

use super::{LEFT, Point, RIGHT};

/// About how many lines of a scale there are.
const LINES: f64 = 4.0;

/// Round numbers from 0 on.
pub struct Scale {
    step: f64,
    most: f64,
}

impl Scale {
    pub fn up_to(most: f64) -> Self {
        let rough = most / LINES;
        let power = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(rough);
        Self {
            step,
            most: (most / step).ceil() * step,
        }
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        let (step, most) = (self.step, self.most);
        (0_u32..)
            .map(move |number| f64::from(number) * step)
            .take_while(move |value| *value <= most + step / 2.0)
    }
}

/// One diagram, of which there are two, one above the other.
pub struct Panel {
    pub top: f64,
    pub bottom: f64,
    /// Seconds from its left to its right.
    pub span: f64,
    pub scale: Scale,
}

impl Panel {
    pub fn x(&self, second: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * second / self.span
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * value / self.scale.most
    }

    pub fn band(&self, svg: &mut String, (from, until): (f64, f64)) {
        let (x, y) = (self.x(from), self.top);
        let (width, height) = (self.x(until) - x, self.bottom - self.top);
        let _ = writeln!(
            svg,
            r#"<rect class="band" x="{x:.1}" y="{y}" width="{width:.1}" height="{height}"/>"#
        );
    }

    pub fn grid(&self, svg: &mut String) {
        for value in self.scale.values() {
            let y = self.y(value);
            let _ = writeln!(
                svg,
                r#"<line class="scale" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1}" y2="{y:.1}"/>
<text class="right" x="{:.1}" y="{:.1}">{}</text>"#,
                LEFT - 8.0,
                y + 4.0,
                thousands(value)
            );
        }
    }

    pub fn mark(&self, svg: &mut String, second: f64) {
        let x = self.x(second);
        let _ = writeln!(
            svg,
            r#"<line class="mark" x1="{x:.1}" x2="{x:.1}" y1="{}" y2="{}"/>"#,
            self.top, self.bottom
        );
    }

    pub fn line(
        &self,
        svg: &mut String,
        class: &str,
        points: &[Point],
        of: impl Fn(&Point) -> f64,
    ) {
        let path = self.path(points, of);
        let _ = writeln!(svg, r#"<polyline class="{class}" points="{path}"/>"#);
    }

    pub fn area(
        &self,
        svg: &mut String,
        class: &str,
        points: &[Point],
        of: impl Fn(&Point) -> f64,
    ) {
        let (path, bottom) = (self.path(points, of), self.bottom);
        let end = |point: Option<&Point>| self.x(point.map_or(0.0, |point| point.second));
        let _ = writeln!(
            svg,
            r#"<polygon class="{class}" points="{:.1},{bottom} {path} {:.1},{bottom}"/>"#,
            end(points.first()),
            end(points.last())
        );
    }

    fn path(&self, points: &[Point], of: impl Fn(&Point) -> f64) -> String {
        let places = points
            .iter()
            .map(|point| format!("{:.1},{:.1}", self.x(point.second), self.y(of(point))));
        places.collect::<Vec<_>>().join(" ")
    }

    pub fn seconds(&self, svg: &mut String) {
        for second in Scale::up_to(self.span).values() {
            if second <= self.span {
                let (x, y) = (self.x(second), self.bottom + 18.0);
                let _ = writeln!(
                    svg,
                    r#"<text class="middle" x="{x:.1}" y="{y}">{second:.0} s</text>"#
                );
            }
        }
    }
}

/// `12,500`.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_of_round_numbers_and_hold_the_most() {
        for (most, step, top) in [(1_930.0, 500.0, 2_000.0), (7.0, 2.0, 8.0), (1.0, 0.25, 1.0)] {
            let scale = Scale::up_to(most);
            assert!((scale.step - step).abs() < 1e-9, "{most}: {}", scale.step);
            assert!((scale.most - top).abs() < 1e-9, "{most}: {}", scale.most);
        }
        assert_eq!(thousands(1_234_567.0), "1,234,567");
        assert_eq!(thousands(100.0), "100");
    }
}
