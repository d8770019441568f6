/**
 * What a person needs of the line that the runtime logs for a record that failed: the line is for programs, and long. Undefined for every other
 * line.
 */
export function failureLines(line: string): string[] | undefined {
  if (!line.includes(RECORD_FAILED)) {
    return undefined;
  }
  try {
    const { message, outcome, tries, eventName, sequenceNumber, thrown } = JSON.parse(line);
    if (message !== RECORD_FAILED || typeof thrown?.message !== 'string') {
      return undefined;
    }
    return [
      `record failed (${outcome}): ${thrown.name}: ${thrown.message}`,
      ...framesIn(thrown.stack),
      `    ${eventName} ${sequenceNumber}, tried ${tries === 1 ? 'once' : `${tries} times`}`,
    ];
  } catch {
    return undefined;
  }
}

const RECORD_FAILED = 'dynamo-stream-trigger: record failed';

/** The places that are of interest: what is below them is the runtime's own. */
const FRAMES = 2;

function framesIn(stack: unknown): string[] {
  return String(stack).split('\n').map((line) => line.trim()).filter((line) => line.startsWith('at ')).slice(0, FRAMES).map((frame) => `    ${frame}`);
}
