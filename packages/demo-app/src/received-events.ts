/** Owns the last Security Event Tokens the demo took from providers, kept so that people can look at a real one. */
import express, { type RequestHandler } from "express";

export interface ReceivedEvent {
  /** ISO 8601. */
  receivedAt: string;
  /** As it came: a compact JWS. */
  token: string;
}

export interface ReceivedEvents {
  /** Goes in front of the library, on its events endpoint. The library reads what this has parsed. */
  watch: RequestHandler[];
  /** Newest last. */
  list(): ReceivedEvent[];
}

/** A window for developers, not an archive: gone with the process. */
const kept = 10;

export function receivedEvents(): ReceivedEvents {
  const events: ReceivedEvent[] = [];

  const remember: RequestHandler = (request, response, next) => {
    const token: unknown = request.body;
    response.on("finish", () => {
      // 202 means that a trusted provider signed it: nobody else can put anything here.
      if (response.statusCode !== 202 || typeof token !== "string") return;
      events.push({ receivedAt: new Date().toISOString(), token });
      if (events.length > kept) events.shift();
    });
    next();
  };

  return {
    watch: [express.text({ type: "application/secevent+jwt", limit: "64kb" }), remember],
    list: () => [...events],
  };
}
