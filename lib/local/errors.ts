/**
 * What keeps a synthesized app from running on this machine. The message says what was found and the way out; the classes are
 * for callers that react to one of them.
 */
export class LocalRunError extends Error {
  readonly name: string = 'LocalRunError';
}

/** There is no synthesized app where one was expected, or it can't be read. */
export class AssemblyError extends LocalRunError {
  readonly name = 'AssemblyError';
}

/** The app has no trigger that can run here. */
export class NoTriggerError extends LocalRunError {
  readonly name = 'NoTriggerError';
}

/** A package that users install beside this one, for local runs only, is not there. */
export class MissingPackageError extends LocalRunError {
  readonly name = 'MissingPackageError';
}

/** Java is missing or too old for DynamoDB Local. */
export class JavaError extends LocalRunError {
  readonly name = 'JavaError';
}

/** Another process listens on the port that was asked for. */
export class PortInUseError extends LocalRunError {
  readonly name = 'PortInUseError';
}

/** DynamoDB Local or the local destinations did not start, or ended while the app was running. */
export class LocalServiceError extends LocalRunError {
  readonly name = 'LocalServiceError';
}

/** The program that should run the functions is no Node.js. */
export class NodeProgramError extends LocalRunError {
  readonly name = 'NodeProgramError';
}

/** A function's code does not load. */
export class FunctionLoadError extends LocalRunError {
  readonly name = 'FunctionLoadError';
}
