CREATE TABLE IF NOT EXISTS calls_jobs (
    id varchar(26) PRIMARY KEY,
    callid varchar(26),
    type varchar(64),
    creatorid varchar(26),
    initat bigint,
    startat bigint,
    endat bigint,
    props jsonb NOT NULL
);

CREATE INDEX IF NOT EXISTS idx_calls_jobs_call_id ON calls_jobs (callid);
