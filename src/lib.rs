//! Call history of users, agents, queues and customers of an Asterisk PBX.
//!
//! Rows of `cdr`, `queue_log` and `cel` come in through [`ingest`], are folded into calls by
//! [`fold`], kept by [`store`], and served by [`api`] and [`cti`] to a principal of [`auth`].

pub mod api;
pub mod asterisk;
pub mod auth;
pub mod cli;
pub mod config;
pub mod cti;
pub mod demo;
pub mod doctor;
pub mod fold;
pub mod ingest;
pub mod model;
pub mod presence;
pub mod store;
pub mod traffic;
pub mod web;
