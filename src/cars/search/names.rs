//! Names of models and makes, compared by their letters and as whole words.

/// The letters and digits of a name, in lower case: what is compared.
pub fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a model, given by its [`letters`], is in a make's and a model's name as whole words.
pub fn named(wanted: &str, make: &str, model: &str) -> bool {
    let wanted = wanted.as_bytes();
    let (make, model) = (make.as_bytes(), model.as_bytes());
    // The two names with a space between them, without making a string of every name in the catalogue.
    let len = make.len() + 1 + model.len();
    let byte = |at: usize| match at.checked_sub(make.len()) {
        None => make[at],
        Some(0) => b' ',
        Some(past) => model[past - 1],
    };
    let is_letter = |at: usize| byte(at).is_ascii_alphanumeric() || !byte(at).is_ascii();
    let fits = |from: usize| {
        let mut at = from;
        for wanted in wanted {
            while at < len && !is_letter(at) {
                at += 1;
            }
            if at >= len || byte(at).to_ascii_lowercase() != *wanted {
                return false;
            }
            at += 1;
        }
        at >= len || !is_letter(at)
    };
    let starts = |at: usize| is_letter(at) && (at == 0 || !is_letter(at - 1));
    !wanted.is_empty() && (0..len).any(|from| starts(from) && fits(from))
}
