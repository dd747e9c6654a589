/** In characters, of which each takes three bytes at most, and a string of Kafka's has 32 767. */
const LONGEST_MESSAGE = 10_000;

/** A message for an answer. It may quote what a client has sent, as long as that was, and with a message that is too long there would be no answer at all. */
export function shortened(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}
