import { resolve } from 'node:path';
import { Argument, Command, Option } from 'commander';
import type { About } from './about';
import { checkJson, checkSarif, checkText } from './check-output';
import { check, type Checked, type CheckedMapping, unknownRules, UnusableInput } from '../check';

/** What a result can be written as. */
const FORMATS = { text: checkText, json: checkJson, sarif: checkSarif } as const;

interface CheckFlags {
  readonly format: keyof typeof FORMATS;
  readonly strict?: boolean;
  readonly ignore: readonly string[];
}

/** `dynamo-stream-trigger check`: what is wrong with the mappings of DynamoDB streams in templates. */
export function checkCommand(about: About): Command {
  return new Command('check')
    .description('Check every mapping of a DynamoDB stream in a synthesized app or a template, whoever wrote it')
    .addArgument(new Argument('[inputs...]', 'folders that `cdk synth` wrote, or templates of CloudFormation or SAM as JSON or YAML').default(['cdk.out'], 'cdk.out'))
    .addOption(new Option('--format <format>', 'how to write the result').choices(Object.keys(FORMATS)).default('text'))
    .option('--strict', 'let a warning fail the check too')
    .addOption(new Option('--ignore <rule>', 'do not apply the rule with this id; can be repeated')
      .argParser((id: string, before: string[]) => [...before, id]).default([], 'none'))
    .addHelpText('after', '\nIt ends with 0 if there is no error, with 1 if there is one (with --strict: or\na warning), and with 2 if an input can\'t be read or an option is wrong.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action((inputs: string[], flags: CheckFlags) => {
      process.exitCode = run(inputs, flags, about);
    });
}

function run(inputs: readonly string[], { format, strict = false, ignore }: CheckFlags, about: About): 0 | 1 | 2 {
  const unknown = unknownRules(ignore);
  if (unknown !== undefined) {
    console.error(`--ignore names ${unknown}`);
    return 2;
  }
  let found: Checked;
  try {
    found = together(inputs.map((input) => check(input, ignore)));
  } catch (error) {
    if (!(error instanceof UnusableInput)) {
      throw error;
    }
    console.error(error.message);
    return 2;
  }
  process.stdout.write(FORMATS[format](found, about));
  const isWrong = ({ severity }: { readonly severity: string }) => strict || severity === 'error';
  return found.mappings.some(({ violations }) => violations.some(isWrong)) ? 1 : 0;
}

/** What is found of all inputs. A template that is nested in one input, and given itself, is described once. */
function together(each: readonly Checked[]): Checked {
  const seen = new Set<string>();
  const unseen = (mappings: readonly CheckedMapping[]) => {
    const keys = mappings.map(({ file, logicalId, event }) => `${resolve(file)}/${logicalId}/${event}`);
    const added = mappings.filter((_, index) => !seen.has(keys[index]));
    keys.forEach((key) => seen.add(key));
    return added;
  };
  return {
    mappings: each.flatMap(({ mappings }) => unseen(mappings)),
    undecided: each.flatMap(({ undecided }) => unseen(undecided)),
  };
}
