export { readAssembly, UnreadableAssembly, type ConstructMetadata, type SynthesizedStack, type Template, type TemplateResource } from './assembly';
