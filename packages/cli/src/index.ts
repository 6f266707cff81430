export type { Context, Live } from './context.ts'
export { CliError, exitCodes } from './error.ts'
export { type Files, filesOf, type FileSystem } from './files.ts'
export { run } from './run.ts'
