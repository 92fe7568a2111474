-- Keeps what `counter-schema.ts` declares. Times are seconds; 86400 of them are a day in UTC.
-- No function and no ON CONFLICT in what an INSERT sets off: either makes SQLite copy every page the INSERT changes, in
-- case it has to undo half of it.
CREATE TRIGGER count_new_registration AFTER INSERT ON registrations
BEGIN
  INSERT INTO counters (name, key, count)
    SELECT 'registrations', standing, 0 FROM (SELECT CASE WHEN NEW.revoked_at IS NOT NULL THEN 'revoked' WHEN NEW.suspended_at IS NOT NULL THEN 'suspended'
      WHEN NEW.claimed_at IS NOT NULL THEN 'claimed' WHEN NEW.expired_at IS NOT NULL THEN 'expired'
      WHEN NEW.current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END || ' ' || NEW.kind AS standing)
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE name = 'registrations' AND key = standing);
  UPDATE counters SET count = count + 1
    WHERE name = 'registrations' AND key = CASE WHEN NEW.revoked_at IS NOT NULL THEN 'revoked' WHEN NEW.suspended_at IS NOT NULL THEN 'suspended'
      WHEN NEW.claimed_at IS NOT NULL THEN 'claimed' WHEN NEW.expired_at IS NOT NULL THEN 'expired'
      WHEN NEW.current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END || ' ' || NEW.kind;
  INSERT INTO counters (name, key, count) SELECT 'scopes', NEW.scopes, 0
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE name = 'scopes' AND key = NEW.scopes);
  UPDATE counters SET count = count + (NEW.revoked_at IS NULL) WHERE name = 'scopes' AND key = NEW.scopes;
END;
--> statement-breakpoint
CREATE TRIGGER count_new_carrier AFTER INSERT ON registrations
WHEN NEW.issuer IS NOT NULL AND NEW.revoked_at IS NULL
BEGIN
  INSERT INTO counters (name, key, count) SELECT 'issuer', NEW.issuer, 0
    WHERE NOT EXISTS (SELECT 1 FROM counters WHERE name = 'issuer' AND key = NEW.issuer);
  UPDATE counters SET count = count + 1 WHERE name = 'issuer' AND key = NEW.issuer;
END;
--> statement-breakpoint
CREATE TRIGGER recount_registration AFTER UPDATE OF kind, revoked_at, suspended_at, claimed_at, expired_at, current_attempt_id ON registrations
WHEN CASE WHEN OLD.revoked_at IS NOT NULL THEN 'revoked' WHEN OLD.suspended_at IS NOT NULL THEN 'suspended'
      WHEN OLD.claimed_at IS NOT NULL THEN 'claimed' WHEN OLD.expired_at IS NOT NULL THEN 'expired'
      WHEN OLD.current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END || ' ' || OLD.kind
  <> CASE WHEN NEW.revoked_at IS NOT NULL THEN 'revoked' WHEN NEW.suspended_at IS NOT NULL THEN 'suspended'
      WHEN NEW.claimed_at IS NOT NULL THEN 'claimed' WHEN NEW.expired_at IS NOT NULL THEN 'expired'
      WHEN NEW.current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END || ' ' || NEW.kind
BEGIN
  UPDATE counters SET count = count - 1
    WHERE name = 'registrations' AND key = CASE WHEN OLD.revoked_at IS NOT NULL THEN 'revoked' WHEN OLD.suspended_at IS NOT NULL THEN 'suspended'
      WHEN OLD.claimed_at IS NOT NULL THEN 'claimed' WHEN OLD.expired_at IS NOT NULL THEN 'expired'
      WHEN OLD.current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END || ' ' || OLD.kind;
  INSERT INTO counters (name, key, count) VALUES (
    'registrations', CASE WHEN NEW.revoked_at IS NOT NULL THEN 'revoked' WHEN NEW.suspended_at IS NOT NULL THEN 'suspended'
      WHEN NEW.claimed_at IS NOT NULL THEN 'claimed' WHEN NEW.expired_at IS NOT NULL THEN 'expired'
      WHEN NEW.current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END || ' ' || NEW.kind, 1)
    ON CONFLICT (name, key) DO UPDATE SET count = count + 1;
END;
--> statement-breakpoint
CREATE TRIGGER recount_scopes AFTER UPDATE OF scopes, revoked_at ON registrations
WHEN OLD.scopes <> NEW.scopes OR (OLD.revoked_at IS NULL) <> (NEW.revoked_at IS NULL)
BEGIN
  UPDATE counters SET count = count - 1
    WHERE name = 'scopes' AND key = OLD.scopes AND OLD.revoked_at IS NULL;
  INSERT INTO counters (name, key, count) VALUES ('scopes', NEW.scopes, NEW.revoked_at IS NULL)
    ON CONFLICT (name, key) DO UPDATE SET count = count + excluded.count;
END;
--> statement-breakpoint
CREATE TRIGGER recount_carrier AFTER UPDATE OF issuer, revoked_at ON registrations
WHEN OLD.issuer IS NOT NEW.issuer OR (OLD.revoked_at IS NULL) <> (NEW.revoked_at IS NULL)
BEGIN
  UPDATE counters SET count = count - 1
    WHERE name = 'issuer' AND key = OLD.issuer AND OLD.revoked_at IS NULL;
  INSERT INTO counters (name, key, count)
    SELECT 'issuer', NEW.issuer, 1 WHERE NEW.issuer IS NOT NULL AND NEW.revoked_at IS NULL
    ON CONFLICT (name, key) DO UPDATE SET count = count + 1;
END;
--> statement-breakpoint
CREATE TRIGGER count_gone_registration AFTER DELETE ON registrations
BEGIN
  UPDATE counters SET count = count - 1
    WHERE name = 'registrations' AND key = CASE WHEN OLD.revoked_at IS NOT NULL THEN 'revoked' WHEN OLD.suspended_at IS NOT NULL THEN 'suspended'
      WHEN OLD.claimed_at IS NOT NULL THEN 'claimed' WHEN OLD.expired_at IS NOT NULL THEN 'expired'
      WHEN OLD.current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END || ' ' || OLD.kind;
  UPDATE counters SET count = count - 1
    WHERE name = 'scopes' AND key = OLD.scopes AND OLD.revoked_at IS NULL;
  UPDATE counters SET count = count - 1
    WHERE name = 'issuer' AND key = OLD.issuer AND OLD.revoked_at IS NULL;
END;
--> statement-breakpoint
INSERT INTO counters (name, key, count) VALUES ('folded', 'audit_events', 0);
--> statement-breakpoint
CREATE TRIGGER count_gone_audit_event AFTER DELETE ON audit_events
WHEN OLD.id > (SELECT count FROM counters WHERE name = 'folded' AND key = 'audit_events')
BEGIN
  INSERT INTO daily_counts (what, issuer, day, refusal, count) VALUES (OLD.type, '', OLD.at / 86400, '', 1)
    ON CONFLICT (what, issuer, day, refusal) DO UPDATE SET count = count + 1;
END;
