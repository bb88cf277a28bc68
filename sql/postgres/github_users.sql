-- People and the other names they commit under, in our own Postgres. Made empty by `npx sluice cdc setup`.
CREATE TABLE IF NOT EXISTS github_users
(
    user_name text PRIMARY KEY,
    position  text NOT NULL,
    team      text NOT NULL,
    age       integer
);

CREATE TABLE IF NOT EXISTS github_user_aliases
(
    alias     text PRIMARY KEY,
    user_name text NOT NULL
);
