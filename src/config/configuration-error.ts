// What is wrong with how the process was started.

/**
 * A command, flag, environment variable or configuration file that is not understood. `message` is one line that names the
 * setting and where it was given, what was got and what it takes; never a value that could be a secret. Ends the process
 * with status 2 before anything is contacted.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}
