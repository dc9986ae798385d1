//! The tables, as Diesel sees them. The landing tables are not here: their columns are data
//! ([`Kind::columns`](crate::asterisk::record::Kind::columns)).
//!
//! Ids and names that are compared are VARBINARY on MySQL; they are declared `Text`, because
//! what is written into them is UTF-8.

diesel::table! {
    sources (name) {
        name -> Text,
        cdr_zone -> Text,
        queue_log_zone -> Text,
        cel_zone -> Text,
    }
}

diesel::table! {
    users (username) {
        username -> Text,
        first_name -> Text,
        last_name -> Text,
        agent_number -> Nullable<Text>,
        scopes -> Text,
        deleted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    passwords (username) {
        username -> Text,
        hash -> Text,
        stamp -> Text,
    }
}

diesel::table! {
    user_numbers (username, position) {
        username -> Text,
        position -> Integer,
        source -> Text,
        number -> Text,
        valid_from -> Nullable<BigInt>,
        valid_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    user_endpoints (username, position) {
        username -> Text,
        position -> Integer,
        source -> Text,
        endpoint -> Text,
        valid_from -> Nullable<BigInt>,
        valid_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    agents (number) {
        number -> Text,
        first_name -> Text,
        last_name -> Text,
        deleted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    queues (name) {
        name -> Text,
        display_name -> Text,
        number -> Text,
        deleted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    revisions (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    owners (id) {
        id -> BigInt,
        kind -> SmallInt,
        name -> Text,
    }
}

diesel::table! {
    calls (call_id) {
        call_id -> Binary,
        source -> Text,
        linkedid -> Text,
        started_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        direction -> Text,
        caller_number -> Nullable<Text>,
        caller_user -> Nullable<Text>,
        caller_name -> Nullable<Text>,
        did -> Nullable<Text>,
        end_seen -> Bool,
        revision -> BigInt,
        changed_at -> BigInt,
    }
}

diesel::table! {
    tombstones (call_id, owner_id) {
        call_id -> Binary,
        owner_id -> BigInt,
        revision -> BigInt,
    }
}

diesel::table! {
    changes (revision) {
        revision -> BigInt,
        first -> BigInt,
        body -> Nullable<Binary>,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        fence -> BigInt,
        length_ms -> BigInt,
    }
}

diesel::table! {
    landing_positions (kind) {
        kind -> Text,
        position -> BigInt,
    }
}

diesel::table! {
    history (owner_id, started_at, call_id, ordinal) {
        owner_id -> BigInt,
        started_at -> BigInt,
        call_id -> Binary,
        ordinal -> SmallInt,
        status -> Text,
        talk_seconds -> Nullable<BigInt>,
        wait_seconds -> Nullable<BigInt>,
        answered_elsewhere -> Bool,
        src_number -> Nullable<Text>,
        src_user -> Nullable<Text>,
        src_name -> Nullable<Text>,
        dst_number -> Nullable<Text>,
        dst_user -> Nullable<Text>,
        dst_name -> Nullable<Text>,
        dialed -> Nullable<Text>,
        queue -> Nullable<Text>,
        agent -> Nullable<Text>,
        member_user -> Nullable<Text>,
        direction -> Text,
        also_agent -> Bool,
        talking_since -> Nullable<BigInt>,
        account_code -> Nullable<Text>,
        has_recording -> Bool,
        peer -> Nullable<Text>,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    bad_lines (source, kind, file, line) {
        source -> Text,
        kind -> Text,
        file -> Text,
        line -> BigInt,
        reason -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(owners, history);
diesel::allow_tables_to_appear_in_same_query!(owners, tombstones);
diesel::allow_tables_to_appear_in_same_query!(users, user_numbers);
diesel::allow_tables_to_appear_in_same_query!(users, user_endpoints);

diesel::table! {
    api_keys (id) {
        id -> Text,
        secret_hash -> Binary,
        username -> Nullable<Text>,
        agent_number -> Nullable<Text>,
        scopes -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    source_positions (source, part) {
        source -> Text,
        part -> Text,
        position -> Text,
    }
}

diesel::table! {
    overdue (source) {
        source -> Text,
        before -> BigInt,
    }
}
