//! The agent from the shell.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use http::Method;

use super::{Agent, Answer, Call, Options};

const HELP: &str = "\
Starts the command of a function as Fn starts its container, calls it, and prints what a caller gets.

Usage: tenancy-sim agent [OPTIONS] -- COMMAND [ARGUMENT]...

  --body TEXT            body of the call; default: what stdin holds, nothing if it is a terminal
  --header 'NAME: VALUE' one more header (repeatable)
  --env NAME=VALUE       function configuration (repeatable)
  --gateway METHOD URL   call through an API gateway
  --detached             do not wait for the result; it is logged
  --timeout SECONDS      limit of a call; default 30
  --repeat N             number of calls; default 1
  --pause MILLISECONDS   between two calls; the function freezes after 50

Prints the body of each answer on stdout; status, headers and what the function prints on stderr.
Ends with 0 if every call was answered below 400, with 1 if not, with 2 for a wrong command line.
";

/// Runs the agent for the arguments after `agent`; see `--help`. Starts a runtime of its own: call it outside of one.
pub fn command_line(arguments: impl IntoIterator<Item = String>) -> ExitCode {
    let order = match Order::parse(arguments) {
        Ok(Some(order)) => order,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(reason) => {
            eprintln!("agent: {reason}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("agent: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let succeeded = runtime.block_on(async {
        tokio::select! {
            succeeded = order.carry_out() => succeeded,
            // The agent is dropped with the future, and the function with it.
            _ = tokio::signal::ctrl_c() => false,
        }
    });
    // Also a detached call's task is dropped, and with it the function.
    runtime.shutdown_timeout(Duration::from_secs(1));
    if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[derive(Debug)]
struct Order {
    command: Vec<String>,
    environment: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<String>,
    gateway: Option<(Method, String)>,
    detached: bool,
    timeout: Duration,
    repeat: u32,
    pause: Duration,
}

impl Order {
    fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Option<Self>, String> {
        let mut order = Self {
            command: Vec::new(),
            environment: Vec::new(),
            headers: Vec::new(),
            body: None,
            gateway: None,
            detached: false,
            timeout: Options::default().timeout,
            repeat: 1,
            pause: Duration::ZERO,
        };
        let mut rest = arguments.into_iter();
        while let Some(option) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{option} needs a value"));
            match option.as_str() {
                "-h" | "--help" => return Ok(None),
                "--" => {
                    order.command = rest.by_ref().collect();
                }
                "--body" => order.body = Some(value()?),
                "--header" => order.headers.push(pair(&value()?, ':')?),
                "--env" => order.environment.push(pair(&value()?, '=')?),
                "--gateway" => {
                    let method = value()?;
                    let method = method
                        .parse()
                        .map_err(|_| format!("{method:?} is no HTTP method"))?;
                    order.gateway = Some((method, value()?));
                }
                "--detached" => order.detached = true,
                "--timeout" => order.timeout = Duration::from_secs(number(&value()?)?),
                "--repeat" => order.repeat = number(&value()?)?,
                "--pause" => order.pause = Duration::from_millis(number(&value()?)?),
                _ => return Err(format!("{option:?} is no option")),
            }
        }
        if order.command.is_empty() {
            return Err("no command: it stands after --".to_owned());
        }
        Ok(Some(order))
    }

    async fn carry_out(self) -> bool {
        let mut call = Call::new(match self.body {
            Some(body) => Bytes::from(body),
            None => stdin(),
        });
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        if let Some((method, url)) = self.gateway {
            call = call.gateway(method, &url);
        }
        if self.detached {
            call = call.detached();
        }
        let options = Options {
            timeout: self.timeout,
            echo: true,
            ..Options::default()
        };
        let agent = Agent::new(self.command, self.environment, options);
        let mut succeeded = true;
        for round in 0..self.repeat {
            if round > 0 {
                tokio::time::sleep(self.pause).await;
            }
            let answer = agent.invoke(call.clone()).await;
            succeeded &= report(&answer);
            if self.detached && answer.refusal.is_none() {
                for answer in agent.detached_answers().await {
                    succeeded &= report(&answer);
                }
            }
        }
        succeeded
    }
}

/// Prints an answer and says whether it is a success.
fn report(answer: &Answer) -> bool {
    eprintln!("agent: {} in {:.1?}", answer.status, answer.elapsed);
    for (name, value) in &answer.headers {
        eprintln!(
            "agent: {name}: {}",
            String::from_utf8_lossy(value.as_bytes())
        );
    }
    let mut stdout = io::stdout();
    let newline: &[u8] = if answer.body.is_empty() || answer.body.ends_with(b"\n") {
        b""
    } else {
        b"\n"
    };
    let _ = stdout
        .write_all(&answer.body)
        .and_then(|()| stdout.write_all(newline))
        .and_then(|()| stdout.flush());
    answer.status.as_u16() < 400
}

fn stdin() -> Bytes {
    let mut body = Vec::new();
    if !io::IsTerminal::is_terminal(&io::stdin()) {
        let _ = io::stdin().read_to_end(&mut body);
    }
    body.into()
}

fn pair(text: &str, separator: char) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(separator)
        .ok_or_else(|| format!("{text:?} has no {separator:?}"))?;
    Ok((name.trim().to_owned(), value.trim_start().to_owned()))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Order>, String> {
        Order::parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn options_stand_before_the_command_and_its_own_after_it() {
        let order = parse("--env A=b=c --header X-A:1 --gateway PUT /v1 --timeout 3 --repeat 2 --body {} -- run --body x").unwrap().unwrap();
        assert_eq!(order.command, ["run", "--body", "x"]);
        assert_eq!(order.environment, [("A".to_owned(), "b=c".to_owned())]);
        assert_eq!(order.headers, [("X-A".to_owned(), "1".to_owned())]);
        assert_eq!(order.gateway, Some((Method::PUT, "/v1".to_owned())));
        assert_eq!(
            (order.timeout, order.repeat, order.body.as_deref()),
            (Duration::from_secs(3), 2, Some("{}"))
        );
    }

    #[test]
    fn a_wrong_command_line_says_what_is_wrong() {
        for (line, said) in [
            ("--body x", "no command"),
            ("run", "\"run\" is no option"),
            ("--body", "--body needs a value"),
            ("--repeat x -- run", "\"x\" is no number"),
            ("--env A -- run", "\"A\" has no '='"),
            ("--gateway ( / -- run", "is no HTTP method"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(said), "{line}: {error}");
        }
        assert!(parse("--help").unwrap().is_none());
    }
}
