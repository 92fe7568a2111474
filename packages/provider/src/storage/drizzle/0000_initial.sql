CREATE TABLE `delegations` (
	`user_id` text NOT NULL,
	`audience` text NOT NULL,
	`consent` text NOT NULL,
	`decided_at` integer NOT NULL,
	`since` integer NOT NULL,
	`last_minted_at` integer,
	`mint_count` integer NOT NULL,
	PRIMARY KEY(`user_id`, `audience`),
	CONSTRAINT "delegations_consent" CHECK("consent" IN ('once', 'always', 'denied', 'minted'))
);
--> statement-breakpoint
CREATE TABLE `device_grants` (
	`device_code_hash` text PRIMARY KEY NOT NULL,
	`user_code` text NOT NULL,
	`client_id` text NOT NULL,
	`max_age` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`poll_interval` integer NOT NULL,
	`last_polled_at` integer,
	`status` text NOT NULL,
	`user_id` text,
	`auth_time` integer,
	CONSTRAINT "device_grants_status" CHECK("status" IN ('pending', 'approved', 'denied', 'delivered'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `device_grants_user_code` ON `device_grants` (`user_code`);--> statement-breakpoint
CREATE INDEX `device_grants_by_expiry` ON `device_grants` (`expires_at`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`jti` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`audience` text NOT NULL,
	`type` text NOT NULL,
	`claims` text NOT NULL,
	`created_at` integer NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_try_at` integer NOT NULL,
	`leased_until` integer NOT NULL,
	`problem` text,
	`settled_at` integer,
	CONSTRAINT "outbox_status" CHECK("status" IN ('waiting', 'sent', 'refused', 'failed'))
);
--> statement-breakpoint
CREATE INDEX `outbox_waiting` ON `outbox` (`next_try_at`) WHERE status = 'waiting';--> statement-breakpoint
CREATE INDEX `outbox_by_user` ON `outbox` (`user_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`auth_time` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sessions_by_expiry` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `signing_keys` (
	`kid` text PRIMARY KEY NOT NULL,
	`algorithm` text NOT NULL,
	`public_jwk` text NOT NULL,
	`sealed_private_jwk` text NOT NULL,
	`created_at` integer NOT NULL,
	`signs_from` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tries` (
	`subject` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`window_ends_at` integer NOT NULL
);
