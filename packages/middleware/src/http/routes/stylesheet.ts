/** The pages' stylesheet, under a fingerprinted path. */
import type { Reply } from "../reply.js";
import type { Services } from "../services.js";

export async function stylesheet({ stylesheet }: Services): Promise<Reply> {
  return {
    status: 200,
    headers: {
      "Content-Type": "text/css; charset=utf-8",
      "Cache-Control": "public, max-age=31536000, immutable",
    },
    body: stylesheet.css,
  };
}
