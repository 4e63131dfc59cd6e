CREATE TABLE IF NOT EXISTS calls_sessions (
    id varchar(26) PRIMARY KEY,
    callid varchar(26),
    userid varchar(26),
    joinat bigint,
    unmuted boolean,
    raisedhand bigint
);

CREATE INDEX IF NOT EXISTS idx_calls_sessions_call_id ON calls_sessions (callid);
