/** By construct path: its last part, with as many parts before it as tell it from the others. */
export function shortNames(paths: readonly string[]): ReadonlyMap<string, string> {
  const meant = new Map(paths.map((path) => [path, withoutKind(path)]));
  return new Map([...meant].map(([path, name]) => {
    const parts = name.split('/');
    const isTaken = (short: string) => [...meant].some(([other, otherName]) => other !== path && `/${otherName}`.endsWith(`/${short}`));
    const length = parts.findIndex((_, n) => !isTaken(parts.slice(-n - 1).join('/'))) + 1;
    return [path, length === 0 ? path : parts.slice(-length).join('/')];
  }));
}

/** A mapping is the child of a trigger, or of a function, with a name that the CDK makes. */
function withoutKind(path: string): string {
  return path.replace(/\/(EventSourceMapping|DynamoDBEventSource:\w+)$/, '');
}
