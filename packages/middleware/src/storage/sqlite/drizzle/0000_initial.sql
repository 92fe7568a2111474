CREATE TABLE `access_tokens` (
	`hash` text PRIMARY KEY NOT NULL,
	`registration_id` text NOT NULL,
	`generation` integer NOT NULL,
	`scopes` text NOT NULL,
	`resource` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`registration_id`) REFERENCES `registrations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `access_tokens_by_registration` ON `access_tokens` (`registration_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `access_tokens_by_expiry` ON `access_tokens` (`expires_at`,`revoked_at`);--> statement-breakpoint
CREATE TABLE `admin_jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`action` text NOT NULL,
	`filter` text NOT NULL,
	`created_before` integer,
	`actor_kind` text NOT NULL,
	`actor_id` text,
	`ip` text,
	`reason` text NOT NULL,
	`created_at` integer NOT NULL,
	`advanced_at` integer NOT NULL,
	`cursor` text,
	`passes` integer NOT NULL,
	`changed` integer NOT NULL,
	`unlinked` integer NOT NULL,
	`changed_in_pass` integer NOT NULL,
	`lease_until` integer,
	`finished_at` integer,
	CONSTRAINT "admin_jobs_action" CHECK("action" IN ('revoke', 'suspend', 'resume')),
	CONSTRAINT "admin_jobs_filter" CHECK(json_valid("filter")),
	CONSTRAINT "admin_jobs_counters" CHECK("passes" >= 0 AND "changed" >= 0 AND "unlinked" >= 0 AND "changed_in_pass" >= 0 AND "changed" + "unlinked" >= "changed_in_pass"),
	CONSTRAINT "admin_jobs_end" CHECK("finished_at" IS NULL OR "lease_until" IS NULL)
);
--> statement-breakpoint
CREATE INDEX `admin_jobs_by_creation` ON `admin_jobs` (`created_at`);--> statement-breakpoint
CREATE INDEX `admin_jobs_open` ON `admin_jobs` (`created_at`) WHERE finished_at IS NULL;--> statement-breakpoint
CREATE TABLE `audit_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`actor_kind` text NOT NULL,
	`actor_id` text,
	`ip` text,
	`registration_id` text,
	`detail` text NOT NULL,
	`announced_at` integer,
	CONSTRAINT "audit_events_detail" CHECK(json_valid("detail"))
);
--> statement-breakpoint
CREATE INDEX `audit_events_by_registration` ON `audit_events` (`registration_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_by_type` ON `audit_events` (`type`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_by_actor_kind` ON `audit_events` (`actor_kind`,`id`) WHERE actor_kind <> 'agent';--> statement-breakpoint
CREATE INDEX `audit_events_by_actor` ON `audit_events` (`actor_id`,`id`) WHERE actor_kind <> 'agent';--> statement-breakpoint
CREATE INDEX `audit_events_unannounced` ON `audit_events` (`type`,`at`) WHERE announced_at IS NULL;--> statement-breakpoint
CREATE TABLE `claim_attempts` (
	`id` text PRIMARY KEY NOT NULL,
	`registration_id` text NOT NULL,
	`token_hash` text NOT NULL,
	`login_hint` text NOT NULL,
	`user_code_hash` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`created_ip` text,
	`user_agent` text,
	`wrong_guesses` integer NOT NULL,
	`viewed_at` integer,
	`confirmed_at` integer,
	`denied_at` integer,
	`replaced_at` integer,
	`confirmed_user_id` text,
	`confirmed_scopes` text,
	`read_back_code_hash` text,
	`link_issuer` text,
	`link_subject` text,
	`link_user_id` text,
	`link_version` integer,
	`link_issued_at` integer,
	`link_scopes` text,
	FOREIGN KEY (`registration_id`) REFERENCES `registrations`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "claim_attempts_counters" CHECK("wrong_guesses" >= 0),
	CONSTRAINT "claim_attempts_outcome" CHECK(("confirmed_user_id" IS NULL OR "confirmed_at" IS NOT NULL) AND ("read_back_code_hash" IS NULL OR "confirmed_at" IS NOT NULL) AND ("read_back_code_hash" IS NULL) = ("confirmed_scopes" IS NULL)),
	CONSTRAINT "claim_attempts_link" CHECK(("link_issuer" IS NULL) = ("link_subject" IS NULL) AND ("link_issuer" IS NULL) = ("link_user_id" IS NULL) AND ("link_issuer" IS NULL) = ("link_version" IS NULL) AND ("link_issuer" IS NULL) = ("link_issued_at" IS NULL))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `claim_attempts_token` ON `claim_attempts` (`token_hash`);--> statement-breakpoint
CREATE INDEX `claim_attempts_by_registration` ON `claim_attempts` (`registration_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `claim_attempts_by_link` ON `claim_attempts` (`link_issuer`,`link_subject`) WHERE link_issuer IS NOT NULL;--> statement-breakpoint
CREATE INDEX `claim_attempts_by_hint` ON `claim_attempts` (`login_hint`) WHERE login_hint <> '';--> statement-breakpoint
CREATE INDEX `claim_attempts_to_forget` ON `claim_attempts` (`expires_at`) WHERE login_hint <> '';--> statement-breakpoint
CREATE INDEX `claim_attempts_by_linked_person` ON `claim_attempts` (`link_user_id`) WHERE link_user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `claim_attempts_by_confirmer` ON `claim_attempts` (`confirmed_user_id`) WHERE confirmed_user_id IS NOT NULL;--> statement-breakpoint
CREATE TABLE `counters` (
	`name` text NOT NULL,
	`key` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`name`, `key`)
);
--> statement-breakpoint
CREATE TABLE `daily_counts` (
	`what` text NOT NULL,
	`issuer` text NOT NULL,
	`day` integer NOT NULL,
	`refusal` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`what`, `issuer`, `day`, `refusal`)
);
--> statement-breakpoint
CREATE TABLE `delegations` (
	`issuer` text NOT NULL,
	`subject` text NOT NULL,
	`user_id` text,
	`version` integer NOT NULL,
	`revoked_at` integer,
	`scope_ceiling` text,
	`created_at` integer NOT NULL,
	`linked_at` integer,
	`linked_issued_at` integer,
	`reserved_until` integer,
	`idempotency_key` text,
	PRIMARY KEY(`issuer`, `subject`),
	CONSTRAINT "delegations_link" CHECK(("user_id" IS NULL) = ("linked_at" IS NULL) AND ("user_id" IS NULL) = ("linked_issued_at" IS NULL) AND ("user_id" IS NOT NULL OR "scope_ceiling" IS NULL)),
	CONSTRAINT "delegations_version" CHECK("version" > 1 OR ("version" = 1 AND "revoked_at" IS NULL)),
	CONSTRAINT "delegations_reservation" CHECK(("reserved_until" IS NULL OR "idempotency_key" IS NOT NULL) AND ("user_id" IS NULL OR "idempotency_key" IS NULL))
);
--> statement-breakpoint
CREATE INDEX `delegations_by_user` ON `delegations` (`user_id`,`issuer`,`subject`) WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `delegations_linked` ON `delegations` (`issuer`,`subject`) WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE TABLE `leases` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `mail_outbox` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`template` text NOT NULL,
	`recipient` text,
	`user_id` text,
	`registration_id` text,
	`attempt_id` text,
	`created_at` integer NOT NULL,
	`next_try_at` integer NOT NULL,
	`tries` integer NOT NULL,
	`sent_at` integer,
	`failed_at` integer,
	`failure` text,
	`link_used_at` integer,
	CONSTRAINT "mail_outbox_template" CHECK("template" IN ('claim_link', 'agent_connected', 'agent_revoked', 'manage_link')),
	CONSTRAINT "mail_outbox_addressee" CHECK("recipient" IS NOT NULL OR "user_id" IS NOT NULL),
	CONSTRAINT "mail_outbox_outcome" CHECK("sent_at" IS NULL OR "failed_at" IS NULL),
	CONSTRAINT "mail_outbox_failure" CHECK(("failed_at" IS NULL) = ("failure" IS NULL))
);
--> statement-breakpoint
CREATE INDEX `mail_outbox_due` ON `mail_outbox` (`next_try_at`,`id`) WHERE sent_at IS NULL AND failed_at IS NULL;--> statement-breakpoint
CREATE INDEX `mail_outbox_by_registration` ON `mail_outbox` (`registration_id`,`id`);--> statement-breakpoint
CREATE INDEX `mail_outbox_by_recipient` ON `mail_outbox` (`recipient`) WHERE recipient IS NOT NULL;--> statement-breakpoint
CREATE INDEX `mail_outbox_by_user` ON `mail_outbox` (`user_id`) WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `mail_outbox_by_creation` ON `mail_outbox` (`created_at`);--> statement-breakpoint
CREATE INDEX `mail_outbox_by_state` ON `mail_outbox` ((CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN failed_at IS NOT NULL THEN 'failed' ELSE 'waiting' END),`template`);--> statement-breakpoint
CREATE TABLE `providers` (
	`issuer` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`jwks_uri` text,
	`client_ids` text NOT NULL,
	`algorithms` text NOT NULL,
	`allowed_email_domains` text,
	`required_amr` text NOT NULL,
	`jit` integer NOT NULL,
	`scopes` text,
	`max_auth_age_seconds` integer NOT NULL,
	`disabled_at` integer,
	`created_at` integer NOT NULL,
	`changed_at` integer NOT NULL,
	CONSTRAINT "providers_lists" CHECK(json_valid("client_ids") AND json_valid("algorithms") AND json_valid("required_amr") AND ("allowed_email_domains" IS NULL OR json_valid("allowed_email_domains"))),
	CONSTRAINT "providers_jit" CHECK("jit" IN (0, 1))
);
--> statement-breakpoint
CREATE TABLE `rate_limits` (
	`key` text PRIMARY KEY NOT NULL,
	`points` integer DEFAULT 0 NOT NULL,
	`expire` integer
);
--> statement-breakpoint
CREATE INDEX `rate_limits_by_expiry` ON `rate_limits` (`expire`);--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`registration_id` text NOT NULL,
	`generation` integer NOT NULL,
	`sequence` integer NOT NULL,
	`created_at` integer NOT NULL,
	`rotated_at` integer,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`registration_id`) REFERENCES `registrations`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "refresh_tokens_sequence" CHECK("sequence" >= 1)
);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_by_registration` ON `refresh_tokens` (`registration_id`);--> statement-breakpoint
CREATE INDEX `refresh_tokens_by_expiry` ON `refresh_tokens` (`expires_at`);--> statement-breakpoint
CREATE TABLE `registrations` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`client_name` text,
	`created_at` integer NOT NULL,
	`created_ip` text,
	`user_agent` text,
	`generation` integer NOT NULL,
	`scopes` text NOT NULL,
	`scope_limit` text,
	`user_id` text,
	`claimed_at` integer,
	`claim_token_hash` text,
	`claim_expires_at` integer NOT NULL,
	`claim_ended_at` integer,
	`claim_end_reason` text,
	`wrong_guesses` integer NOT NULL,
	`current_attempt_id` text,
	`collected_at` integer,
	`poll_interval` integer NOT NULL,
	`last_polled_at` integer,
	`ends_at` integer,
	`suspended_at` integer,
	`revoked_at` integer,
	`revoked_by` text,
	`revoked_reason` text,
	`expired_at` integer,
	`last_used_at` integer,
	`issuer` text,
	`subject` text,
	`id_jag_issued_at` integer,
	CONSTRAINT "registrations_kind" CHECK("kind" IN ('anonymous', 'service_auth', 'identity_assertion')),
	CONSTRAINT "registrations_claim_end" CHECK(("claim_ended_at" IS NULL) = ("claim_end_reason" IS NULL) AND ("claim_end_reason" IS NULL OR "claim_end_reason" IN ('denied', 'locked'))),
	CONSTRAINT "registrations_claim_outcome" CHECK("claim_ended_at" IS NULL OR "claimed_at" IS NULL),
	CONSTRAINT "registrations_counters" CHECK("wrong_guesses" >= 0 AND "poll_interval" >= 0),
	CONSTRAINT "registrations_identity_pair" CHECK(("issuer" IS NULL) = ("subject" IS NULL) AND ("id_jag_issued_at" IS NULL OR "issuer" IS NOT NULL))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `registrations_claim_token` ON `registrations` (`claim_token_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `registrations_identity` ON `registrations` (`issuer`,`subject`) WHERE kind = 'identity_assertion';--> statement-breakpoint
CREATE INDEX `registrations_by_subject` ON `registrations` (`issuer`,`subject`) WHERE issuer IS NOT NULL;--> statement-breakpoint
CREATE INDEX `registrations_by_user` ON `registrations` (`user_id`,`created_at`,`id`) WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `registrations_to_expire` ON `registrations` (`claim_expires_at`,`id`) WHERE claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL;--> statement-breakpoint
CREATE INDEX `registrations_uncollected` ON `registrations` (`claimed_at`,`id`) WHERE claimed_at IS NOT NULL AND collected_at IS NULL AND revoked_at IS NULL;--> statement-breakpoint
CREATE INDEX `registrations_over` ON `registrations` ((CASE WHEN revoked_at IS NOT NULL THEN revoked_at WHEN expired_at IS NOT NULL THEN expired_at ELSE ends_at END)) WHERE revoked_at IS NOT NULL OR expired_at IS NOT NULL OR ends_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `registrations_by_phase` ON `registrations` ((CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN suspended_at IS NOT NULL THEN 'suspended' WHEN claimed_at IS NOT NULL THEN 'claimed' WHEN expired_at IS NOT NULL THEN 'expired' WHEN current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END),`kind`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `registrations_by_scopes` ON `registrations` (`scopes`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `registrations_by_end` ON `registrations` (`created_at`,`id`) WHERE ends_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `registrations_by_suspension` ON `registrations` (`suspended_at`) WHERE suspended_at IS NOT NULL AND revoked_at IS NULL;--> statement-breakpoint
CREATE INDEX `registrations_by_use` ON `registrations` (`last_used_at`,`id`,`created_at`) WHERE last_used_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `registrations_by_issuer` ON `registrations` (`issuer`,`created_at`,`id`) WHERE issuer IS NOT NULL;--> statement-breakpoint
CREATE INDEX `registrations_by_ip` ON `registrations` (`created_ip`,`created_at`,`id`) WHERE created_ip IS NOT NULL;--> statement-breakpoint
CREATE INDEX `registrations_by_name` ON `registrations` (client_name COLLATE NOCASE,`created_at`,`id`) WHERE client_name IS NOT NULL;--> statement-breakpoint
CREATE TABLE `scope_uses` (
	`registration_id` text NOT NULL,
	`scope` text NOT NULL,
	`last_used_at` integer NOT NULL,
	PRIMARY KEY(`registration_id`, `scope`),
	FOREIGN KEY (`registration_id`) REFERENCES `registrations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `seen_jwt_ids` (
	`purpose` text NOT NULL,
	`issuer` text NOT NULL,
	`jti` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`purpose`, `issuer`, `jti`),
	CONSTRAINT "seen_jwt_ids_purpose" CHECK("purpose" IN ('id-jag', 'security-event'))
);
--> statement-breakpoint
CREATE INDEX `seen_jwt_ids_by_expiry` ON `seen_jwt_ids` (`expires_at`);--> statement-breakpoint
CREATE TABLE `signing_keys` (
	`kid` text PRIMARY KEY NOT NULL,
	`algorithm` text NOT NULL,
	`public_jwk` text NOT NULL,
	`encrypted_private_jwk` text NOT NULL,
	`created_at` integer NOT NULL,
	`signs_from` integer NOT NULL,
	`retired_at` integer,
	CONSTRAINT "signing_keys_algorithm" CHECK("algorithm" IN ('ES256'))
);
--> statement-breakpoint
CREATE INDEX `signing_keys_by_start` ON `signing_keys` (`signs_from`,`created_at`,`kid`);