/** What a program needs of the user's environment to run on this machine. */
const NEEDED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SYSTEMROOT'];

/** What Java needs beside that: the encoding of the names of files, and how the user has set it up. */
const NEEDED_BY_JAVA = ['LANG', 'LC_ALL', 'LC_CTYPE', 'JAVA_HOME', 'JAVA_TOOL_OPTIONS', 'LD_LIBRARY_PATH'];

/**
 * The environment of a process that a run starts. Nothing else of the user's own environment is in it, which often holds credentials:
 * functions are not meant to have them, and the local services do not need them.
 */
export function processVariables(): Record<string, string> {
  return given(NEEDED);
}

export function javaVariables(): Record<string, string> {
  return given([...NEEDED, ...NEEDED_BY_JAVA]);
}

function given(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => process.env[name] === undefined ? [] : [[name, process.env[name]]]));
}
