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
CREATE INDEX `access_tokens_by_registration` ON `access_tokens` (`registration_id`);--> statement-breakpoint
CREATE INDEX `access_tokens_by_expiry` ON `access_tokens` (`expires_at`);--> statement-breakpoint
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
	FOREIGN KEY (`registration_id`) REFERENCES `registrations`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "claim_attempts_counters" CHECK("wrong_guesses" >= 0),
	CONSTRAINT "claim_attempts_outcome" CHECK("confirmed_at" IS NULL OR "denied_at" IS NULL)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `claim_attempts_token` ON `claim_attempts` (`token_hash`);--> statement-breakpoint
CREATE INDEX `claim_attempts_by_registration` ON `claim_attempts` (`registration_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `rate_limits` (
	`key` text PRIMARY KEY NOT NULL,
	`points` integer DEFAULT 0 NOT NULL,
	`expire` integer
);
--> statement-breakpoint
CREATE INDEX `rate_limits_by_expiry` ON `rate_limits` (`expire`);--> statement-breakpoint
CREATE TABLE `registrations` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`client_name` text,
	`created_at` integer NOT NULL,
	`created_ip` text,
	`user_agent` text,
	`generation` integer NOT NULL,
	`scopes` text NOT NULL,
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
	CONSTRAINT "registrations_kind" CHECK("kind" IN ('anonymous', 'service_auth', 'identity_assertion')),
	CONSTRAINT "registrations_claim_end" CHECK(("claim_ended_at" IS NULL) = ("claim_end_reason" IS NULL) AND ("claim_end_reason" IS NULL OR "claim_end_reason" IN ('denied', 'locked'))),
	CONSTRAINT "registrations_claim_outcome" CHECK("claim_ended_at" IS NULL OR "claimed_at" IS NULL),
	CONSTRAINT "registrations_counters" CHECK("wrong_guesses" >= 0 AND "poll_interval" >= 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `registrations_claim_token` ON `registrations` (`claim_token_hash`);--> statement-breakpoint
CREATE INDEX `registrations_by_user` ON `registrations` (`user_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `registrations_to_expire` ON `registrations` (`claim_expires_at`,`id`) WHERE claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL;--> statement-breakpoint
CREATE INDEX `registrations_uncollected` ON `registrations` (`claimed_at`,`id`) WHERE claimed_at IS NOT NULL AND collected_at IS NULL AND revoked_at IS NULL;--> statement-breakpoint
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