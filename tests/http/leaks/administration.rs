//! Keys and the directory over HTTP, for whoever may not see them.

use call_history::model::Scope;
use serde_json::json;

use super::{Caller, World, without_request_id};

/// Keys and the directory tell nobody anything who may not change them, not even who is there.
pub(super) fn administration_is_closed(world: &World, some_key: &str, caller: Option<&Caller>) {
    let closed = |scope| !caller.is_some_and(|caller| caller.scopes.contains(&scope));
    let (user, queue) = (&world.users[0].username, &world.queues[0]);
    let agents = world.users.iter().filter_map(|u| u.agent_number.as_ref());
    let agent = agents.min().unwrap();
    let status = if caller.is_some() { 403 } else { 401 };
    let refused = |method: &str, path: &str| {
        let key = caller.map_or("", |caller| caller.credential.as_str());
        let answer = world.service.send_json(method, path, key, &json!({}));
        assert_eq!(answer.status, status, "{method} {path}");
        world.tells_nothing(&answer, path);
        without_request_id(&answer)
    };
    if closed(Scope::Admin) {
        for (method, path) in [("GET", "/keys"), ("POST", "/keys")] {
            refused(method, path);
        }
        // A key of somebody, and one that is not there.
        let there = format!("/keys/{}", some_key.split('_').nth(1).unwrap());
        for method in ["GET", "DELETE"] {
            assert_eq!(refused(method, &there), refused(method, "/keys/0000000000"));
        }
    }
    if closed(Scope::DirectoryWrite) {
        for (kind, name) in [("users", user), ("agents", agent), ("queues", queue)] {
            let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            let list = format!("/directory/{kind}");
            refused("GET", &list);
            refused("GET", &format!("{list}?size=0"));
            for method in ["GET", "PUT", "DELETE"] {
                let there = refused(method, &format!("{list}/{name}"));
                let nobody = refused(method, &format!("{list}/zzzzz"));
                assert_eq!(there, nobody, "{method} {list}");
            }
        }
    }
}
