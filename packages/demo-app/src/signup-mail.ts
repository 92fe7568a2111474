/** Owns the mails of signing up. Nothing that somebody typed goes into one: the reader may be somebody else. */
import ejs from "ejs";
import type { Mail } from "./outbox.js";

const layout = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title><%= subject %></title>
</head>
<body style="margin:0;padding:24px 12px;background:#f4f4f5">
<div style="max-width:504px;margin:0 auto;padding:32px 28px;border-radius:12px;background:#ffffff;color:#18181b;font:16px/24px system-ui,sans-serif">
<h1 style="margin:0 0 16px;font-size:22px;line-height:28px"><%= subject %></h1>
<p style="margin:0 0 24px"><%= body %></p>
<p style="margin:0 0 24px"><a href="<%= url %>" style="display:inline-block;padding:12px 20px;border-radius:8px;background:#3348c5;color:#ffffff;font-weight:600;text-decoration:none"><%= action %></a></p>
<p style="margin:0;color:#52525b;font-size:14px;line-height:20px"><%= footer %></p>
</div>
</body>
</html>`;
const render = ejs.compile(layout);

interface Words {
  to: string;
  subject: string;
  body: string;
  action: string;
  url: string;
  footer: string;
}

function compose({ to, ...words }: Words): Mail {
  const text = [words.body, `${words.action}: ${words.url}`, words.footer].join("\n\n");
  return { to, subject: words.subject, text: `${text}\n`, html: render(words) };
}

export function verificationMail({ to, verifyUrl }: { to: string; verifyUrl: string }): Mail {
  return compose({
    to,
    subject: "Verify your address",
    body: "Somebody, probably you, made an account at Agent Auth Demo Notes with this address.",
    action: "Verify this address",
    url: verifyUrl,
    footer:
      "The link works for 24 hours. If it was not you, do nothing: without it the account stays unverified.",
  });
}

export function addressTakenMail({ to, loginUrl }: { to: string; loginUrl: string }): Mail {
  return compose({
    to,
    subject: "You already have an account",
    body: "Somebody, probably you, tried to sign up at Agent Auth Demo Notes with this address. It has an account.",
    action: "Sign in",
    url: loginUrl,
    footer: "If it was not you, do nothing: nothing was changed.",
  });
}
