/**
 * A text of somebody else, for a terminal: its colours are kept, and every other control character is shown. A terminal would obey it, and
 * write to the clipboard, change its title, or hide what is above.
 */
export function visible(text: string): string {
  return text.replace(/\u001b\[[\d;]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (found) => found.length > 1 ? found : symbolOf(found.charCodeAt(0)));
}

/** The same for a text that belongs into one line: what follows a line break in it is indented, so that it can't pass for another line. */
export function visibleInLine(text: string): string {
  return visible(text.trimEnd()).replaceAll('\n', '\n    ');
}

/** Unicode has a picture of each control character, but not for those beyond ASCII. */
function symbolOf(code: number): string {
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : `\\x${code.toString(16)}`;
}
