/** Owns every state of the pages people see, and how alice's browser gets there. */
import type { AgentAuthOptions } from "@agent-auth/middleware";
import type { Visitor } from "./browser.js";
import type { Claim, HostApp } from "./host-app.js";
import type { Person } from "./world.js";

/** A person at a host, with a claim that waits for alice. */
export interface Scene extends Visitor {
  host: HostApp;
  claim: Claim;
}

export interface ClaimState {
  name: string;
  heading: string;
  /** The words that make this state of the review page another one. */
  words?: string;
  as?: Person;
  options?: Partial<AgentAuthOptions>;
  reach: (scene: Scene) => Promise<unknown>;
}

const review = "An agent asks for access to your Example Notes account";
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const open = ({ page, claim }: Scene) => page.goto(claim.uri);

/** Types these codes, one after the other, and presses Authorize each time. */
async function submit(scene: Scene, ...codes: string[]): Promise<void> {
  for (const code of codes) {
    await scene.typeCode(code);
    await Promise.all([scene.page.waitForEvent("load"), scene.press("Authorize")]);
  }
}
const wrong = ({ userCode }: Claim) => (userCode === "000000" ? "111111" : "000000");
const guessOut = async (scene: Scene) => {
  await open(scene);
  await submit(scene, ...Array<string>(5).fill(wrong(scene.claim)));
};
/** Changes a hidden field of the form that is open. */
const setField = ({ page }: Scene, name: string, value: string) =>
  page.evaluate(`document.querySelector("[name=${name}]").value = ${JSON.stringify(value)}`);

const reviews: Omit<ClaimState, "heading">[] = [
  { name: "first agent", words: "This is the first agent you connect", reach: open },
  {
    name: "second agent",
    reach: async (scene) => {
      await open(scene);
      await submit(scene, scene.claim.userCode);
      await scene.page.goto((await scene.host.ask()).uri);
    },
  },
  {
    name: "another account, advised",
    words: "but you are signed in as bob@example.com",
    as: "bob",
    options: { wrongAccount: "advise" },
    reach: open,
  },
  {
    name: "a hostile name",
    words: "An agent that gave no name",
    reach: async ({ host, page }) => page.goto((await host.ask({ client_name: "\u202E\u200B" })).uri),
  },
  {
    name: "a name without spaces",
    words: "W".repeat(100),
    reach: async ({ host, page }) => page.goto((await host.ask({ client_name: "W".repeat(100) })).uri),
  },
  {
    name: "wrong code",
    words: "That is not the right code. 4 tries left.",
    reach: async (scene) => {
      await open(scene);
      await submit(scene, wrong(scene.claim));
    },
  },
  {
    name: "malformed code",
    words: "Enter the six digits.",
    reach: async (scene) => {
      await open(scene);
      await submit(scene, "12");
    },
  },
  {
    name: "no permission",
    words: "Tick at least one permission, or choose Deny.",
    reach: async (scene) => {
      await open(scene);
      for (const box of await scene.page.getByRole("checkbox").all()) await box.uncheck();
      await submit(scene, scene.claim.userCode);
    },
  },
  {
    name: "stale form",
    words: "This page was open for too long",
    reach: async (scene) => {
      await open(scene);
      await setField(scene, "csrf", "1.x");
      await submit(scene, scene.claim.userCode);
    },
  },
];

/** First views of the review page, and every problem it can come back with. */
export const reviewStates: ClaimState[] = reviews.map((state) => ({ heading: review, ...state }));

/** Every notice. */
export const noticeStates: ClaimState[] = [
  {
    name: "unknown link",
    heading: "This link does not work",
    reach: ({ page, host }) => page.goto(`${host.baseUrl}/agent/claim`),
  },
  {
    name: "claimed",
    heading: "Your agent is connected",
    reach: async (scene) => {
      await open(scene);
      await submit(scene, scene.claim.userCode);
    },
  },
  {
    name: "denied",
    heading: "Request denied",
    reach: async (scene) => {
      await open(scene);
      await scene.press("Deny");
    },
  },
  { name: "too many guesses", heading: "Too many wrong codes", reach: guessOut },
  {
    name: "locked",
    heading: "This request is locked",
    reach: async (scene) => {
      await guessOut(scene);
      for (let attempt = 0; attempt < 2; attempt += 1) {
        scene.claim = await scene.host.askAgain(scene.claim);
        await guessOut(scene);
      }
    },
  },
  {
    name: "expired",
    heading: "This link has expired",
    reach: async (scene) => {
      scene.host.clock.advance(600);
      await open(scene);
    },
  },
  {
    name: "replaced",
    heading: "There is a newer request",
    reach: async (scene) => {
      await scene.host.askAgain(scene.claim);
      await open(scene);
    },
  },
  {
    name: "revoked",
    heading: "This agent’s access has ended",
    reach: async (scene) => {
      await scene.host.auth.revokeRegistration(scene.claim.registrationId, operator);
      await open(scene);
    },
  },
  {
    name: "suspended",
    heading: "This agent is suspended",
    reach: async (scene) => {
      await scene.host.auth.suspendRegistration(scene.claim.registrationId, operator);
      await open(scene);
    },
  },
  { name: "wrong account", heading: "This request is for another account", as: "bob", reach: open },
  {
    name: "rate limited",
    heading: "Too many requests",
    options: { limits: { claimPagePerIpPerHour: 1 } },
    reach: async (scene) => {
      await open(scene);
      await submit(scene, "1", "1");
    },
  },
  {
    name: "another site",
    heading: "This did not come from our page",
    reach: async (scene) => {
      // The same server under another name is another site, with a form that leads to us.
      await scene.page.route("http://other.localhost/", (route) =>
        route.fulfill({
          contentType: "text/html",
          body: `<form method="post" action="${scene.host.baseUrl}/agent/claim"><button name="action" value="authorize">Win</button></form>`,
        }),
      );
      await scene.page.goto("http://other.localhost/");
      await scene.page.getByRole("button", { name: "Win" }).click();
      scene.complaints.splice(0);
    },
  },
  {
    name: "server error",
    heading: "Something went wrong on our side",
    reach: async (scene) => {
      scene.host.isBroken = true;
      await open(scene);
    },
  },
  {
    name: "unavailable",
    heading: "Not available right now",
    reach: async (scene) => {
      await scene.host.auth.close();
      await open(scene);
    },
  },
  {
    name: "bad request",
    heading: "We could not read this request",
    reach: async (scene) => {
      await open(scene);
      await scene.page.evaluate(`document.querySelector("[value=authorize]").value = "none"`);
      await submit(scene, scene.claim.userCode);
    },
  },
];
