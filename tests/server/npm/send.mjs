// Sends one event in structured and one in binary mode, with the SDK as it is published.
// usage: node send.mjs URL; the token is in TOKEN. Prints each answer's body.
import { CloudEvent, Mode, emitterFor, httpTransport } from "cloudevents";

const url = process.argv[2];
const options = { headers: { authorization: "Bearer " + process.env.TOKEN } };
for (const mode of [Mode.STRUCTURED, Mode.BINARY]) {
  const emit = emitterFor(httpTransport(url + "/v1/events"), { mode });
  const answer = await emit(new CloudEvent({
    id: "npm-" + mode, source: "/npm/desk", type: "complaint", unit: "u-7", data: { severity: 4, note: "窗口排队" },
  }), options);
  console.log(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
}
