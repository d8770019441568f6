export { createModel, type Model } from './model';
export type * from './notice';
export { page } from './page';
export { picture, type PictureOptions } from './picture';
export { createRecording, type Recording } from './recording';
export type { Axis } from './scale';
export type { View } from './view';
export { summary, titleOf } from './words';
