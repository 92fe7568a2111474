CREATE SCHEMA "agent_auth";
--> statement-breakpoint
CREATE TABLE "agent_auth"."access_tokens" (
	"hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"registration_id" text COLLATE "C" NOT NULL,
	"generation" bigint NOT NULL,
	"scopes" text COLLATE "C" NOT NULL,
	"resource" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"revoked_at" bigint,
	"position" bigint GENERATED ALWAYS AS IDENTITY (sequence name "agent_auth"."access_tokens_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1)
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."admin_jobs" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"action" text COLLATE "C" NOT NULL,
	"filter" jsonb NOT NULL,
	"created_before" bigint,
	"actor_kind" text COLLATE "C" NOT NULL,
	"actor_id" text COLLATE "C",
	"ip" text COLLATE "C",
	"reason" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"advanced_at" bigint NOT NULL,
	"cursor" text COLLATE "C",
	"passes" bigint NOT NULL,
	"changed" bigint NOT NULL,
	"unlinked" bigint NOT NULL,
	"changed_in_pass" bigint NOT NULL,
	"lease_until" bigint,
	"finished_at" bigint,
	"position" bigint GENERATED ALWAYS AS IDENTITY (sequence name "agent_auth"."admin_jobs_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	CONSTRAINT "admin_jobs_action" CHECK ("action" IN ('revoke', 'suspend', 'resume')),
	CONSTRAINT "admin_jobs_counters" CHECK ("passes" >= 0 AND "changed" >= 0 AND "unlinked" >= 0 AND "changed_in_pass" >= 0 AND "changed" + "unlinked" >= "changed_in_pass"),
	CONSTRAINT "admin_jobs_end" CHECK ("finished_at" IS NULL OR "lease_until" IS NULL)
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."audit_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "agent_auth"."audit_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"type" text COLLATE "C" NOT NULL,
	"at" bigint NOT NULL,
	"actor_kind" text COLLATE "C" NOT NULL,
	"actor_id" text COLLATE "C",
	"ip" text COLLATE "C",
	"registration_id" text COLLATE "C",
	"detail" jsonb NOT NULL,
	"announced_at" bigint
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."claim_attempts" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"registration_id" text COLLATE "C" NOT NULL,
	"token_hash" text COLLATE "C" NOT NULL,
	"login_hint" text COLLATE "C" NOT NULL,
	"user_code_hash" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"created_ip" text COLLATE "C",
	"user_agent" text COLLATE "C",
	"wrong_guesses" bigint NOT NULL,
	"viewed_at" bigint,
	"confirmed_at" bigint,
	"denied_at" bigint,
	"replaced_at" bigint,
	"confirmed_user_id" text COLLATE "C",
	"confirmed_scopes" text COLLATE "C",
	"read_back_code_hash" text COLLATE "C",
	"link_issuer" text COLLATE "C",
	"link_subject" text COLLATE "C",
	"link_user_id" text COLLATE "C",
	"link_version" bigint,
	"link_issued_at" bigint,
	"link_scopes" text COLLATE "C",
	"position" bigint GENERATED ALWAYS AS IDENTITY (sequence name "agent_auth"."claim_attempts_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	CONSTRAINT "claim_attempts_counters" CHECK ("wrong_guesses" >= 0),
	CONSTRAINT "claim_attempts_outcome" CHECK (("confirmed_user_id" IS NULL OR "confirmed_at" IS NOT NULL) AND ("read_back_code_hash" IS NULL OR "confirmed_at" IS NOT NULL) AND ("read_back_code_hash" IS NULL) = ("confirmed_scopes" IS NULL)),
	CONSTRAINT "claim_attempts_link" CHECK (("link_issuer" IS NULL) = ("link_subject" IS NULL) AND ("link_issuer" IS NULL) = ("link_user_id" IS NULL) AND ("link_issuer" IS NULL) = ("link_version" IS NULL) AND ("link_issuer" IS NULL) = ("link_issued_at" IS NULL))
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."counters" (
	"name" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"count" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."daily_counts" (
	"what" text COLLATE "C" NOT NULL,
	"issuer" text COLLATE "C" NOT NULL,
	"day" bigint NOT NULL,
	"refusal" text COLLATE "C" NOT NULL,
	"count" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."delegations" (
	"issuer" text COLLATE "C" NOT NULL,
	"subject" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C",
	"version" bigint NOT NULL,
	"revoked_at" bigint,
	"scope_ceiling" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"linked_at" bigint,
	"linked_issued_at" bigint,
	"reserved_until" bigint,
	"idempotency_key" text COLLATE "C",
	CONSTRAINT "delegations_issuer_subject_pk" PRIMARY KEY("issuer","subject"),
	CONSTRAINT "delegations_link" CHECK (("user_id" IS NULL) = ("linked_at" IS NULL) AND ("user_id" IS NULL) = ("linked_issued_at" IS NULL) AND ("user_id" IS NOT NULL OR "scope_ceiling" IS NULL)),
	CONSTRAINT "delegations_version" CHECK ("version" > 1 OR ("version" = 1 AND "revoked_at" IS NULL)),
	CONSTRAINT "delegations_reservation" CHECK (("reserved_until" IS NULL OR "idempotency_key" IS NOT NULL) AND ("user_id" IS NULL OR "idempotency_key" IS NULL))
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."leases" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"holder" text COLLATE "C" NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."mail_outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "agent_auth"."mail_outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"template" text COLLATE "C" NOT NULL,
	"recipient" text COLLATE "C",
	"user_id" text COLLATE "C",
	"registration_id" text COLLATE "C",
	"attempt_id" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"next_try_at" bigint NOT NULL,
	"tries" bigint NOT NULL,
	"sent_at" bigint,
	"failed_at" bigint,
	"failure" text COLLATE "C",
	"link_used_at" bigint,
	CONSTRAINT "mail_outbox_template" CHECK ("template" IN ('claim_link', 'agent_connected', 'agent_revoked', 'manage_link')),
	CONSTRAINT "mail_outbox_addressee" CHECK ("recipient" IS NOT NULL OR "user_id" IS NOT NULL),
	CONSTRAINT "mail_outbox_outcome" CHECK ("sent_at" IS NULL OR "failed_at" IS NULL),
	CONSTRAINT "mail_outbox_failure" CHECK (("failed_at" IS NULL) = ("failure" IS NULL))
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."providers" (
	"issuer" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"jwks_uri" text COLLATE "C",
	"client_ids" jsonb NOT NULL,
	"algorithms" jsonb NOT NULL,
	"allowed_email_domains" jsonb,
	"required_amr" jsonb NOT NULL,
	"jit" bigint NOT NULL,
	"scopes" text COLLATE "C",
	"max_auth_age_seconds" bigint NOT NULL,
	"disabled_at" bigint,
	"created_at" bigint NOT NULL,
	"changed_at" bigint NOT NULL,
	CONSTRAINT "providers_jit" CHECK ("jit" IN (0, 1))
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."rate_limits" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"points" bigint DEFAULT 0 NOT NULL,
	"expire" bigint
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."refresh_tokens" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"registration_id" text COLLATE "C" NOT NULL,
	"generation" bigint NOT NULL,
	"sequence" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"rotated_at" bigint,
	"expires_at" bigint NOT NULL,
	"revoked_at" bigint,
	CONSTRAINT "refresh_tokens_sequence" CHECK ("sequence" >= 1)
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."registrations" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"client_name" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"created_ip" text COLLATE "C",
	"user_agent" text COLLATE "C",
	"generation" bigint NOT NULL,
	"scopes" text COLLATE "C" NOT NULL,
	"scope_limit" text COLLATE "C",
	"user_id" text COLLATE "C",
	"claimed_at" bigint,
	"claim_token_hash" text COLLATE "C",
	"claim_expires_at" bigint NOT NULL,
	"claim_ended_at" bigint,
	"claim_end_reason" text COLLATE "C",
	"wrong_guesses" bigint NOT NULL,
	"current_attempt_id" text COLLATE "C",
	"collected_at" bigint,
	"poll_interval" bigint NOT NULL,
	"last_polled_at" bigint,
	"ends_at" bigint,
	"suspended_at" bigint,
	"revoked_at" bigint,
	"revoked_by" text COLLATE "C",
	"revoked_reason" text COLLATE "C",
	"expired_at" bigint,
	"last_used_at" bigint,
	"issuer" text COLLATE "C",
	"subject" text COLLATE "C",
	"id_jag_issued_at" bigint,
	CONSTRAINT "registrations_kind" CHECK ("kind" IN ('anonymous', 'service_auth', 'identity_assertion')),
	CONSTRAINT "registrations_claim_end" CHECK (("claim_ended_at" IS NULL) = ("claim_end_reason" IS NULL) AND ("claim_end_reason" IS NULL OR "claim_end_reason" IN ('denied', 'locked'))),
	CONSTRAINT "registrations_claim_outcome" CHECK ("claim_ended_at" IS NULL OR "claimed_at" IS NULL),
	CONSTRAINT "registrations_counters" CHECK ("wrong_guesses" >= 0 AND "poll_interval" >= 0),
	CONSTRAINT "registrations_identity_pair" CHECK (("issuer" IS NULL) = ("subject" IS NULL) AND ("id_jag_issued_at" IS NULL OR "issuer" IS NOT NULL))
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."scope_uses" (
	"registration_id" text COLLATE "C" NOT NULL,
	"scope" text COLLATE "C" NOT NULL,
	"last_used_at" bigint NOT NULL,
	CONSTRAINT "scope_uses_registration_id_scope_pk" PRIMARY KEY("registration_id","scope")
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."seen_jwt_ids" (
	"purpose" text COLLATE "C" NOT NULL,
	"issuer" text COLLATE "C" NOT NULL,
	"jti" text COLLATE "C" NOT NULL,
	"expires_at" bigint NOT NULL,
	CONSTRAINT "seen_jwt_ids_purpose_issuer_jti_pk" PRIMARY KEY("purpose","issuer","jti"),
	CONSTRAINT "seen_jwt_ids_purpose" CHECK ("purpose" IN ('id-jag', 'security-event'))
);
--> statement-breakpoint
CREATE TABLE "agent_auth"."signing_keys" (
	"kid" text COLLATE "C" PRIMARY KEY NOT NULL,
	"algorithm" text COLLATE "C" NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"encrypted_private_jwk" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"signs_from" bigint NOT NULL,
	"retired_at" bigint,
	CONSTRAINT "signing_keys_algorithm" CHECK ("algorithm" IN ('ES256'))
);
--> statement-breakpoint
ALTER TABLE "agent_auth"."access_tokens" ADD CONSTRAINT "access_tokens_registration_id_registrations_id_fk" FOREIGN KEY ("registration_id") REFERENCES "agent_auth"."registrations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_auth"."claim_attempts" ADD CONSTRAINT "claim_attempts_registration_id_registrations_id_fk" FOREIGN KEY ("registration_id") REFERENCES "agent_auth"."registrations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_auth"."refresh_tokens" ADD CONSTRAINT "refresh_tokens_registration_id_registrations_id_fk" FOREIGN KEY ("registration_id") REFERENCES "agent_auth"."registrations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_auth"."scope_uses" ADD CONSTRAINT "scope_uses_registration_id_registrations_id_fk" FOREIGN KEY ("registration_id") REFERENCES "agent_auth"."registrations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "access_tokens_by_registration" ON "agent_auth"."access_tokens" USING btree ("registration_id","created_at");--> statement-breakpoint
CREATE INDEX "access_tokens_by_expiry" ON "agent_auth"."access_tokens" USING btree ("expires_at","revoked_at");--> statement-breakpoint
CREATE INDEX "admin_jobs_by_creation" ON "agent_auth"."admin_jobs" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "admin_jobs_open" ON "agent_auth"."admin_jobs" USING btree ("created_at") WHERE finished_at IS NULL;--> statement-breakpoint
CREATE INDEX "audit_events_by_registration" ON "agent_auth"."audit_events" USING btree ("registration_id","id");--> statement-breakpoint
CREATE INDEX "audit_events_by_type" ON "agent_auth"."audit_events" USING btree ("type","id");--> statement-breakpoint
CREATE INDEX "audit_events_by_actor_kind" ON "agent_auth"."audit_events" USING btree ("actor_kind","id") WHERE actor_kind <> 'agent';--> statement-breakpoint
CREATE INDEX "audit_events_by_actor" ON "agent_auth"."audit_events" USING btree ("actor_id","id") WHERE actor_kind <> 'agent';--> statement-breakpoint
CREATE INDEX "audit_events_unannounced" ON "agent_auth"."audit_events" USING btree ("type","at") WHERE announced_at IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "claim_attempts_token" ON "agent_auth"."claim_attempts" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "claim_attempts_by_registration" ON "agent_auth"."claim_attempts" USING btree ("registration_id","created_at");--> statement-breakpoint
CREATE INDEX "claim_attempts_by_hint" ON "agent_auth"."claim_attempts" USING btree ("login_hint") WHERE login_hint <> '';--> statement-breakpoint
CREATE INDEX "claim_attempts_to_forget" ON "agent_auth"."claim_attempts" USING btree ("expires_at") WHERE login_hint <> '';--> statement-breakpoint
CREATE INDEX "claim_attempts_by_linked_person" ON "agent_auth"."claim_attempts" USING btree ("link_user_id") WHERE link_user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "claim_attempts_by_confirmer" ON "agent_auth"."claim_attempts" USING btree ("confirmed_user_id") WHERE confirmed_user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "claim_attempts_by_link" ON "agent_auth"."claim_attempts" USING btree ("link_issuer","link_subject") WHERE link_issuer IS NOT NULL;--> statement-breakpoint
CREATE INDEX "counters_by_key" ON "agent_auth"."counters" USING btree ("name",hashtextextended(key, 0));--> statement-breakpoint
CREATE INDEX "daily_counts_by_day" ON "agent_auth"."daily_counts" USING btree ("what","issuer","day");--> statement-breakpoint
CREATE INDEX "delegations_by_user" ON "agent_auth"."delegations" USING btree ("user_id","issuer","subject") WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "delegations_linked" ON "agent_auth"."delegations" USING btree ("issuer","subject") WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "mail_outbox_due" ON "agent_auth"."mail_outbox" USING btree ("next_try_at","id") WHERE sent_at IS NULL AND failed_at IS NULL;--> statement-breakpoint
CREATE INDEX "mail_outbox_by_registration" ON "agent_auth"."mail_outbox" USING btree ("registration_id","id");--> statement-breakpoint
CREATE INDEX "mail_outbox_by_recipient" ON "agent_auth"."mail_outbox" USING btree ("recipient") WHERE recipient IS NOT NULL;--> statement-breakpoint
CREATE INDEX "mail_outbox_by_user" ON "agent_auth"."mail_outbox" USING btree ("user_id") WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "mail_outbox_by_creation" ON "agent_auth"."mail_outbox" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "mail_outbox_by_state" ON "agent_auth"."mail_outbox" USING btree ((CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN failed_at IS NOT NULL THEN 'failed' ELSE 'waiting' END),"template","id");--> statement-breakpoint
CREATE INDEX "rate_limits_by_expiry" ON "agent_auth"."rate_limits" USING btree ("expire");--> statement-breakpoint
CREATE INDEX "refresh_tokens_by_registration" ON "agent_auth"."refresh_tokens" USING btree ("registration_id");--> statement-breakpoint
CREATE INDEX "refresh_tokens_by_expiry" ON "agent_auth"."refresh_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "registrations_claim_token" ON "agent_auth"."registrations" USING btree ("claim_token_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "registrations_identity" ON "agent_auth"."registrations" USING btree ("issuer","subject") WHERE kind = 'identity_assertion';--> statement-breakpoint
CREATE INDEX "registrations_by_subject" ON "agent_auth"."registrations" USING btree ("issuer","subject") WHERE issuer IS NOT NULL;--> statement-breakpoint
CREATE INDEX "registrations_by_user" ON "agent_auth"."registrations" USING btree ("user_id","created_at","id") WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "registrations_to_expire" ON "agent_auth"."registrations" USING btree ("claim_expires_at","id") WHERE claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL;--> statement-breakpoint
CREATE INDEX "registrations_over" ON "agent_auth"."registrations" USING btree ((CASE WHEN revoked_at IS NOT NULL THEN revoked_at WHEN expired_at IS NOT NULL THEN expired_at ELSE ends_at END)) WHERE revoked_at IS NOT NULL OR expired_at IS NOT NULL OR ends_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "registrations_uncollected" ON "agent_auth"."registrations" USING btree ("claimed_at","id") WHERE claimed_at IS NOT NULL AND collected_at IS NULL AND revoked_at IS NULL;--> statement-breakpoint
CREATE INDEX "registrations_by_phase" ON "agent_auth"."registrations" USING btree ((CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN suspended_at IS NOT NULL THEN 'suspended' WHEN claimed_at IS NOT NULL THEN 'claimed' WHEN expired_at IS NOT NULL THEN 'expired' WHEN current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END),"kind","created_at","id");--> statement-breakpoint
CREATE INDEX "registrations_by_creation" ON "agent_auth"."registrations" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "registrations_by_scopes" ON "agent_auth"."registrations" USING btree (hashtextextended(scopes, 0),"created_at","id");--> statement-breakpoint
CREATE INDEX "registrations_by_end" ON "agent_auth"."registrations" USING btree ("created_at","id") WHERE ends_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "registrations_by_suspension" ON "agent_auth"."registrations" USING btree ("suspended_at") WHERE suspended_at IS NOT NULL AND revoked_at IS NULL;--> statement-breakpoint
CREATE INDEX "registrations_by_use" ON "agent_auth"."registrations" USING btree ("last_used_at","id","created_at") WHERE last_used_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "registrations_by_issuer" ON "agent_auth"."registrations" USING btree ("issuer","created_at","id") WHERE issuer IS NOT NULL;--> statement-breakpoint
CREATE INDEX "registrations_by_ip" ON "agent_auth"."registrations" USING btree ("created_ip","created_at","id") WHERE created_ip IS NOT NULL;--> statement-breakpoint
CREATE INDEX "registrations_by_name" ON "agent_auth"."registrations" USING btree (lower(client_name),"created_at","id") WHERE client_name IS NOT NULL;--> statement-breakpoint
CREATE INDEX "seen_jwt_ids_by_expiry" ON "agent_auth"."seen_jwt_ids" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "signing_keys_by_start" ON "agent_auth"."signing_keys" USING btree ("signs_from","created_at","kid");