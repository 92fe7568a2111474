/** Owns the words of the notices. `{service}` becomes the service a decision is about. */
import type { NoticePage } from "./page.js";

interface Notice {
  tone: "success" | "neutral" | "danger";
  heading: string;
  body: string;
  action?: string;
}

const yourConnections = "See where you are connected";

export const notices: Record<NoticePage["notice"], Notice> = {
  signed_out: {
    tone: "success",
    heading: "You are signed out",
    body: "Agents keep what you allowed them. Sign in again to change that.",
  },
  device_allowed: {
    tone: "success",
    heading: "Your agent is signed in",
    body: "Go back to it: it continues by itself. You can close this page.",
  },
  device_denied: {
    tone: "neutral",
    heading: "You refused",
    body: "The agent was not signed in. You can close this page.",
  },
  device_over: {
    tone: "neutral",
    heading: "This code is over",
    body: "It was answered before, or took too long. Start again in your agent.",
  },
  allowed_always: {
    tone: "success",
    heading: "Allowed until you revoke it",
    body: "Your agent can act for you at {service}. Go back to it, it can go on now.",
    action: yourConnections,
  },
  allowed_once: {
    tone: "success",
    heading: "Allowed once",
    body: "Your agent can connect to {service} one time. Go back to it now, this does not wait long.",
    action: yourConnections,
  },
  consent_denied: {
    tone: "neutral",
    heading: "You refused",
    body: "Nothing new is handed out to {service}. What it got before stays until you revoke it.",
    action: yourConnections,
  },
  bad_request: {
    tone: "danger",
    heading: "This form was not complete",
    body: "Nothing was changed. Go back and try again.",
  },
  unknown_service: {
    tone: "danger",
    heading: "This is not a service we can connect to",
    body: "The link names no service, or one that is not allowed here. Nothing was changed.",
  },
  cross_site: {
    tone: "danger",
    heading: "This request came from another site",
    body: "Nothing was changed. Open the page here and press the button yourself.",
  },
  stale_form: {
    tone: "danger",
    heading: "This form is out of date",
    body: "Nothing was changed. Open the page again; cookies have to be on.",
  },
  too_many_tries: {
    tone: "danger",
    heading: "Too many tries",
    body: "Wait ten minutes, then try again.",
  },
  unavailable: {
    tone: "danger",
    heading: "This provider could not start",
    body: "Its log says why.",
  },
  server_error: {
    tone: "danger",
    heading: "Something went wrong here",
    body: "It is not your fault. Try again in a moment.",
  },
};
