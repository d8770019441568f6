/** The rooms of lib/: what each is, and which others it may import. The linter, docs/contribute/architecture.md and its picture follow this table. */
export const ROOMS: Record<string, { readonly is: string; readonly mayImport: readonly string[] }> = {
  'stream': { is: 'records, keys, numbers, ARNs', mayImport: [] },
  'event-pattern': { is: 'AWS\'s filter language', mayImport: [] },
  'runtime': { is: 'runs in the deployed function', mayImport: ['stream'] },
  'reader': { is: 'reads shards, by the SDK', mayImport: ['stream'] },
  'rules': { is: 'what AWS allows, and why', mayImport: ['stream', 'event-pattern'] },
  'assembly': { is: 'reads a synthesized app', mayImport: [] },
  'check': { is: 'the rules, for any template', mayImport: ['stream', 'rules', 'assembly'] },
  'trigger': { is: 'the constructs; knows the CDK', mayImport: ['stream', 'rules', 'assembly'] },
  'engine': { is: 'how a mapping behaves', mayImport: ['stream', 'event-pattern', 'rules'] },
  'view': { is: 'a picture of what happened', mayImport: ['stream', 'engine'] },
  'testing': { is: 'the engine in virtual time', mayImport: ['stream', 'event-pattern', 'rules', 'engine', 'view'] },
  'local': { is: 'the engine on your machine', mayImport: ['stream', 'rules', 'assembly', 'engine', 'reader'] },
  'redrive': { is: 'brings back what failed', mayImport: ['stream', 'event-pattern', 'reader'] },
  'cli': { is: 'commands and their output', mayImport: ['check', 'local', 'redrive', 'view'] },
};
