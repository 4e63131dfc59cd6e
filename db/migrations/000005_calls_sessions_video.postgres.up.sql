ALTER TABLE calls_sessions ADD COLUMN IF NOT EXISTS video boolean;
