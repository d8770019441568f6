export { readAssembly, UnreadableAssembly, type SynthesizedStack, type Template, type TemplateResource } from './assembly';
