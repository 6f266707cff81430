// @ts-check
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Runs a command and gives back what it printed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 * @param {Record<string, string>} [env]
 * @throws Error with all that the command printed, if it fails
 */
export const run = (command, args, cwd, env = {}) =>
  promisify(execFile)(command, args, { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 }).then(
    ({ stdout }) => stdout,
    ({ message, stdout, stderr }) => Promise.reject(new Error(`${message}\n${stdout}\n${stderr}`)),
  )
