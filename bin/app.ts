import { App } from 'aws-cdk-lib';
import { PlacesStack } from '../examples/places/places-stack';

new PlacesStack(new App(), 'Places');
