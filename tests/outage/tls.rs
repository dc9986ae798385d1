//! TLS to MySQL is used and checked where the URL asks for it.

use std::path::Path;
use std::process::Command;

use call_history::store::{DatabaseUrl, cipher, connect};
use tempfile::TempDir;

use crate::support::mariadb::MariaDb;

/// Runs openssl in a directory.
fn openssl(directory: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {said}");
}

/// Two authorities, and a certificate of the first for 127.0.0.1 and one for another host.
fn certificates() -> TempDir {
    let directory = TempDir::new().unwrap();
    let path = directory.path();
    for ca in ["ca", "other"] {
        openssl(
            path,
            &format!(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={ca} \
                 -keyout {ca}.key -out {ca}.pem"
            ),
        );
    }
    for (name, subject) in [
        ("here", "IP:127.0.0.1"),
        ("elsewhere", "DNS:db.example.org"),
    ] {
        std::fs::write(path.join("ext"), format!("subjectAltName={subject}\n")).unwrap();
        openssl(
            path,
            &format!(
                "req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
            ),
        );
        openssl(
            path,
            &format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                 -extfile ext -out {name}.pem"
            ),
        );
    }
    directory
}

fn options(directory: &Path, name: &str) -> Vec<String> {
    let file = |name: &str, kind: &str| directory.join(format!("{name}.{kind}"));
    vec![
        format!("--ssl-ca={}", file("ca", "pem").display()),
        format!("--ssl-cert={}", file(name, "pem").display()),
        format!("--ssl-key={}", file(name, "key").display()),
    ]
}

/// Whether the connection is encrypted; the error where there is none.
fn encrypted(server: &MariaDb, query: &str) -> Result<bool, String> {
    let url: DatabaseUrl = format!("{}?{query}", server.url("mysql")).parse().unwrap();
    let mut conn = connect(&url).map_err(|error| error.to_string())?;
    Ok(cipher(&mut conn).unwrap().is_some())
}

#[test]
fn a_server_with_tls_is_used_with_tls_and_its_certificate_is_checked() {
    if std::env::var_os("TEST_MYSQL_URL").is_none() {
        return;
    }
    let directory = certificates();
    let path = directory.path();
    let ca = format!("ssl_ca={}", path.join("ca.pem").display());
    let other = format!("ssl_ca={}", path.join("other.pem").display());

    let here = MariaDb::start_with(&options(path, "here")).unwrap();
    assert_eq!(encrypted(&here, ""), Ok(false));
    assert_eq!(encrypted(&here, "ssl_mode=disabled"), Ok(false));
    assert_eq!(encrypted(&here, "ssl_mode=preferred"), Ok(true));
    assert_eq!(encrypted(&here, "ssl_mode=required"), Ok(true));
    assert_eq!(encrypted(&here, &ca), Ok(true));
    for mode in ["verify_ca", "verify_identity"] {
        assert_eq!(encrypted(&here, &format!("ssl_mode={mode}&{ca}")), Ok(true));
        let refused = encrypted(&here, &format!("ssl_mode={mode}&{other}")).unwrap_err();
        assert!(refused.contains("certificate"), "{mode}: {refused}");
    }
    // Without an authority of its own, those of the system are asked.
    let refused = encrypted(&here, "ssl_mode=verify_identity").unwrap_err();
    assert!(refused.contains("certificate"), "{refused}");
    drop(here);

    let elsewhere = MariaDb::start_with(&options(path, "elsewhere")).unwrap();
    assert_eq!(
        encrypted(&elsewhere, &format!("ssl_mode=verify_ca&{ca}")),
        Ok(true)
    );
    let identity = format!("ssl_mode=verify_identity&{ca}");
    let refused = encrypted(&elsewhere, &identity).unwrap_err();
    assert!(refused.contains("certificate"), "{refused}");
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    if std::env::var_os("TEST_MYSQL_URL").is_none() {
        return;
    }
    let directory = certificates();
    let ca = format!("ssl_ca={}", directory.path().join("ca.pem").display());
    let plain = MariaDb::start_with(&["--skip-ssl".to_owned()]).unwrap();
    assert_eq!(encrypted(&plain, ""), Ok(false));
    assert_eq!(encrypted(&plain, "ssl_mode=preferred"), Ok(false));
    for query in [
        "ssl_mode=required".to_owned(),
        ca.clone(),
        format!("ssl_mode=verify_ca&{ca}"),
        format!("ssl_mode=verify_identity&{ca}"),
        "ssl_mode=verify_identity".to_owned(),
    ] {
        let refused = encrypted(&plain, &query).unwrap_err();
        let says = refused.contains("TLS") || refused.contains("SSL");
        assert!(says, "{query}: {refused}");
    }
}
