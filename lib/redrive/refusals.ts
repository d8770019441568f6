/** Something that a redrive needs is not there, or not allowed. The message is for people. */
export class RedriveRefused extends Error {
  readonly name = 'RedriveRefused';
}

/** Somebody else has messages of the queue: another run, or one that was killed a short time ago. */
export class MessagesInFlight extends Error {
  readonly name = 'MessagesInFlight';
}

/** What a message names is not there, or is not what it must be. The message is unknown. */
export class Unreadable extends Error {
  readonly name = 'Unreadable';
}
