//! The Fn contract on a Unix socket.
