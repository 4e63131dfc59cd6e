-- What this service is known by at rtcd ('rtcd') and at the job service ('jobs'). Plain: who reads this database is trusted.
CREATE TABLE IF NOT EXISTS calls_service_credentials (
    service varchar(16) PRIMARY KEY,
    url varchar(1024) NOT NULL,
    client_id varchar(256) NOT NULL,
    auth_key varchar(256) NOT NULL
);
