import { App } from 'aws-cdk-lib';
import { PlacesStack } from './places-stack';

new PlacesStack(new App(), 'Places');
