//! The real program, asked over HTTP, on the database that `TEST_MYSQL_URL` chooses.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod ami;
mod audit;
mod autumn;
mod bad_data;
mod bad_files;
mod bad_requests;
mod browsers;
mod calls;
mod capture;
mod channels;
mod clocks;
mod commands;
mod compression;
mod contract;
mod cti;
mod demo;
mod directory_bad;
mod directory_deleted;
mod directory_http;
mod doctor;
mod export;
mod feed;
mod filters;
mod follow;
mod formats;
mod healthcheck;
mod imports;
mod keys;
mod leaks;
mod learning;
mod live;
mod log;
mod login;
mod matrix;
mod paging;
mod pains;
mod pipelining;
mod presence;
mod protection;
mod queue_cases;
mod tags;
mod tokens;
mod web;
mod zones;
