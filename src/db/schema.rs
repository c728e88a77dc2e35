//! The tables, as both databases have them; kept in step with `migrations/` by the tests.

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        hashed_pw -> Text,
        is_active -> Bool,
        knowledge -> Text,
        created_at -> Timestamp,
        miles_per_year -> Nullable<Integer>,
        city_percent -> Nullable<Integer>,
        regular_usd -> Nullable<Double>,
        midgrade_usd -> Nullable<Double>,
        premium_usd -> Nullable<Double>,
        diesel_usd -> Nullable<Double>,
        electricity_usd -> Nullable<Double>,
        natural_gas_usd -> Nullable<Double>,
        hydrogen_usd -> Nullable<Double>,
        units -> Text,
        theme -> Text,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        name -> Nullable<Text>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    conversations (id) {
        id -> Text,
        user_id -> Text,
        title -> Text,
        head_id -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        is_titled -> Bool,
        deleted_at -> Nullable<Timestamp>,
        batch_id -> Nullable<Text>,
    }
}

diesel::table! {
    messages (id) {
        id -> Text,
        user_id -> Text,
        conversation_id -> Text,
        parent_id -> Nullable<Text>,
        role -> Text,
        text -> Text,
        timestamp -> Timestamp,
        status -> Text,
        error -> Nullable<Text>,
        model -> Nullable<Text>,
        cars -> Nullable<Text>,
        needs -> Nullable<Text>,
        catalogue -> Nullable<Text>,
        prompt_tokens -> Nullable<BigInt>,
        completion_tokens -> Nullable<BigInt>,
        attempts -> Integer,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<Timestamp>,
        unverified -> Nullable<Text>,
        reserved_tokens -> Nullable<BigInt>,
        handed_back -> Integer,
        compared -> Nullable<Text>,
        asked_model -> Nullable<Text>,
        request_id -> Nullable<Text>,
        traceparent -> Nullable<Text>,
    }
}

diesel::table! {
    need_edits (id) {
        id -> Text,
        user_id -> Text,
        conversation_id -> Text,
        message_id -> Text,
        need_id -> Text,
        need -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    shortlist (user_id, car_id) {
        user_id -> Text,
        car_id -> Text,
        car -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    catalogues (id) {
        id -> Text,
        version -> Text,
        content -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> Text,
        key -> Text,
        body_hash -> Text,
        message_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    budgets (scope) {
        scope -> Text,
        user_id -> Nullable<Text>,
        day -> Date,
        messages -> BigInt,
        tokens -> BigInt,
    }
}

diesel::table! {
    account_events (id) {
        id -> Text,
        user_id -> Nullable<Text>,
        kind -> Text,
        actor -> Text,
        client -> Nullable<Text>,
        session_id -> Nullable<Text>,
        subject_id -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    invitations (id) {
        id -> Text,
        secret_hash -> Text,
        email -> Nullable<Text>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
        used_at -> Nullable<Timestamp>,
        user_id -> Nullable<Text>,
    }
}

diesel::table! {
    batches (id) {
        id -> Text,
        user_id -> Text,
        size -> Integer,
        waiting -> Integer,
        reserved_tokens -> BigInt,
        created_at -> Timestamp,
        served_at -> Timestamp,
        stopped_at -> Nullable<Timestamp>,
        request_id -> Nullable<Text>,
        traceparent -> Nullable<Text>,
        waits_until -> Nullable<Timestamp>,
        is_prepaid -> Bool,
    }
}

diesel::table! {
    batch_items (batch_id, position) {
        batch_id -> Text,
        position -> Integer,
        user_id -> Text,
        item_id -> Nullable<Text>,
        text -> Text,
        asked_at -> Nullable<Timestamp>,
        message_id -> Nullable<Text>,
    }
}

diesel::table! {
    batch_pace (id) {
        id -> Text,
        next_at -> Timestamp,
    }
}

diesel::table! {
    // The person is none once the account is deleted, so there is no key but for those who are.
    usage (day, model, user_id) {
        day -> Date,
        model -> Text,
        user_id -> Nullable<Text>,
        answers -> BigInt,
        estimated_answers -> BigInt,
        prompt_tokens -> BigInt,
        completion_tokens -> BigInt,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(account_events -> users (user_id));
diesel::joinable!(batches -> users (user_id));
diesel::joinable!(batch_items -> messages (message_id));
diesel::joinable!(messages -> conversations (conversation_id));
diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    conversations,
    messages,
    need_edits,
    shortlist,
    account_events,
    batches,
    batch_items
);
