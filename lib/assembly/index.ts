export { readAssembly, UnreadableAssembly, type ConstructMetadata, type SynthesizedStack, type Template, type TemplateResource } from './assembly';
export { type Assets, assetNamedBy, nestedStacks, nestedTemplateFile, type NestedStack } from './nested';
