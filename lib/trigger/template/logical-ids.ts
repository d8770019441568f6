/**
 * The logical ids that a part of a resolved template names, wherever a template may: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `DependsOn`.
 */
export function logicalIdsIn(value: any): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(logicalIdsIn);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries<any>(value).flatMap(([key, inner]) => {
    switch (key) {
      case 'Ref': return isLogicalId(inner) ? [inner] : [];
      case 'DependsOn': return [inner].flat().filter(isLogicalId);
      case 'Fn::GetAtt': return [[inner].flat()[0]].filter(isLogicalId).map((name) => name.split('.')[0]);
      case 'Fn::Sub': return [...logicalIdsIn(inner), ...logicalIdsInText([inner].flat()[0])];
      default: return logicalIdsIn(inner);
    }
  });
}

/** The ids in `${Id}` and `${Id.Attribute}`. `${!Literal}` has none. */
function logicalIdsInText(text: unknown): string[] {
  return typeof text === 'string' ? [...text.matchAll(/\$\{([^!.}]+)[^}]*\}/g)].map(([, name]) => name).filter(isLogicalId) : [];
}

/** Pseudo parameters, such as `AWS::Region`, stand where ids do. */
function isLogicalId(value: unknown): value is string {
  return typeof value === 'string' && !value.startsWith('AWS::');
}
