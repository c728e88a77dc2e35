//! Names as their makers write them, where EPA's file doesn't.

/// The make as shoppers know it. EPA files some under the company's full name, or spells one in two ways.
pub fn make(name: &str) -> String {
    let name = tidy(name);
    let known = match name.to_lowercase().as_str() {
        "mini" => "MINI",
        "vinfast" => "VinFast",
        "ineos automotive" => "INEOS",
        "mclaren automotive" => "McLaren",
        "ruf automobile" => "RUF",
        "roush performance" => "Roush",
        "mobility ventures llc" => "Mobility Ventures",
        _ => return name,
    };
    known.to_owned()
}

/// Single spaces, none at the ends.
pub fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
