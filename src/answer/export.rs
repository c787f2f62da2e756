//! Assignments of tokens to variables, a family of readers a file. Data in, text out.

pub mod github;
