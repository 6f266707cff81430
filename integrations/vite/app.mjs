// @ts-check
// Makes the page as its reader would: copies this folder out of the workspace, installs the packed packages with npm,
// trains the checkpoint, builds.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packAll } from '../../scripts/pack.mjs'

const copied = ['index.html', 'package.json', 'task.json', 'tsconfig.json', 'vite.config.js', 'src', 'scripts']

const run = (command, args, cwd) =>
  promisify(execFile)(command, args, {
    cwd,
    env: {
      ...process.env,
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      NODE_ENV: undefined,
      npm_config_workspace: '',
      npm_config_local_prefix: '',
    },
    maxBuffer: 2 ** 26,
    shell: process.platform === 'win32',
  }).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ message, stdout, stderr }) => Promise.reject(new Error(`${message}\n${stdout}\n${stderr}`)),
  )

/** The built page: its folder, what the build printed, and how to remove it. */
export const makeApp = async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'resfn-vite-')))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    for (const name of copied) cpSync(join(import.meta.dirname, name), join(folder, name), { recursive: true })
    const tarballs = Object.fromEntries(
      Object.entries(packAll(join(folder, 'tarballs'))).map(([name, path]) => [name, `file:${path}`]),
    )
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    // All tarballs, so that none of the packages that these depend on is looked for elsewhere.
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, ...tarballs } }, null, 2),
    )
    await run(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'],
      folder,
    )
    const trained = await run('npm', ['run', 'checkpoint', '--loglevel=error'], folder)
    const built = await run('npm', ['run', 'build', '--loglevel=error'], folder)
    return { folder, trained, built, remove }
  } catch (error) {
    remove()
    throw error
  }
}
