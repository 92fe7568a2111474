/** Owns what the HTTP layer is handed by the composition root, and what a handler is handed with a request. */
import type { CookiePlace } from "@agent-auth/web/page-security";
import type { Request } from "express";
import type { FlowContext } from "../flows/context.js";
import type { Session, User } from "../protocol/model.js";
import type { Form } from "../protocol/requests.js";
import type { Page } from "../views/page.js";

export interface Services {
  context: FlowContext;
  /** Keys of form tokens: current first. */
  csrfKeys: readonly [Buffer, ...Buffer[]];
  cookie: CookiePlace;
  origin: string;
  /** Path of the issuer: "" or "/prefix". */
  base: string;
  stylesheetPath: string;
  renderPage: (page: Page) => string;
  documents: {
    metadata: () => object;
    clientMetadata: object;
    stylesheet: string;
  };
  /** Accounts whose passwords the sign-in page shows. Empty unless they are the well-known ones. */
  demoAccounts: { email: string; password: string }[];
  /** Delivers an event now; settles when the try is over, and never fails. */
  deliver: (jti: string) => Promise<void>;
}

export interface Visitor {
  session: Session;
  user: User;
}

/** One request on one of our paths. */
export interface Call {
  request: Request;
  query: URLSearchParams;
  /** Empty for GET. */
  form: Form;
  /** Value of our cookie, signed in or not. */
  cookieToken: string | null;
  visitor: Visitor | null;
}

/** A request to a page that people see signed in only. */
export interface SignedInCall extends Call {
  visitor: Visitor;
  cookieToken: string;
}
