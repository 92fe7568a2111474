/** Owns the mails of signing up. No text of anybody else than the addressee's own goes into one. */
import ejs from "ejs";
import type { Mail } from "./outbox.js";

const layout = `<!doctype html>
<html lang="en">
<body style="margin:0;padding:24px;font-family:system-ui,sans-serif;line-height:1.5;color:#1b2330;background:#ffffff">
<p style="margin:0 0 16px"><%= greeting %></p>
<p style="margin:0 0 16px"><%= body %></p>
<p style="margin:0 0 16px"><a href="<%= url %>" style="display:inline-block;padding:10px 16px;border-radius:8px;background:#3348c5;color:#ffffff;text-decoration:none"><%= action %></a></p>
<p style="margin:0;color:#566072;font-size:14px"><%= footer %></p>
</body>
</html>`;
const render = ejs.compile(layout);

interface Words {
  to: string;
  subject: string;
  greeting: string;
  body: string;
  action: string;
  url: string;
  footer: string;
}

function compose({ to, subject, ...words }: Words): Mail {
  const text = [words.greeting, words.body, `${words.action}: ${words.url}`, words.footer].join("\n\n");
  return { to, subject, text: `${text}\n`, html: render(words) };
}

export function verificationMail({
  to,
  name,
  verifyUrl,
}: {
  to: string;
  name: string;
  verifyUrl: string;
}): Mail {
  return compose({
    to,
    subject: "Verify your address",
    greeting: `Hello ${name},`,
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
    greeting: "Hello,",
    body: "Somebody, probably you, tried to sign up at Agent Auth Demo Notes with this address. It has an account.",
    action: "Sign in",
    url: loginUrl,
    footer: "If it was not you, do nothing: nothing was changed.",
  });
}
