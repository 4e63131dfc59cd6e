-- Beside each session: the socket that carries it now, and whether its media is still there.
CREATE TABLE IF NOT EXISTS calls_bindings (
    session_id varchar(26) PRIMARY KEY,
    call_id varchar(26) NOT NULL,
    user_id varchar(26) NOT NULL,
    ws_node_id varchar(26),
    ws_conn_id varchar(26) NOT NULL,
    binding bigint NOT NULL,
    ws_state varchar(8) NOT NULL,
    ws_down_at bigint,
    media_state varchar(8) NOT NULL,
    media_fence bigint
);
