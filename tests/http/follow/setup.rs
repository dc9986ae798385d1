//! Before a PBX is followed: settings, its users and queues, and what `doctor` says of it.

use crate::support::TestDatabase;
use crate::support::pbx::PbxDatabase;
use crate::support::service::{program, run};

#[test]
fn settings_that_cannot_be_understood_exit_64_with_the_line_and_a_way_out() {
    let database = TestDatabase::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sources.toml");
    std::fs::write(
        &file,
        "[[source]]\nname = \"x\"\nurl = \"mysql://u:secret@h\"\n",
    )
    .unwrap();
    let file = file.display().to_string();
    for (command, settings, words) in [
        (
            &["follow"][..],
            ("SOURCES_FILE", file.as_str()),
            "sources.toml:3: url: the database URL must name host and database",
        ),
        (
            &["serve", "--follow", "--bind", "127.0.0.1:0"],
            ("SOURCES_FILE", &file),
            "sources.toml:3",
        ),
        (&["doctor"], ("SOURCES_FILE", &file), "sources.toml:3"),
        (
            &["doctor"],
            ("SOURCES_FILE", "/nowhere/sources.toml"),
            "cannot read /nowhere/sources.toml",
        ),
        (
            &["follow"],
            ("SOURCE_DATABASE_URL", "sqlite://secret.db"),
            "a PBX's database is mysql://",
        ),
        (
            &["directory", "import", "--freepbx"],
            ("X", ""),
            "Neither SOURCE_DATABASE_URL nor SOURCES_FILE",
        ),
    ] {
        let output = program()
            .args(command)
            .env("DATABASE_URL", database.url_text())
            .env(settings.0, settings.1)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{command:?}: {said}");
        assert!(said.contains(words), "{command:?}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

const FREEPBX: &str = "
    CREATE TABLE `users` (`extension` varchar(20) NOT NULL, `password` varchar(20), `name` varchar(50));
    CREATE TABLE `devices` (`id` varchar(20), `tech` varchar(10), `dial` varchar(255), `devicetype` varchar(5),
        `user` varchar(50), `description` varchar(50));
    CREATE TABLE `queues_config` (`extension` varchar(20) PRIMARY KEY, `descr` varchar(35), `maxwait` varchar(8));
    INSERT INTO `users` VALUES ('1000', 'x', 'Ann Lee'), ('1001', 'x', 'Réception'), ('10 x', '', 'bad');
    INSERT INTO `devices` VALUES ('1000', 'pjsip', 'PJSIP/1000', 'fixed', '1000', 'Ann'),
        ('991000', 'pjsip', 'PJSIP/991000', 'fixed', '1000', 'Ann, browser'),
        ('1001', 'custom', 'Local/0611223344@out', 'fixed', '1001', '');
    INSERT INTO `queues_config` VALUES ('600', 'Sales, all', '')";

#[test]
fn users_and_queues_are_taken_from_freepbx() {
    let pbx = PbxDatabase::with(&[FREEPBX]);
    let database = TestDatabase::new();
    let url = pbx.url_of_user("SELECT");
    let output = run(&database, &["directory", "import", "--freepbx", &url]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    // One extension is none that can be dialled, as a line of a file would be.
    assert_eq!(output.status.code(), Some(2), "{said} {errors}");
    assert!(
        said.contains("directory: 3 new or changed, 1 bad lines"),
        "{said}"
    );
    assert!(errors.contains("users:2: numbers:"), "{errors}");
    let directory = call_history::store::directory::load(&mut database.connect()).unwrap();
    let ann = directory.user("1000").unwrap();
    assert_eq!(
        (ann.first_name.as_str(), ann.last_name.as_str()),
        ("Ann", "Lee")
    );
    assert_eq!(ann.endpoints.len(), 2);
    assert_eq!(directory.queue("600").unwrap().display_name, "Sales, all");
    let again = program()
        .args(["directory", "import", "--freepbx", "--source", "default"])
        .env("DATABASE_URL", database.url_text())
        .env("SOURCE_DATABASE_URL", &url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(said.contains("directory: 0 new or changed"), "{said}");
    // Nothing of FreePBX here.
    let other = PbxDatabase::freepbx();
    let output = run(
        &database,
        &[
            "directory",
            "import",
            "--freepbx",
            &other.url_of_user("SELECT"),
        ],
    );
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("no FreePBX here"), "{errors}");
    assert!(!errors.contains("secret"), "{errors}");
}

fn doctor(database: &TestDatabase, url: &str) -> (String, Option<i32>) {
    let output = program()
        .arg("doctor")
        .env("DATABASE_URL", database.url_text())
        .env("SOURCE_DATABASE_URL", url)
        .output()
        .unwrap();
    (
        String::from_utf8(output.stdout).unwrap(),
        output.status.code(),
    )
}

#[test]
fn doctor_says_what_a_pbx_lacks_and_creates_nothing() {
    let database = TestDatabase::new();
    let pbx = PbxDatabase::with(&[
        "CREATE TABLE `CDR` (CALLDATE DATETIME NOT NULL, CLID VARCHAR(80), SRC VARCHAR(80), DST VARCHAR(80), \
         CHANNEL VARCHAR(80), DSTCHANNEL VARCHAR(80), LASTAPP VARCHAR(80), DURATION INT, BILLSEC INT, \
         DISPOSITION VARCHAR(45), UNIQUEID VARCHAR(32))",
        "INSERT INTO `CDR` (CALLDATE, CHANNEL, DSTCHANNEL, DISPOSITION, DURATION, UNIQUEID) \
         SELECT NOW() - INTERVAL seq MINUTE, 'PJSIP/1000-1', 'PJSIP/1001-2', 'NO ANSWER', 1, seq FROM seq_1_to_600",
    ]);
    let (said, code) = doctor(&database, &pbx.url());
    assert_eq!(code, Some(1), "{said}");
    for words in [
        "PBX default",
        " ?   its user may do more than read",
        "!!   cdr: no column linkedid",
        " ?   cdr: no column sequence",
        "once: CREATE INDEX `CALLDATE` ON `CDR` (`CALLDATE`);",
        "cdr: table CDR, newest row",
        "unanswered=yes",
        " ?   no table queue_log",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // What it advises is a statement that helps.
    pbx.run("CREATE INDEX `CALLDATE` ON `CDR` (`CALLDATE`)");
    let (said, _) = doctor(&database, &pbx.url_of_user("SELECT"));
    assert!(!said.contains("CREATE INDEX"), "{said}");
    assert!(!said.contains("may do more"), "{said}");

    let good = PbxDatabase::freepbx();
    let (said, code) = doctor(&database, &good.url_of_user("SELECT"));
    assert_eq!(code, Some(0), "{said}");
    let wrong = good
        .url_of_user("SELECT")
        .replace(":secret", ":wrong-secret");
    let (said, code) = doctor(&database, &wrong);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("refuses the login"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
