//! The agent as a command.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use http::Method;

use super::{Agent, Answer, Call, Options};

const HELP: &str = "\
Starts the command of a function as Fn starts its container, calls it, and prints the answers.

Usage: tenancy-sim agent [OPTIONS] -- COMMAND [ARGUMENT]...

  --body TEXT            body of the call; default: stdin, empty if it is a terminal
  --header 'NAME: VALUE' adds a header (repeatable)
  --env NAME=VALUE       function configuration (repeatable)
  --gateway METHOD URL   call through an API gateway
  --detached             do not wait for the answer; log it
  --timeout SECONDS      time limit of a call; default 30
  --repeat N             number of calls; default 1
  --pause MILLISECONDS   pause between two calls; the function is frozen after 50
  --stock                acts as a stock Fn server where it differs from the documentation of OCI

Prints the body of each answer on stdout, and status, headers and the function's output on stderr.
Exit status: 0 if every call was answered below 400, 1 if not, 2 for a usage error.
";

/// Runs the agent with the arguments after `agent`; see `--help`. Starts its own runtime, so call it outside of one.
pub fn command_line(arguments: impl IntoIterator<Item = String>) -> ExitCode {
    let arguments = match Arguments::parse(arguments) {
        Ok(Some(arguments)) => arguments,
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
            succeeded = arguments.run() => succeeded,
            // Dropping the future drops the agent and kills the function.
            _ = tokio::signal::ctrl_c() => false,
        }
    });
    // Drops the task of a detached call too, which kills the function.
    runtime.shutdown_timeout(Duration::from_secs(1));
    if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[derive(Debug)]
struct Arguments {
    command: Vec<String>,
    environment: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<String>,
    gateway: Option<(Method, String)>,
    detached: bool,
    timeout: Duration,
    repeat: u32,
    pause: Duration,
    platform: Options,
}

impl Arguments {
    fn parse(words: impl IntoIterator<Item = String>) -> Result<Option<Self>, String> {
        let mut arguments = Self {
            command: Vec::new(),
            environment: Vec::new(),
            headers: Vec::new(),
            body: None,
            gateway: None,
            detached: false,
            timeout: Options::default().timeout,
            repeat: 1,
            pause: Duration::ZERO,
            platform: Options::default(),
        };
        let mut rest = words.into_iter();
        while let Some(option) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{option} needs a value"));
            match option.as_str() {
                "-h" | "--help" => return Ok(None),
                "--" => {
                    arguments.command = rest.by_ref().collect();
                }
                "--body" => arguments.body = Some(value()?),
                "--header" => arguments.headers.push(pair(&value()?, ':')?),
                "--env" => arguments.environment.push(pair(&value()?, '=')?),
                "--gateway" => {
                    let method = value()?;
                    let method = method
                        .parse()
                        .map_err(|_| format!("{method:?} is not an HTTP method"))?;
                    arguments.gateway = Some((method, value()?));
                }
                "--stock" => arguments.platform = Options::stock_server(),
                "--detached" => arguments.detached = true,
                "--timeout" => arguments.timeout = Duration::from_secs(number(&value()?)?),
                "--repeat" => arguments.repeat = number(&value()?)?,
                "--pause" => arguments.pause = Duration::from_millis(number(&value()?)?),
                _ => return Err(format!("unknown option {option:?}")),
            }
        }
        if arguments.command.is_empty() {
            return Err("no command; it follows --".to_owned());
        }
        Ok(Some(arguments))
    }

    async fn run(self) -> bool {
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
            ..self.platform
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

/// Prints an answer; whether its status is below 400.
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
    text.parse()
        .map_err(|_| format!("{text:?} is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>, String> {
        Arguments::parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn options_before_the_command_are_the_agents() {
        let arguments = parse("--env A=b=c --header X-A:1 --gateway PUT /v1 --timeout 3 --repeat 2 --body {} -- run --body x").unwrap().unwrap();
        assert_eq!(arguments.command, ["run", "--body", "x"]);
        assert_eq!(arguments.environment, [("A".to_owned(), "b=c".to_owned())]);
        assert_eq!(arguments.headers, [("X-A".to_owned(), "1".to_owned())]);
        assert_eq!(arguments.gateway, Some((Method::PUT, "/v1".to_owned())));
        assert_eq!(
            (
                arguments.timeout,
                arguments.repeat,
                arguments.body.as_deref()
            ),
            (Duration::from_secs(3), 2, Some("{}"))
        );
    }

    #[test]
    fn invalid_arguments_are_explained() {
        for (line, expected) in [
            ("--body x", "no command"),
            ("run", "unknown option \"run\""),
            ("--body", "--body needs a value"),
            ("--repeat x -- run", "\"x\" is not a number"),
            ("--env A -- run", "\"A\" has no '='"),
            ("--gateway ( / -- run", "is not an HTTP method"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
        assert!(parse("--help").unwrap().is_none());
    }
}
