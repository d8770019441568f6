import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type About, pageOf } from './about';
import { type Checked, type CheckedMapping, CHECKED_RULES } from '../check';
import { counted } from '../view/counted';

/** For people. */
export function checkText({ mappings, undecided }: Checked, about: About): string {
  const wrong = mappings.filter(({ violations }) => violations.length > 0);
  const all = wrong.flatMap(({ violations }) => violations);
  const count = (severity: string) => all.filter((violation) => violation.severity === severity).length;
  const links = [...new Set(all.map(({ ruleId }) => addressOf(ruleId, about)))];
  return [
    ...wrong.map((mapping) => [
      `${nameOf(mapping)}\n${fileOf(mapping)}:${mapping.line}`,
      ...mapping.violations.map(({ severity, ruleId, message }) => `  ${severity} ${ruleId}\n${wrapped(message, '    ')}`),
    ].join('\n')),
    ...(undecided.length === 0 ? [] : [
      `Not checked, because only the deployment shows what they read:\n${undecided.map((mapping) => `  ${nameOf(mapping)}`).join('\n')}`,
    ]),
    mappings.length === 0
      ? 'No mapping of a DynamoDB stream was found.'
      : `${counted(mappings.length, 'mapping')} of DynamoDB streams: ${counted(count('error'), 'error')}, ${counted(count('warning'), 'warning')}.`,
    ...(links.length === 0 ? [] : [`About these rules:\n${links.map((link) => `  ${link}`).join('\n')}`]),
  ].join('\n\n') + '\n';
}

/** Fits a text into a terminal. Where another program reads it, a message is one line. */
function wrapped(text: string, indent: string): string {
  const width = process.stdout.isTTY ? Math.min(process.stdout.columns, 120) - indent.length : Infinity;
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
    if (longer.length <= width) {
      lines[lines.length - 1] = longer;
    } else {
      lines.push(word);
    }
  }
  return lines.map((line) => indent + line).join('\n');
}

/** For programs. */
export function checkJson({ mappings, undecided }: Checked, about: About): string {
  const described = ({ violations, ...where }: CheckedMapping) => ({ ...where, file: fileOf(where) });
  return `${JSON.stringify({
    mappings: mappings.map((mapping) => ({
      ...described(mapping),
      findings: mapping.violations.map(({ ruleId, severity, message }) => ({ ruleId, severity, message, link: addressOf(ruleId, about) })),
    })),
    notChecked: undecided.map(described),
  }, null, 2)}\n`;
}

/** For code scanning. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function checkSarif({ mappings }: Checked, about: About): string {
  const root = repositoryAround(process.cwd());
  return `${JSON.stringify({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: {
        driver: {
          name: 'dynamo-stream-trigger',
          version: about.version,
          informationUri: about.repository,
          rules: CHECKED_RULES.map(({ id, severity, summary }) => ({
            id,
            shortDescription: { text: summary },
            fullDescription: { text: summary },
            help: { text: `${summary} ${addressOf(id, about)}`, markdown: `${summary} [About this rule](${addressOf(id, about)})` },
            helpUri: addressOf(id, about),
            defaultConfiguration: { level: severity },
          })),
        },
      },
      results: mappings.flatMap((mapping) => mapping.violations.map(({ ruleId, severity, message }) => ({
        ruleId,
        ruleIndex: CHECKED_RULES.findIndex(({ id }) => id === ruleId),
        level: severity,
        message: { text: `${nameOf(mapping)}: ${message}` },
        locations: [{
          physicalLocation: { artifactLocation: { uri: addressIn(root, mapping.file) }, region: { startLine: mapping.line } },
          logicalLocations: [{ name: mapping.logicalId, fullyQualifiedName: nameOf(mapping), kind: 'resource' }],
        }],
        // The line of a mapping moves with everything above it.
        partialFingerprints: { mapping: `${mapping.path ?? mapping.logicalId}/${mapping.event ?? ''}/${ruleId}` },
      }))),
    }],
  }, null, 2)}\n`;
}

/** As its author knows it: `Shop/OnOrder (OnOrder3F2A)`, and in SAM `OnOrder, event Orders`. */
function nameOf({ path, logicalId, event }: CheckedMapping): string {
  return `${path === undefined ? logicalId : `${path} (${logicalId})`}${event === undefined ? '' : `, event ${event}`}`;
}

/** The folder of the repository, from which code scanning wants to have files; the current folder if there is none. */
function repositoryAround(folder: string): string {
  let root = folder;
  while (!existsSync(join(root, '.git'))) {
    if (dirname(root) === root) {
      return folder;
    }
    root = dirname(root);
  }
  return root;
}

/** A file's address within a folder, or on this machine. */
function addressIn(root: string, file: string): string {
  const path = relative(root, resolve(file));
  return path.startsWith('..') || isAbsolute(path) ? pathToFileURL(resolve(file)).href : path.split(sep).map(encodeURIComponent).join('/');
}

/** From the current folder, with slashes on every system. */
function fileOf({ file }: Pick<CheckedMapping, 'file'>): string {
  return relative(process.cwd(), file).replaceAll('\\', '/');
}

function addressOf(ruleId: string, about: About): string {
  return `${pageOf(about, 'reference/rules.md')}#${ruleId}`;
}
