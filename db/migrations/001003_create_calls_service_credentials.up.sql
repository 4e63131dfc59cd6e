-- What this service is known by at rtcd and at the job service: made once, kept for good.
CREATE TABLE IF NOT EXISTS calls_service_credentials (
    service varchar(16) PRIMARY KEY,
    url text NOT NULL,
    client_id varchar(64) NOT NULL,
    auth_key varchar(128) NOT NULL
);
