//! The mock as its users see it: through the client, and over a bare connection.

#![cfg(test)]

mod bot;
mod connection;
mod dingtalk;
mod faults;
mod feishu;
mod framing;
mod limits;
mod line;
mod oauth;
mod operations;
mod push;
mod raw;
mod routes;
mod tokens;
mod webhook;
