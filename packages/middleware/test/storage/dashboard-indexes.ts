/** Owns the names of the indexes that only a dashboard reads through. */
export const dashboardIndexes = [
  "audit_events_by_actor",
  "audit_events_by_actor_kind",
  "delegations_linked",
  "mail_outbox_by_state",
  "registrations_by_end",
  "registrations_by_ip",
  "registrations_by_issuer",
  "registrations_by_name",
  "registrations_by_phase",
  "registrations_by_scopes",
  "registrations_by_suspension",
  "registrations_by_use",
];
