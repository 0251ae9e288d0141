//! The cost of a call as a plot, ours and those of others.

use std::fmt::Write;

use super::figures::Record;
use super::table::{PEERS, callers, show};

/// The plots: their paths and colors.
pub const PLOTS: [(&str, &Colors); 2] = [
    (
        "crates/bench/plots/light.svg",
        &Colors { text: "#1f2328", faint: "#59636e", ours: "#0969da", others: "#afb8c1" },
    ),
    (
        "crates/bench/plots/dark.svg",
        &Colors { text: "#f0f6fc", faint: "#9198a1", ours: "#4493f8", others: "#57606a" },
    ),
];

pub struct Colors {
    text: &'static str,
    faint: &'static str,
    ours: &'static str,
    others: &'static str,
}

const PANELS: [(&str, &str); 4] = [
    ("instructions", "Instructions of a warm call"),
    ("allocations", "Allocations of a warm call"),
    ("crates", "Crates to compile"),
    ("bytes", "Stripped binary with one operation"),
];

/// As narrow as a phone, so that the text is never smaller than it is here.
const WIDTH: f64 = 380.0;
/// The start of the bars, and the room that is left for the figure after the longest.
const LABELS: f64 = 140.0;
const FIGURES: f64 = 70.0;
const LINE: f64 = 20.0;

/// Draws a panel of bars for each measure.
pub fn draw(record: &Record, colors: &Colors) -> String {
    let mut y = 0.0;
    let panels: String = PANELS
        .iter()
        .map(|(measure, title)| panel(record, colors, measure, title, &mut y))
        .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" width=\"{WIDTH}\" \
         height=\"{y}\" font-family=\"-apple-system,'Segoe UI',Helvetica,Arial,sans-serif\" \
         font-size=\"12\" role=\"img\">\n<title>openplat and other SDKs</title>\n{panels}</svg>\n"
    )
}

fn panel(record: &Record, colors: &Colors, measure: &str, title: &str, y: &mut f64) -> String {
    let mut bars: Vec<_> = callers()
        .filter_map(|(subject, label)| {
            let name = format!("{subject} {measure}");
            let value = record.get(&name)?;
            let ours = !PEERS.contains(&subject) && !subject.starts_with("raw");
            Some((label, value, show(&name, value), ours))
        })
        .collect();
    bars.sort_by(|(_, a, ..), (_, b, ..)| a.total_cmp(b));
    let Some(longest) = bars.last().map(|(_, value, ..)| *value) else { return String::new() };
    let Colors { text, faint, .. } = colors;
    let mut svg = format!(
        "<text x=\"0\" y=\"{}\" fill=\"{text}\" font-weight=\"600\" font-size=\"13\">{title}</text>\n",
        *y + 16.0
    );
    *y += 28.0;
    for (label, value, figure, ours) in bars {
        let (color, label_color) = match ours {
            true => (colors.ours, *text),
            false => (colors.others, *faint),
        };
        let length = value / longest * (WIDTH - LABELS - FIGURES);
        let baseline = *y + 12.0;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{baseline}\" fill=\"{label_color}\" text-anchor=\"end\">{label}</text>\
             <rect x=\"{LABELS}\" y=\"{}\" width=\"{length:.1}\" height=\"12\" rx=\"2\" fill=\"{color}\"/>\
             <text x=\"{:.1}\" y=\"{baseline}\" fill=\"{label_color}\">{figure}</text>",
            LABELS - 8.0,
            *y + 2.0,
            LABELS + length + 6.0,
        );
        *y += LINE;
    }
    *y += 12.0;
    svg
}
