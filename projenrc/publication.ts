/**
 * The organisation or user that owns the repository. It is a placeholder until there is one: CONTRIBUTING.md says what else the
 * owner sets before the first release. Every other name follows from it.
 */
export const OWNER = 'example';

/** Who is named as the author in each language's package: a placeholder as well. */
export const AUTHOR = { author: 'The dynamo-stream-trigger authors', authorAddress: 'authors@example.com' };

const NAME = 'dynamo-stream-trigger';

/** Where the project lives, as people open it. */
export const REPOSITORY = `https://github.com/${OWNER}/${NAME}`;

/** The branch from which releases are made, and whose documentation the README links to. */
export const BRANCH = 'main';

/** Where its files are served as they are. */
export const RAW = `https://raw.githubusercontent.com/${OWNER}/${NAME}/${BRANCH}`;

/** The same package, as each language names it. */
export const PACKAGES = {
  npm: NAME,
  pypi: { distName: NAME, module: 'dynamo_stream_trigger' },
  // Maven Central gives this group to whoever owns the account on GitHub.
  maven: { mavenGroupId: `io.github.${OWNER}`, mavenArtifactId: NAME, javaPackage: `io.github.${identifier(OWNER)}.dynamostreams` },
  // A namespace that ends in DynamoStreamTrigger would hide the class of that name.
  nuget: { packageId: `${capitalized(OWNER)}.DynamoStreams`, dotNetNamespace: `${capitalized(OWNER)}.DynamoStreams` },
  // A repository of its own, because the Go module holds what is generated.
  go: { moduleName: `github.com/${OWNER}/${NAME}-go`, packageName: 'dynamostreamtrigger' },
};

function identifier(name: string): string {
  return name.replace(/\W/g, '').toLowerCase();
}

function capitalized(name: string): string {
  return name.split(/\W+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
