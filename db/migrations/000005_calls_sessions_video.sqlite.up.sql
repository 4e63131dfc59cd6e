ALTER TABLE calls_sessions ADD COLUMN video boolean;
