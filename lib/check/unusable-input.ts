/** What was given can't be checked. The message says what was found and what to do. */
export class UnusableInput extends Error {}
