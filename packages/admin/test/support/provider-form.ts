/** Owns the form of a provider's policy in the dashboard's tests: opening, changing and sending it. */
import { filledIn } from "./form.js";
import { type ProviderStage, providerStage } from "./provider.js";
import { Visitor } from "./stage.js";

export const editPath = "/providers/edit";
export const configuredIssuer = "https://agents.example-ai.com";
export const reason = "The partner asked for it";
type Fields = Record<string, string | string[]>;

export interface EditStage {
  on: ProviderStage;
  admin: Visitor;
  /** The address of the form. */
  at(issuer?: string): string;
  /** The provider that was added, as it is now. */
  provider(): ReturnType<typeof findProvider>;
  /** What the form would send as it is. */
  opened(by?: Visitor): Promise<Fields>;
  /** Opens the form, changes these fields and sends it. */
  save(changes: Fields, by?: Visitor): ReturnType<Visitor["post"]>;
  audit(): ReturnType<typeof changesIn>;
}

const findProvider = async ({ auth, idp }: ProviderStage) =>
  (await auth.admin.findProvider(idp.issuer))?.provider;
const changesIn = async ({ auth }: ProviderStage) =>
  (await auth.admin.queries?.pageAudit({ type: "provider.changed" }, { after: null, limit: 50 }))?.rows ?? [];

/** A stage with one provider that was added and one from the configuration, and an admin in front of it. */
export async function editStage(): Promise<EditStage> {
  const on = await providerStage({
    options: { trustedProviders: [{ issuer: configuredIssuer, name: "Example AI" }] },
  });
  const admin = new Visitor(on, "admin");
  const at = (issuer = on.idp.issuer) => `${editPath}?issuer=${encodeURIComponent(issuer)}`;
  const opened = async (by = admin): Promise<Fields> => filledIn((await by.get(at())).text, editPath);
  return {
    ...{ on, admin, at, opened },
    provider: () => findProvider(on),
    save: async (changes, by = admin) => by.post(editPath, { ...(await opened(by)), reason, ...changes }),
    audit: () => changesIn(on),
  };
}
