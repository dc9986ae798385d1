//! `call-history directory passwd`.

use std::io::{IsTerminal, Read, stdin};

use anyhow::{Context, anyhow, bail};
use clap::Args;

use super::{Exit, open, say};
use crate::auth::password;
use crate::config::DatabaseArgs;
use crate::store::passwords;

#[derive(Args, Debug)]
#[command(after_help = "\
The password is asked for, or read from standard input when that is no terminal:
  call-history directory passwd usera < password.txt

Whoever has logged in with another password has to log in again.")]
pub(super) struct PasswdArgs {
    /// A user of the directory
    username: String,

    /// Take the password away: the user cannot log in any more
    #[arg(long)]
    delete: bool,
}

pub(super) fn run(args: &PasswdArgs, database: &DatabaseArgs) -> anyhow::Result<Exit> {
    let mut conn = open(database)?;
    let name = &args.username;
    if args.delete {
        if !passwords::delete(&mut conn, name)? {
            bail!("{name:?} has no password");
        }
        say(&format!("{name} cannot log in any more"))?;
        return Ok(Exit::Success);
    }
    let password = password::keep(&new_password()?)?;
    if !passwords::put(&mut conn, name, &password)? {
        bail!(
            "there is no user {name:?} in the directory; \
             call-history directory import --users adds some"
        );
    }
    say(&format!("{name} can log in with the new password"))?;
    Ok(Exit::Success)
}

fn new_password() -> anyhow::Result<String> {
    if !stdin().is_terminal() {
        return first_line(stdin().lock());
    }
    let ask = |prompt| rpassword::prompt_password(prompt).context("cannot ask for a password");
    let password = ask("New password: ")?;
    if ask("Again: ")? != password {
        bail!("these are two passwords");
    }
    Ok(password)
}

/// The first line, of which no more is read than a password may have.
fn first_line(input: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let most = password::LONGEST + "\r\n".len() + 1;
    input
        .take(most as u64)
        .read_to_end(&mut bytes)
        .context("cannot read the password from standard input")?;
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let line = &bytes[..end.unwrap_or(bytes.len())];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = std::str::from_utf8(line);
    line.map(str::to_owned)
        .map_err(|_| anyhow!("the password is no UTF-8 text, so nobody could log in with it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_the_first_line_as_it_is() {
        for (input, password) in [
            (&b"secret words"[..], "secret words"),
            (b" secret \n", " secret "),
            (b"secret\r\nmore\n", "secret"),
            (b"", ""),
        ] {
            assert_eq!(first_line(input).unwrap(), password);
        }
        assert!(first_line(&b"\xff\xfe"[..]).is_err());
        let long = first_line(&[b'x'; 5000][..]).unwrap();
        assert!(password::keep(&long).is_err());
    }
}
