//! The mock as its users see it: through the client, and over a bare connection.

#![cfg(test)]

mod connection;
mod dingtalk;
mod faults;
mod feishu;
mod limits;
mod oauth;
mod operations;
mod routes;
mod tokens;
