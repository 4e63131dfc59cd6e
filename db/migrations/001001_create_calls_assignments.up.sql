-- Beside each call: where it stands, and the number of its last event. The owner's columns are for several nodes.
CREATE TABLE IF NOT EXISTS calls_assignments (
    call_id varchar(26) PRIMARY KEY,
    kind varchar(8) NOT NULL,
    node_id varchar(26),
    rtcd_host varchar(64),
    fence bigint NOT NULL,
    state varchar(16) NOT NULL,
    assigned_at bigint NOT NULL,
    lost_at bigint,
    event_seq bigint NOT NULL,
    channel_type varchar(8)
);
