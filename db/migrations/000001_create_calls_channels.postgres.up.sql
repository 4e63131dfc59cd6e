CREATE TABLE IF NOT EXISTS calls_channels (
    channelid varchar(26) PRIMARY KEY,
    enabled boolean,
    props jsonb NOT NULL
);

-- State of the plugin's first versions, if this database was Mattermost's: a value per channel in the key-value store.
DO $$
DECLARE
    old record;
BEGIN
    IF to_regclass('pluginkeyvaluestore') IS NULL THEN
        RETURN;
    END IF;
    FOR old IN
        SELECT pkey, pvalue FROM pluginkeyvaluestore WHERE pluginid = 'com.mattermost.calls' AND length(pkey) = 26
    LOOP
        BEGIN
            INSERT INTO calls_channels (channelid, enabled, props)
            SELECT old.pkey, (state ->> 'enabled')::boolean, 'null'
            FROM (SELECT convert_from(old.pvalue, 'UTF8')::jsonb AS state) AS parsed
            WHERE jsonb_typeof(state) = 'object' AND state ? 'enabled'
            ON CONFLICT (channelid) DO NOTHING;
        EXCEPTION WHEN data_exception OR invalid_text_representation OR character_not_in_repertoire THEN
            NULL; -- not the state of a channel
        END;
    END LOOP;
END $$;
