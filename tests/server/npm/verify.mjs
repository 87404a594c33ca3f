// Verifies a message of the webhook with the library as it is published, as a receiver would; the
// signatures of Ed25519, which it does not know, with node's own crypto.
// usage: node verify.mjs < {"headers":{...},"body":"...","secrets":["whsec_..."],"keys":["whpk_..."]}
// Prints which of the secrets and keys verify it, and whether changed messages are refused.
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { headers, body, secrets, keys } = JSON.parse(readFileSync(0, "utf8"));
const takes = (secret, text, more = {}) => {
  try {
    new Webhook(secret).verify(text, { ...headers, ...more });
    return true;
  } catch (error) {
    return false;
  }
};
const signedBy = (key) => {
  const raw = Buffer.from(key.slice("whpk_".length), "base64");
  const known = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
  const text = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  return headers["webhook-signature"].split(" ").some((one) => {
    const [version, signature] = one.split(",");
    return version === "v1a" && verify(null, text, known, Buffer.from(signature, "base64"));
  });
};
console.log(JSON.stringify({
  secrets: secrets.map((secret) => takes(secret, body)),
  keys: keys.map(signedBy),
  altered: secrets.some((secret) => takes(secret, body + " ") || takes(secret, body, { "webhook-id": "other" })),
  old: secrets.some((secret) => takes(secret, body, { "webhook-timestamp": String(headers["webhook-timestamp"] - 3600) })),
}));
