//! The one table: each line with its figure, what stands beside it, its target, and whether that is met.

/// The lines so far.
#[derive(Default)]
pub struct Table(Vec<[String; 5]>);

impl Table {
    /// A line with a target.
    pub fn check(&mut self, what: &str, figure: String, beside: String, target: &str, met: bool) {
        let met = if met { "met" } else { "**not met**" };
        self.add([what, &figure, &beside, target, met]);
    }

    /// A line without.
    pub fn note(&mut self, what: &str, figure: String, beside: String) {
        self.add([what, &figure, &beside, "", ""]);
    }

    fn add(&mut self, line: [&str; 5]) {
        println!("{}: {} {} {}", line[0], line[1], line[2], line[4]);
        self.0.push(line.map(str::to_owned));
    }

    pub fn print(&self) {
        println!("\n| what | measured | beside it, in the same run | target | |");
        println!("| --- | ---: | --- | --- | --- |");
        for line in &self.0 {
            println!("| {} |", line.join(" | "));
        }
    }
}

/// Milliseconds.
pub fn ms(took: std::time::Duration) -> String {
    format!("{:.2} ms", took.as_secs_f64() * 1_000.0)
}
