//! Passwords: Argon2id, which takes 19 MiB and some 40 ms of a processor for each guess.

use std::fmt::Write;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::store::passwords::StoredPassword;

/// The shortest password that is taken, in characters.
pub const SHORTEST: usize = 8;
/// The longest, in bytes.
pub const LONGEST: usize = 1024;
/// Random bytes of a stamp.
const STAMP_BYTES: usize = 16;

/// What is compared with where there is no password, so that it takes as long. It is the hash
/// of nothing: its bytes are made up.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCAhIQ$\
                       bm9ib2R5IGhhcyBhIHBhc3N3b3JkIG9mIHRoaXMgaGE";

/// Why a password is not taken, or cannot be hashed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too few characters.
    #[error("a password has at least {SHORTEST} characters")]
    TooShort,
    /// Too many bytes.
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
    /// The system gives no random bytes or no memory.
    #[error("the password cannot be hashed: {0}")]
    Failed(String),
}

/// What is to be kept of a new password.
///
/// # Errors
/// It is too short or too long.
pub fn keep(password: &str) -> Result<StoredPassword, Unfit> {
    if password.chars().count() < SHORTEST {
        return Err(Unfit::TooShort);
    }
    if password.len() > LONGEST {
        return Err(Unfit::TooLong);
    }
    let hash = hasher().hash_password(password.as_bytes());
    Ok(StoredPassword {
        hash: hash.map_err(|e| Unfit::Failed(e.to_string()))?.to_string(),
        stamp: stamp().map_err(|e| Unfit::Failed(e.to_string()))?,
    })
}

/// A new stamp.
///
/// # Errors
/// The system gives no random bytes.
pub fn stamp() -> Result<String, getrandom::Error> {
    let mut bytes = [0; STAMP_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Whether this is the password. Where there is none, it is not, and that takes as long.
pub fn is_right(password: &str, stored: Option<&StoredPassword>) -> bool {
    let verify = |hash: &str| {
        let hash = PasswordHash::new(hash)?;
        hasher().verify_password(password.as_bytes(), &hash)
    };
    let right = verify(stored.map_or(NOBODYS, |stored| &stored.hash)).is_ok();
    right && stored.is_some()
}

/// Argon2id with the parameters that OWASP recommends: 19 MiB, two passes, one lane.
fn hasher() -> Argon2<'static> {
    Argon2::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_right() {
        let password = "höchst geheim";
        let stored = keep(password).unwrap();
        assert!(stored.hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_right(password, Some(&stored)));
        assert!(!is_right("hochst geheim", Some(&stored)));
        assert!(!is_right("", Some(&stored)));
        assert!(!is_right(password, None));
        let again = keep(password).unwrap();
        assert_ne!(again.hash, stored.hash);
        assert_ne!(again.stamp, stored.stamp);
        let damaged = StoredPassword {
            hash: "x".to_owned(),
            ..stored
        };
        assert!(!is_right(password, Some(&damaged)));
    }

    /// Same parameters, same lengths: the same work.
    #[test]
    fn where_there_is_no_password_the_work_is_the_same() {
        let stored = keep("password").unwrap();
        let (some, none) = (
            PasswordHash::new(&stored.hash).unwrap(),
            PasswordHash::new(NOBODYS).unwrap(),
        );
        assert_eq!(some.algorithm, none.algorithm);
        assert_eq!(some.version, none.version);
        assert_eq!(some.params, none.params);
        let lengths = |hash: &PasswordHash| {
            let output = hash.hash.as_ref().map(|hash| hash.len());
            (output, hash.salt.as_ref().map(|salt| salt.len()))
        };
        assert_eq!(lengths(&some), lengths(&none));
    }

    #[test]
    fn too_short_and_too_long_ones_are_refused() {
        assert_eq!(keep("1234567"), Err(Unfit::TooShort));
        assert_eq!(keep("ééééééé"), Err(Unfit::TooShort));
        assert_eq!(keep(&"x".repeat(1025)), Err(Unfit::TooLong));
        assert!(keep(&"x".repeat(1024)).is_ok());
    }
}
