import type { TargetResource } from './values';

export const SAM_FUNCTION = 'AWS::Serverless::Function';

/** What a template of SAM gives to all of its functions. Nothing for a function that is not of SAM. */
export function globalsOf({ stack, resource }: TargetResource): { readonly [name: string]: any } {
  return resource.Type === SAM_FUNCTION ? (stack.template as { Globals?: any }).Globals?.Function ?? {} : {};
}
