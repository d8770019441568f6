import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Prints what publint and "Are the types wrong?" find about an unpacked package and its tarball, as JSON. Both are ESM, which jest does not load. */
const [, , folder, tarball] = process.argv;

/** PyPI and NuGet take the same address, and know no git+https. */
const ALLOWED = ['INVALID_REPOSITORY_VALUE'];

const { messages, pkg } = await publint({ pkgDir: folder, pack: false, strict: true });
const { problems } = await checkPackage(createPackageFromTarballData(readFileSync(tarball)), { excludeEntrypoints: ['./.jsii', './package.json'] });

console.log(JSON.stringify([
  ...messages.filter(({ code }) => !ALLOWED.includes(code)).map((message) => formatMessage(message, pkg)),
  ...problems,
]));
