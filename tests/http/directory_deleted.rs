//! Who is deleted from the directory, and what stays.

use std::time::Duration;

use call_history::store::revisions;
use serde_json::{Value, json};

use super::keys::key;
use crate::support::TestDatabase;
use crate::support::mariadb::until;
use crate::support::service::{Service, import_capture, run, succeed};

/// The capture's calls end long before a test; a year is in it.
const ALL: &str = "from=2026-01-01&size=100";

struct Asked {
    database: TestDatabase,
    service: Service,
    admin: String,
}

impl Asked {
    fn new() -> Self {
        let database = TestDatabase::new();
        import_capture(&database);
        let admin = key(&database, "admin");
        let service = Service::start_closed(&database);
        Self {
            database,
            service,
            admin,
        }
    }

    fn delete(&self, path: &str) -> u16 {
        let bearer = format!("Bearer {}", self.admin);
        let headers = [("Authorization", bearer.as_str())];
        self.service.request("DELETE", path, &headers).status
    }

    fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.service.send_json("PUT", path, &self.admin, body);
        (answer.status, answer.json())
    }

    fn history(&self, path: &str) -> Value {
        let answer = self
            .service
            .get_as(&self.admin, &format!("/history/{path}&{ALL}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// Folds everything once more: what is stored is what would be folded.
    fn rebuild(&self) {
        let limit = Duration::from_secs(60);
        until("folded again", limit, || {
            !revisions::refold_is_wanted(&mut self.database.connect()).unwrap()
        });
        let said = succeed(&self.database, &["rebuild"]);
        assert!(said.contains("calls: 0 new or changed"), "{said}");
    }
}

#[test]
fn a_deleted_users_calls_stay_theirs_and_nobody_inherits_them() {
    let asked = Asked::new();
    let before = asked.history("user?user=usera");
    let of_others = asked.history("user?user=userb");
    assert_eq!(before.as_array().unwrap().len(), 17);
    assert_eq!(asked.delete("/directory/users/usera"), 204);
    asked.rebuild();
    assert_eq!(asked.history("user?user=usera"), before);
    assert_eq!(asked.history("user?user=userb"), of_others);
    let learned = asked
        .service
        .get_as(&asked.admin, "/history/user?user=1000");
    assert_eq!(learned.status, 404, "the past is not learned anew");

    // Somebody new gets the number and the phone, without saying since when.
    let body = json!({"numbers": [{"number": "1000"}], "endpoints": [{"endpoint": "PJSIP/1000"}],
                      "firstName": "User", "lastName": "A"});
    let (status, made) = asked.put("/directory/users/new", &body);
    assert_eq!(status, 201);
    let since = &made["numbers"][0]["validFrom"];
    assert!(since.is_string(), "{made}");
    assert_eq!(&made["endpoints"][0]["validFrom"], since);
    assert_eq!(
        asked.put("/directory/users/new", &body),
        (200, made.clone())
    );
    asked.rebuild();
    assert_eq!(asked.history("user?user=new"), json!([]));
    assert_eq!(asked.history("user?user=usera"), before);

    // From then on it is theirs.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cdr.csv");
    let later = (chrono::Utc::now() + chrono::TimeDelta::hours(1)).format("%Y-%m-%d %H:%M:%S");
    std::fs::write(
        &file,
        format!(
            "calldate,src,dst,channel,dstchannel,lastapp,duration,billsec,disposition,uniqueid\n\
             {later},1000,1001,PJSIP/1000-1,PJSIP/1001-2,Dial,9,5,ANSWERED,99.1\n"
        ),
    )
    .unwrap();
    let file = file.display().to_string();
    succeed(&asked.database, &["import", "--cdr", &file]);
    assert_eq!(asked.history("user?user=new").as_array().unwrap().len(), 1);
    assert_eq!(asked.history("user?user=usera"), before);

    // Who is put again is who they were, at the times that the body says.
    let until = since.clone();
    let back = json!({"firstName": "User", "lastName": "A",
        "numbers": [{"number": "1000", "validUntil": until}],
        "endpoints": [{"endpoint": "PJSIP/1000", "validUntil": until}]});
    assert_eq!(asked.put("/directory/users/usera", &back).0, 201);
    asked.rebuild();
    assert_eq!(asked.history("user?user=usera"), before);
    assert_eq!(asked.history("user?user=new").as_array().unwrap().len(), 1);
}

#[test]
fn an_agent_number_that_changes_hands_takes_no_users_calls_along() {
    let asked = Asked::new();
    let userb = asked.history("user?user=userb");
    assert_eq!(asked.delete("/directory/users/userb"), 204);
    let body = json!({"agentNumber": "2501", "numbers": [{"number": "1001"}]});
    assert_eq!(asked.put("/directory/users/new", &body).0, 201);
    asked.rebuild();
    assert_eq!(asked.history("user?user=userb"), userb);
    assert_eq!(asked.history("user?user=new"), json!([]));
}

#[test]
fn a_deleted_user_gets_in_no_more() {
    let asked = Asked::new();
    let own = succeed(&asked.database, &["key", "create", "--user", "usera"]);
    let own = own.trim();
    let granted = key(&asked.database, "history:user:usera");
    let all = key(&asked.database, "history:all");
    let path = "/history/user?user=usera";
    for key in [own, &granted, &all] {
        assert_eq!(asked.service.get_as(key, path).status, 200);
    }
    assert_eq!(asked.delete("/directory/users/usera"), 204);
    assert_eq!(asked.service.get_as(own, path).status, 401);
    for key in [&granted, &all] {
        assert_eq!(asked.service.get_as(key, path).status, 200);
    }
    let keys = asked.service.get_as(&asked.admin, "/keys").json();
    let theirs = keys.as_array().unwrap().iter();
    let theirs: Vec<&Value> = theirs.filter(|key| key["user"] == "usera").collect();
    assert!(
        theirs.len() == 1 && theirs[0]["revokedAt"].is_string(),
        "{keys}"
    );
    // No new key either, until the user is there again; the old one stays revoked.
    let wanted = json!({"user": "usera"});
    let refused = asked
        .service
        .send_json("POST", "/keys", &asked.admin, &wanted);
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(refused.json()["errors"][0]["parameter"], "user");
    let refused = run(&asked.database, &["key", "create", "--user", "usera"]);
    assert_eq!(refused.status.code(), Some(1));
    let body = json!({"numbers": [{"number": "1000"}], "endpoints": [{"endpoint": "PJSIP/1000"}]});
    assert_eq!(asked.put("/directory/users/usera", &body).0, 201);
    assert_eq!(asked.service.get_as(own, path).status, 401);
    let made = asked
        .service
        .send_json("POST", "/keys", &asked.admin, &wanted);
    assert_eq!(made.status, 201);
    let made = made.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(asked.service.get_as(&made, path).status, 200);
}

#[test]
fn a_deleted_agent_and_queue_leave_their_calls_as_they_are() {
    let asked = Asked::new();
    let (agent, queue) = ("agent?agent=2501", "queue?name=blue");
    let name = json!({"firstName": "Ada", "lastName": "Martin"});
    assert_eq!(asked.put("/directory/agents/2501", &name).0, 201);
    let before = [asked.history(agent), asked.history(queue)];
    let own = succeed(&asked.database, &["key", "create", "--agent", "2501"]);
    let path = "/history/agent?agent=2501";
    assert_eq!(asked.service.get_as(own.trim(), path).status, 200);
    assert_eq!(asked.delete("/directory/agents/2501"), 204);
    assert_eq!(asked.delete("/directory/queues/blue"), 204);
    asked.rebuild();
    assert_eq!([asked.history(agent), asked.history(queue)], before);
    assert_eq!(asked.service.get_as(own.trim(), path).status, 401);
}
