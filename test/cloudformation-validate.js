// Takes the place of @aws/cloudformation-validate: see cdk-environment.ts.
module.exports = globalThis.cloudformationValidate;
