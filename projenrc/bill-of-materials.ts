import { writeFileSync } from 'node:fs';
import { Contrib, Enums, Factories, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { bundledPackages } from './bundled-packages';
import { PACKAGES } from './publication';

/**
 * Lists the packages in a bundle as a CycloneDX bill of materials, so that scanners see what no package.json says. It has no time and no serial
 * number: the same bundle gives the same file.
 *
 * Arguments: the metafile of the bundle, and the file to write.
 */
const [, , metafile, output] = process.argv;

const licences = new Factories.LicenseFactory();
const addresses = new Contrib.PackageUrl.Factories.PackageUrlFactory('npm');
const bom = new Models.Bom();
bom.metadata.component = new Models.Component(Enums.ComponentType.Application, PACKAGES.npm, { bomRef: PACKAGES.npm });
for (const { name, version, license } of bundledPackages(metafile)) {
  const [short, group] = name.split('/').reverse();
  const component = new Models.Component(Enums.ComponentType.Library, short, { group, version });
  component.purl = addresses.makeFromComponent(component);
  component.bomRef.value = component.purl?.toString();
  component.licenses.add(licences.makeFromString(license));
  bom.components.add(component);
  bom.metadata.component.dependencies.add(component.bomRef);
}

const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
writeFileSync(output, serializer.serialize(bom, { sortLists: true, space: 1 }));
