/** Owns what each page a person sees is made of. The HTTP layer fills these in, `render.ts` turns them into HTML. */
import type { NoticeName } from "../protocol/errors.js";
import type { Delegation, QueuedEvent } from "../protocol/model.js";

/** What every page knows. */
export interface PageFrame {
  providerName: string;
  stylesheetPath: string;
  delegationsPath: string;
  signOutPath: string;
}

interface Account {
  name: string;
  email: string;
}

/** Where a form goes, and what proves that it is ours. */
interface FormFrame {
  target: string;
  csrf: string;
}

interface SignedIn extends FormFrame {
  account: Account;
}

export interface SignInPage extends FormFrame {
  page: "sign-in";
  returnTo: string;
  email: string;
  isWrong: boolean;
  demoAccounts: { email: string; password: string }[];
}

export interface SignOutPage extends SignedIn {
  page: "sign-out";
}

/** The field for the code an agent shows. */
export interface DevicePage extends SignedIn {
  page: "device";
  userCode: string;
  isUnknown: boolean;
}

/** The agent behind the code asks to be let in. */
export interface DeviceAnswerPage extends SignedIn {
  page: "device-answer";
  clientName: string;
  userCode: string;
}

export interface ConsentPage extends SignedIn {
  page: "consent";
  audience: string;
  /** The service's own words. */
  serviceName: string | null;
  told: { name: string; email: string; phone: string | null };
  isAllowedAlready: boolean;
  delegationsPath: string;
}

export interface DelegationsPage extends SignedIn {
  page: "delegations";
  /** `isSpent`: an "allow once" that nobody used in time. */
  delegations: (Delegation & { isSpent: boolean })[];
  events: QueuedEvent[];
}

/** A page that says how things stand and what to do next. */
export interface NoticePage {
  page: "notice";
  notice:
    | NoticeName
    | "signed_out"
    | "device_allowed"
    | "device_denied"
    | "device_over"
    | "allowed_always"
    | "allowed_once"
    | "consent_denied";
  account: Account | null;
  /** The service a decision is about. */
  audience?: string;
  /** Where the button of a decision leads. */
  action?: string;
}

export type Page =
  | SignInPage
  | SignOutPage
  | DevicePage
  | DeviceAnswerPage
  | ConsentPage
  | DelegationsPage
  | NoticePage;
