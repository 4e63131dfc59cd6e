-- Finds the ended calls whose post is still to be closed; there are few among all the calls there ever were.
CREATE INDEX IF NOT EXISTS idx_calls_assignments_ending ON calls_assignments (call_id) WHERE state = 'ending';
