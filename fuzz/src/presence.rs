//! Of presence: the words for video, and calls in progress.

#[path = "../../src/presence/live/mod.rs"]
pub mod live;
#[path = "../../src/presence/video.rs"]
mod video;

pub use video::VideoStatus;
