//! Autio: a car advisor that you talk to. The map of the house, from the street down to the cellar.
//!
//! Imports go down only: [`cli`] → [`server`] → [`api`] → [`home`], [`chat`], [`showroom`], [`auth`], [`health`] →
//! [`card`], [`web`] → [`state`] → [`feed`], [`room`] → [`db`], [`advisor`], [`queue`], [`limit`] → [`cars`],
//! [`openai`], [`redis`](mod@redis), [`error`], [`trace`], [`config`], [`metrics`].

pub mod cli;

pub mod eval;

pub mod server;

pub mod api;

pub mod auth;
pub mod chat;
pub mod health;
pub mod home;
pub mod showroom;

pub mod card;
pub mod web;

pub mod state;

pub mod feed;
pub mod hashing;
pub mod room;

pub mod advisor;
pub mod db;
pub mod limit;
pub mod queue;

pub mod cars;
pub mod config;
pub mod error;
pub mod metrics;
pub mod openai;
pub mod redis;
pub mod trace;
