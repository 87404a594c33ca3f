// Follows the stream with the client as it is published, which connects again by itself.
// usage: node follow.mjs URL; the token is in TOKEN. Prints one JSON line per event.
import { EventSource } from "eventsource";

const authorization = "Bearer " + process.env.TOKEN;
const stream = new EventSource(process.argv[2] + "/v1/stream", {
  fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization } }),
});
const print = (one) => console.log(JSON.stringify(one));
for (const type of ["snapshot", "marker", "warning"]) {
  stream.addEventListener(type, (event) => print({ type, id: event.lastEventId, data: JSON.parse(event.data) }));
}
stream.addEventListener("open", () => print({ type: "open" }));
stream.addEventListener("error", (event) => print({ type: "error", code: event.code }));
