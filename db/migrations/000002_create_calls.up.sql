CREATE TABLE IF NOT EXISTS calls (
    id varchar(26) PRIMARY KEY,
    channelid varchar(26),
    startat bigint,
    endat bigint,
    createat bigint,
    deleteat bigint,
    title varchar(256),
    postid varchar(26),
    threadid varchar(26),
    ownerid varchar(26),
    participants jsonb NOT NULL,
    stats jsonb NOT NULL,
    props jsonb NOT NULL
);

CREATE INDEX IF NOT EXISTS idx_calls_channel_id ON calls (channelid);
CREATE INDEX IF NOT EXISTS idx_calls_end_at ON calls (endat);
