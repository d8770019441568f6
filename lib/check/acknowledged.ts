import { unknownRules } from './checked-rules';
import type { FoundMapping } from './mappings';
import { UnusableInput } from './unusable-input';
import { asText } from '../rules/cloudformation';
import { CHECKED_MARK, warningId } from '../rules/marks';

/**
 * Whether the app or the template acknowledges a rule's warning of a mapping.
 *
 * An app does so with `Validations.of(construct).acknowledge(…)`, which is noted of the construct, and for a DynamoStreamTrigger also with
 * `Annotations.of(construct).acknowledgeWarning(…)`, which is noted nowhere: but the trigger has not warned then. A template does so in the
 * resource's metadata.
 */
export function acknowledgementsOf(mapping: FoundMapping): (ruleId: string) => boolean {
  const inTemplate = namedInTemplate(mapping);
  const notes = notesAbout(mapping);
  const warned = notes.filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => asText(data));
  const isChecked = notes.some(({ type }) => type === CHECKED_MARK);
  const inApp = notes.filter(({ type }) => type === 'aws:cdk:acknowledged-rules').flatMap(({ data }) => Object.keys(Object(data)));
  return (ruleId) => inTemplate.includes(ruleId)
    || inApp.some((id) => id.replace('Annotation::', '') === warningId(ruleId))
    || (isChecked && !warned.some((warning) => warning.endsWith(`[ack: ${warningId(ruleId)}]`)));
}

/** What the app notes of the mapping and of the constructs around it. */
function notesAbout({ stack, logicalId }: FoundMapping): readonly { readonly type: string; readonly data?: unknown }[] {
  const scopes = (stack.pathOf(logicalId) ?? '').split('/');
  return scopes.flatMap((_, index) => stack.metadata[`/${scopes.slice(0, index + 1).join('/')}`] ?? []);
}

function namedInTemplate({ stack, logicalId, resource }: FoundMapping): readonly string[] {
  const { acknowledge } = Object(resource.Metadata?.['dynamo-stream-trigger']);
  const names = Array.isArray(acknowledge) ? acknowledge.map(asText) : Object.keys(Object(acknowledge));
  const unknown = unknownRules(names);
  if (unknown !== undefined) {
    throw new UnusableInput(`${stack.file}: the Metadata of ${logicalId} acknowledges ${unknown}`);
  }
  return names;
}
