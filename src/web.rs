//! Everything about HTTP that is not about cars: clients, formats, input, views, problems, guards, assets.

pub mod assets;
pub mod client;
pub mod etag;
pub mod format;
pub mod guard;
pub mod input;
pub mod origin;
pub mod page;
pub mod problem;
pub mod quota;
pub mod view;
