//! Of the CTI WebSocket: what is understood, and what is answered without a history.

#[path = "../../src/cti/answer/plain.rs"]
pub mod answer;
#[path = "../../src/cti/frame/mod.rs"]
pub mod frame;
#[path = "../../src/cti/heads.rs"]
pub mod heads;
