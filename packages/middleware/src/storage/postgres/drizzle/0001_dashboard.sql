-- Keeps what `counter-schema.ts` declares: a count is the sum of its rows, and what happens here adds rows only.
-- Times are seconds; 86400 of them are a day in UTC.
CREATE FUNCTION "agent_auth"."count_registration"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_standing text; new_standing text;
  old_scopes text; new_scopes text;
  old_issuer text; new_issuer text;
  old_lives bigint := 0; new_lives bigint := 0;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    old_standing := CASE WHEN OLD.revoked_at IS NOT NULL THEN 'revoked' WHEN OLD.suspended_at IS NOT NULL THEN 'suspended'
      WHEN OLD.claimed_at IS NOT NULL THEN 'claimed' WHEN OLD.expired_at IS NOT NULL THEN 'expired'
      WHEN OLD.current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END || ' ' || OLD.kind;
    old_scopes := OLD.scopes;
    old_issuer := OLD.issuer;
    old_lives := (OLD.revoked_at IS NULL)::int;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    new_standing := CASE WHEN NEW.revoked_at IS NOT NULL THEN 'revoked' WHEN NEW.suspended_at IS NOT NULL THEN 'suspended'
      WHEN NEW.claimed_at IS NOT NULL THEN 'claimed' WHEN NEW.expired_at IS NOT NULL THEN 'expired'
      WHEN NEW.current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END || ' ' || NEW.kind;
    new_scopes := NEW.scopes;
    new_issuer := NEW.issuer;
    new_lives := (NEW.revoked_at IS NULL)::int;
  END IF;
  -- A text of scopes is noted even where it counts nothing, so that all there are can be listed.
  INSERT INTO "agent_auth"."counters" (name, key, count)
    SELECT 'registrations', old_standing, -1
      WHERE old_standing IS NOT NULL AND old_standing IS DISTINCT FROM new_standing
    UNION ALL SELECT 'registrations', new_standing, 1
      WHERE new_standing IS NOT NULL AND new_standing IS DISTINCT FROM old_standing
    UNION ALL SELECT 'scopes', old_scopes, -old_lives
      WHERE old_lives > 0 AND (old_scopes IS DISTINCT FROM new_scopes OR new_lives = 0)
    UNION ALL SELECT 'scopes', new_scopes, new_lives
      WHERE new_scopes IS NOT NULL AND (new_scopes IS DISTINCT FROM old_scopes OR new_lives > old_lives)
    UNION ALL SELECT 'issuer', old_issuer, -old_lives
      WHERE old_issuer IS NOT NULL AND old_lives > 0 AND (old_issuer IS DISTINCT FROM new_issuer OR new_lives = 0)
    UNION ALL SELECT 'issuer', new_issuer, new_lives
      WHERE new_issuer IS NOT NULL AND new_lives > 0 AND (new_issuer IS DISTINCT FROM old_issuer OR old_lives = 0);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER count_new_registration AFTER INSERT OR DELETE ON "agent_auth"."registrations"
FOR EACH ROW EXECUTE FUNCTION "agent_auth"."count_registration"();
--> statement-breakpoint
CREATE TRIGGER recount_registration
AFTER UPDATE OF kind, revoked_at, suspended_at, claimed_at, expired_at, current_attempt_id, scopes, issuer
ON "agent_auth"."registrations" FOR EACH ROW
WHEN (OLD.kind <> NEW.kind OR OLD.scopes <> NEW.scopes OR OLD.issuer IS DISTINCT FROM NEW.issuer
  OR (OLD.revoked_at IS NULL) <> (NEW.revoked_at IS NULL) OR (OLD.suspended_at IS NULL) <> (NEW.suspended_at IS NULL)
  OR (OLD.claimed_at IS NULL) <> (NEW.claimed_at IS NULL) OR (OLD.expired_at IS NULL) <> (NEW.expired_at IS NULL)
  OR (OLD.current_attempt_id IS NULL) <> (NEW.current_attempt_id IS NULL))
EXECUTE FUNCTION "agent_auth"."count_registration"();
--> statement-breakpoint
CREATE FUNCTION "agent_auth"."count_audit_events"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "agent_auth"."daily_counts" (what, issuer, day, refusal, count)
    SELECT what, issuer, day, refusal, count(*) FROM (
      SELECT type AS what, '' AS issuer, at / 86400 AS day, '' AS refusal FROM written
      UNION ALL
      SELECT 'mail', '', at / 86400, coalesce(detail ->> 'reason', 'unknown') FROM written WHERE type = 'mail.failed'
      UNION ALL
      SELECT 'event', party.issuer, at / 86400,
        CASE type WHEN 'event.received' THEN ''
          ELSE coalesce(detail ->> 'reason', detail ->> 'error', 'unknown') END
      FROM written CROSS JOIN LATERAL (SELECT '' UNION SELECT coalesce(actor_id, '')) AS party (issuer)
      WHERE type IN ('event.received', 'event.rejected')
    ) AS counted
    GROUP BY what, issuer, day, refusal;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER count_audit_events AFTER INSERT ON "agent_auth"."audit_events"
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION "agent_auth"."count_audit_events"();
