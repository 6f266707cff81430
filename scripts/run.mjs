// @ts-check
// Runs the commands of the scripts. One that cannot start is an error with the command, the reason and what to do.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** A tool that the workspace installs. */
export const bin = (name) => join(root, 'node_modules', '.bin', name)

const advice = {
  ENOENT: 'It is not installed, or not on the PATH. `npm run setup` installs what the scripts need.',
  EACCES: 'The file may not be executed. `npm run setup` writes it anew.',
  ENOBUFS: 'It printed more than was expected.',
}

/**
 * Runs a command in the root of the workspace and waits for its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {import('node:child_process').SpawnSyncReturns<any>} what `spawnSync` gives; `status` is null if a signal
 *   ended the command
 * @throws Error if the command cannot be started
 */
export const run = (command, args, options = {}) => {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  })
  if (result.error !== undefined) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (result.error)
    throw new Error(`cannot run ${[command, ...args].join(' ')}: ${message}. ${advice[code ?? ''] ?? ''}`.trim())
  }
  return result
}

/**
 * Runs the main function of a script; an error ends it with its message and exit code 1.
 *
 * @param {string} url `import.meta.url` of the script: nothing happens where it is imported
 * @param {() => unknown} main
 */
export const runAsScript = async (url, main) => {
  if (process.argv[1] !== fileURLToPath(url)) return
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
