CREATE TABLE IF NOT EXISTS calls_channels (
    channelid varchar(26) PRIMARY KEY,
    enabled boolean,
    props jsonb NOT NULL
);
