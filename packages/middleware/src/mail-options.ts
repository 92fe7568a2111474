/** Owns the options of mail: how it leaves, from whom, and how often a person may be written to. */
import { z } from "zod";
import type { MailTransport } from "./ports.js";

const cap = (count: number) => z.int().min(1).max(1_000_000).default(count);

/** Whether a URL has no part that would be ignored, and credentials that can be read. */
function isServer(value: string): boolean {
  if (!URL.canParse(value)) return true;
  const { hostname, pathname, search, hash, username, password } = new URL(value);
  if (hostname === "" || !/^\/?$/.test(pathname) || search !== "" || hash !== "") return false;
  return [username, password].every((part) => !/%(?![0-9a-f]{2})/i.test(part));
}

export const mailSchema = z
  .strictObject({
    smtp: z
      .string()
      .regex(/^smtps?:\/\/./, "must look like smtp://user:password@mail.example.com:587")
      .refine((url) => URL.canParse(url), "is not a URL")
      .refine(isServer, "must name a server and nothing else: pass a transport for anything more")
      .optional()
      .describe(
        "The SMTP server, `smtp://` (STARTTLS) or `smtps://`, with user and password if it wants them, percent-encoded.",
      ),
    transport: z
      .custom<MailTransport>(
        (value) => typeof (value as MailTransport | null)?.sendMail === "function",
        "must be a nodemailer transport",
      )
      .optional()
      .describe("A nodemailer transport of your own, instead of `smtp`."),
    requireTls: z
      .boolean()
      .optional()
      .describe(
        "Whether `smtp://` must be upgraded by STARTTLS. Default: yes, unless the server is a loopback address.",
      ),
    from: z
      .string()
      .trim()
      .min(3)
      .max(320)
      .refine((from) => /[^\s<>@]@[^\s<>@]/.test(from), "must hold an address")
      .describe("Sender of every mail, such as `Example <no-reply@example.com>`."),
    templates: z
      .string()
      .optional()
      .describe("A folder; EJS files in it that are named like ours in `emails/` take their place."),
    perAddressPerHour: cap(3),
    perAddressPerDay: cap(10),
    perIpPerHour: cap(30),
    perRegistrationPerDay: cap(10),
  })
  .refine(({ smtp, transport }) => (smtp === undefined) !== (transport === undefined), {
    path: ["smtp"],
    error: "or transport is required, and not both",
  })
  .optional()
  .describe(
    "Mail: claim links, and notices of agents that were connected or revoked. The four caps are on claim links, in fixed windows; they hold even when `limits` is `false`.",
  );
