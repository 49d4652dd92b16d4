-- oldest: 0.2.0
-- How many of its subjects an earlier unfinished operation changes: what may begin is found without a look at what waits.
ALTER TABLE operations ADD COLUMN blocked_subjects INTEGER NOT NULL DEFAULT 0;

UPDATE operations SET blocked_subjects = (
  SELECT count(*) FROM operation_subjects s WHERE s.sequence = operations.sequence AND EXISTS (
    SELECT 1 FROM operation_subjects e WHERE e.subject = s.subject AND e.sequence < s.sequence))
WHERE sequence IN (SELECT sequence FROM operation_subjects);

DROP INDEX operations_claim;
CREATE INDEX operations_claim ON operations (hypervisor, blocked_subjects, sequence)
  WHERE status = 'pending' AND resource IS NOT NULL;

-- Whoever comes in front of others, a later one, too, blocks the first of them; whoever comes behind another is blocked.
CREATE TRIGGER operation_subjects_block AFTER INSERT ON operation_subjects
WHEN EXISTS (SELECT 1 FROM operation_subjects WHERE subject = NEW.subject AND sequence <> NEW.sequence)
BEGIN
  UPDATE operations SET blocked_subjects = blocked_subjects + 1
  WHERE sequence = CASE
    WHEN EXISTS (SELECT 1 FROM operation_subjects WHERE subject = NEW.subject AND sequence < NEW.sequence) THEN NEW.sequence
    ELSE (SELECT min(sequence) FROM operation_subjects WHERE subject = NEW.subject AND sequence > NEW.sequence) END;
END;

CREATE TRIGGER operation_subjects_unblock AFTER DELETE ON operation_subjects
WHEN EXISTS (SELECT 1 FROM operation_subjects WHERE subject = OLD.subject)
BEGIN
  UPDATE operations SET blocked_subjects = blocked_subjects - 1
  WHERE sequence = CASE
    WHEN EXISTS (SELECT 1 FROM operation_subjects WHERE subject = OLD.subject AND sequence < OLD.sequence) THEN OLD.sequence
    ELSE (SELECT min(sequence) FROM operation_subjects WHERE subject = OLD.subject AND sequence > OLD.sequence) END;
END;
