#[path = "support/rows.rs"]
mod rows;
use call_history::{asterisk::Kind, fold, model::*};
#[test]
fn dump() {
    let v = |n: &str, s: &str| Valued{source:"default".into(), value: format!("{s}{n}"), validity: Validity::default()};
    let users = ["a","b","c","d","e","f","g","h"].iter().enumerate().map(|(i,l)| { let n=format!("{}",1000+i); User{username:format!("user{l}"), first_name:"User".into(), last_name:l.to_uppercase(), numbers: vec![v(&n,"")], endpoints: vec![v(&n,"PJSIP/")], agent_number: [(1,"2501"),(2,"2502"),(6,"2506"),(7,"2507")].iter().find(|(k,_)| *k==i).map(|x| x.1.to_string())}});
    let queues = [("blue","3000"),("black","3001"),("blow","3002"),("tiny","3003"),("empty","3004"),("support","3005")].iter().map(|(n,x)| Queue{name:n.to_string(), display_name:"".into(), number:x.to_string()});
    let d = Directory::new(users, [], queues);
    let cdr = rows::records(Kind::Cdr, &rows::capture("cdr.csv"));
    let ql = rows::records(Kind::QueueLog, &rows::capture("queue_log.csv"));
    let mut all = vec![];
    for r in rows::conversations(&cdr, &ql) { all.extend(fold::fold(r, &d).unwrap().entries); }
    all.sort_by_key(|e| (e.owner.clone(), e.start));
    for e in all { println!("{}:{} {} {}{} talk={:?} wait={:?} {:?}->{:?} dialed={:?} q={:?} ag={:?} mu={:?} {} aa={}", e.owner.kind, e.owner.name, e.start.format("%H:%M:%S"), e.status.as_str(), if e.answered_elsewhere {"*"} else {""}, e.talk_seconds, e.wait_seconds, e.src.number.as_deref().unwrap_or("-"), e.dst.number.as_deref().unwrap_or("-"), e.dialed, e.queue, e.agent, e.member_user, e.direction.as_str(), e.also_agent); }
}
